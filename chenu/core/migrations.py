"""Applies the generated migrations, one process at a time, and checks them before serving."""

import contextlib
import io
from collections.abc import Collection
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import MigrationModule

from chenu.core import db
from chenu.core.db_errors import no_answer_is_unavailable
from chenu.core.errors import Unavailable

APP = "chenu"
_LOCK = 7_233_001
_FOLDER = Path(__file__).parents[2] / "migrations"


async def apply_migrations(url: str, only: Collection[str] | None = None) -> list[str]:
    """Returns the ids applied by this call. `only` these: the schema of an older version.

    Waits while another process migrates the same database.
    """
    with no_answer_is_unavailable():
        guard = await asyncpg.connect(url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", _LOCK)
        db.configure(url, application="chenu-migrate", role=None)
        await db.start(pool_size=2)
        try:
            return await _forwards(only)
        finally:
            await db.stop()
    finally:
        await guard.close()


async def require_migrated() -> None:
    """Raises Unavailable, with the command to run, if the schema is behind the code."""
    try:
        missing = await _list_missing()
    except asyncpg.UndefinedTableError:
        missing = ["all"]
    if missing:
        raise Unavailable("the database is behind the code: run `chenu migrate`")


async def _list_missing() -> list[str]:
    """Reads file names only: importing the generated files would add a second to each start.

    Raises Unavailable if the database has migrations that this code does not know.
    """
    applied = set(await Migration.get_migrations_which_ran(app_name=APP))
    known = list_known()
    if applied - known:
        raise Unavailable(
            "the database was made by another version of CHE·NU:"
            " a demo starts anew with `chenu demo --fresh`"
        )
    return sorted(known - applied)


def list_known() -> frozenset[str]:
    """The ids of all migrations of this version, from the names of their files."""
    return frozenset(id_of(path.stem) for path in _FOLDER.glob(f"{APP}_*.py"))


def id_of(stem: str) -> str:
    """chenu_2026_11_22t18_53_37_225412 -> 2026-11-22T18:53:37:225412"""
    day, _, time = stem.removeprefix(f"{APP}_").partition("t")
    return f"{day.replace('_', '-')}T{time.replace('_', ':')}"


class _Forwards(ForwardsMigrationManager):
    """Piccolo's manager, which knows the migrations up to one, not an older set of them."""

    def __init__(self, only: Collection[str] | None) -> None:
        super().__init__(app_name=APP, migration_id="all")
        self._only = only

    def get_migration_ids(self, migration_module_dict: dict[str, MigrationModule]) -> list[str]:
        known: list[str] = super().get_migration_ids(migration_module_dict)
        return [name for name in known if self._only is None or name in self._only]


async def _forwards(only: Collection[str] | None) -> list[str]:
    manager = _Forwards(only)
    await manager.create_migration_table()
    missing = [name for name in await _list_missing() if only is None or name in only]
    if missing:
        said = io.StringIO()
        # Piccolo prints to stdout; our commands write their own output
        with contextlib.redirect_stdout(said):
            result = await manager.run()
        if not result.success:
            raise RuntimeError(f"migration failed: {result.message or said.getvalue()}")
    return missing
