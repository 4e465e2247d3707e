"""How a new demo begins: with the rows and the sandbox's state of the history's file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import msgspec

from chenu.accounts.audit import is_recorded
from chenu.core import db
from chenu.demo.group import SANDBOX_FILE, Group
from chenu.demo.history import History, Origins, read_history
from chenu.demo.history_tables import load_tables
from chenu.demo.seed import SEEDED
from chenu.demo.state import DemoState

_ARCHIVE = "sandbox.ndjson"


class Beginning:
    """Both halves are loaded wholly or not at all, and once: an interrupted start goes on."""

    def __init__(self, group: Group, state: DemoState, file: Path) -> None:
        self._group = group
        self._state = state
        self._file = file
        self._history: History | None = None

    async def prepare(self, outside: str | None) -> list[str]:
        """Unpacks the sandbox's half for a sandbox without data; returns its options.

        A database from outside that is empty begins anew, and with it the sandbox.
        """
        folder, archive = self._group.folder, self._group.folder / _ARCHIVE
        self._group.sandbox_port(self._state)
        if outside and not await _is_seeded(outside):
            for path in folder.glob(f"{SANDBOX_FILE}*"):
                path.unlink()
        if not (folder / SANDBOX_FILE).exists():
            archive.write_bytes(self._read().archive)
        return ["--begin-with", str(archive)] if archive.exists() else []

    async def load(self, database_url: str, sandbox_url: str) -> bool:
        """Fills the database unless it has been; business time goes on with the sandbox's."""
        (self._group.folder / _ARCHIVE).unlink(missing_ok=True)
        if await _is_seeded(database_url):
            return False
        clock = await _read_clock(sandbox_url)
        await load_tables(database_url, self._read(), timedelta(seconds=clock.offset_seconds))
        return True

    def _read(self) -> History:
        if self._history is None:
            sandbox = f"http://127.0.0.1:{self._state.sandbox_port}"
            self._history = read_history(self._file).at(Origins(self._group.web_url, sandbox))
        return self._history


class _Clock(msgspec.Struct):
    now: int
    offset_seconds: int


async def _read_clock(sandbox_url: str) -> _Clock:
    async with httpx.AsyncClient(base_url=sandbox_url) as sandbox:
        answer = await sandbox.get("/_sandbox/clock")
    return msgspec.json.decode(answer.content, type=_Clock)


async def read_time(sandbox_url: str) -> datetime:
    """The time of the demo: that of the sandbox, with which business time goes."""
    return datetime.fromtimestamp((await _read_clock(sandbox_url)).now, UTC)


async def _is_seeded(url: str) -> bool:
    """Raises Unavailable."""
    db.configure(url, application="chenu-demo", role=None)
    await db.start(pool_size=2)
    try:
        return await is_recorded(SEEDED)
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await db.stop()
