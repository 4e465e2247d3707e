"""Applies the migrations, one process at a time, and checks them before serving.

A migration runs while older code serves: it never waits in front of others for a lock, and older
code goes on unless the schema says that it must not. docs/operations.md, "Deploying".
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from piccolo.apps.migrations.tables import Migration

from chenu.core import db
from chenu.core.db_errors import is_lost, no_answer_is_unavailable
from chenu.core.db_settings import PRIMARY
from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from chenu.core.migration_run import APP, create_migration_table, load_migrations, run_migration

_LOCK = 7_233_001
_TURN_SECONDS = 0.2
_FOLDER = Path(__file__).parents[2] / "migrations"

_OTHER_VERSION = mark(
    "the database was made by another version of CHE·NU:"
    " a demo starts anew with `chenu demo --fresh`"
)


async def apply_migrations(url: str, only: Collection[str] | None = None) -> list[str]:
    """Returns the ids applied by this call. `only` these: the schema of an older version.

    Waits while another process migrates the same database. Each migration is applied whole or not
    at all, and tried again while others hold its tables. Raises Unavailable.
    """
    with no_answer_is_unavailable():
        guard = await asyncpg.connect(url, **PRIMARY)
    try:
        with _lost_is_unavailable():
            await _take_turn(guard)
        db.configure(url, application="chenu-migrate", role=None, is_patient=True)
        await db.start(pool_size=2)
        try:
            with _lost_is_unavailable():
                return await _forwards(only)
        finally:
            await db.stop()
    finally:
        await guard.close()


async def _take_turn(guard: Any) -> None:
    """By asking again and again: an index that is made CONCURRENTLY waits for every statement that
    began before it, also for one that waits for this lock.
    """
    while True:
        if await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            return
        await asyncio.sleep(_TURN_SECONDS)


async def _forwards(only: Collection[str] | None) -> list[str]:
    await create_migration_table()
    missing = [name for name in await list_missing() if only is None or name in only]
    modules = load_migrations(_FOLDER) if missing else {}
    for name in missing:
        await run_migration(modules[name])
    return missing


@contextmanager
def _lost_is_unavailable() -> Iterator[None]:
    """The message tells operators what to do. Raises Unavailable."""
    try:
        yield
    except Exception as error:
        cause = error.__cause__ if isinstance(error, Unavailable) else error
        if not is_lost(cause):
            raise
        raise Unavailable(
            "the database was lost while it was migrated: {reason}; `chenu migrate` goes on there",
            reason=str(cause) or type(cause).__name__,
        ) from error


async def require_migrated() -> None:
    """Raises Unavailable, with the command to run, if the schema is behind the code, or needs newer
    code.
    """
    try:
        missing = await list_missing()
    except asyncpg.UndefinedTableError:
        missing = ["all"]
    if missing:
        raise Unavailable("the database is behind the code: run `chenu migrate`")


async def list_missing() -> list[str]:
    """Migrations that are to be applied, the oldest first.

    Reads file names only: importing the generated files would add a second to each start. Raises
    Unavailable if this code cannot run on what was applied.
    """
    applied = await list_applied()
    known = list_known()
    missing = known - applied
    if applied - known:
        if missing:
            raise Unavailable(_OTHER_VERSION)
        await _require_allowed(known)
    return sorted(missing)


async def list_applied() -> set[str]:
    """The ids of the migrations that made this schema."""
    return set(await Migration.get_migrations_which_ran(app_name=APP))


async def _require_allowed(known: Collection[str]) -> None:
    """Newer code has migrated: this code goes on if it knows what the schema asks for."""
    oldest = await db.fetch_value("SELECT oldest_code FROM schema_floor WHERE id = 1")
    if oldest is not None and oldest not in known:
        raise Unavailable(
            "the database is ahead of the code, which must know the migration {name}: install a"
            " newer version",
            name=oldest,
        )


def list_known() -> frozenset[str]:
    """The ids of all migrations of this version, from the names of their files."""
    return frozenset(id_of(path.stem) for path in _FOLDER.glob(f"{APP}_*.py"))


def id_of(stem: str) -> str:
    """chenu_2026_11_22t18_53_37_225412 -> 2026-11-22T18:53:37:225412"""
    day, _, time = stem.removeprefix(f"{APP}_").partition("t")
    return f"{day.replace('_', '-')}T{time.replace('_', ':')}"
