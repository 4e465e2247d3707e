"""One migration: applied and written down in one transaction, or in steps that may be repeated.

It asks for locks only for a moment, and tries again: what waits for a lock on a table has everybody
behind it who comes later.
"""

import asyncio
import contextlib
import importlib
import io
import sys
import time
from pathlib import Path
from typing import Any

import structlog
from piccolo.apps.migrations.tables import Migration

from chenu.core import db
from chenu.core.db_errors import CONTENTION
from chenu.core.errors import Busy, Unavailable

log = structlog.get_logger(__name__)

APP = "chenu"
LOCK_MILLISECONDS = 500
"""How long a migration may wait for a table, and others behind it."""
_PAUSE_SECONDS = 1.0
_LONGEST_SECONDS = 600.0


async def create_migration_table() -> None:
    await Migration.create_table(if_not_exists=True)


def load_migrations(folder: Path) -> dict[str, Any]:
    """The modules by their ids."""
    sys.path.insert(0, str(folder))
    try:
        modules = [importlib.import_module(path.stem) for path in folder.glob(f"{APP}_*.py")]
    finally:
        sys.path.remove(str(folder))
    return {module.ID: module for module in modules}


async def run_migration(module: Any) -> None:
    """Raises Unavailable when a table it needs was never free."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while True:
        try:
            await _attempt(module)
        except (Busy, *CONTENTION) as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    "the migration {name} was not applied: others held its tables for"
                    " {minutes} minutes (pg_stat_activity says who); `chenu migrate` goes on there",
                    name=module.ID,
                    minutes=round(_LONGEST_SECONDS / 60),
                ) from error
            log.warning("migration_waits", migration=module.ID)
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def _attempt(module: Any) -> None:
    manager = await module.forwards()
    if not manager.wrap_in_transaction:
        await _run_quietly(manager)
        async with db.transaction():
            await _write_down(module)
        return
    async with db.transaction():
        await db.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
        await _run_quietly(manager)
        await _write_down(module)


async def _run_quietly(manager: Any) -> None:
    """Piccolo prints to stdout; our commands write their own output."""
    with contextlib.redirect_stdout(io.StringIO()):
        await manager.run()


async def _write_down(module: Any) -> None:
    await Migration.insert().add(Migration(name=module.ID, app_name=APP)).run()
    oldest_code = getattr(module, "OLDEST_CODE", None)
    if oldest_code is not None:
        sql = """
            INSERT INTO schema_floor (id, oldest_code) VALUES (1, $1)
            ON CONFLICT (id) DO UPDATE
                SET oldest_code = greatest(schema_floor.oldest_code, excluded.oldest_code)
        """
        await db.execute(sql, oldest_code)
