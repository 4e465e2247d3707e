"""pg_dump and pg_restore: of the machine, or of the wheel that comes with us."""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from chenu.backup.errors import BackupError
from chenu.demo.engines import postgres_program
from chenu.demo.processes import StartError

_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


async def find_program(name: str, server: int) -> Path:
    """One that is not older than the server, whose major version is `server`.

    Raises BackupError.
    """
    seen = []
    for path in _candidates(name):
        version = await _version_of(path)
        if version >= server:
            return path
        seen.append(f"{path} is of version {version}")
    raise BackupError(
        "the server is PostgreSQL {server}: install its client programs, so that {name} is in PATH"
        " ({seen})",
        server=server,
        name=name,
        seen=", ".join(seen) or "there is none",
    )


def _candidates(name: str) -> list[Path]:
    of_machine = shutil.which(name)
    found = [Path(of_machine)] if of_machine else []
    try:
        return [*found, postgres_program(name)]
    except StartError:
        return found


async def _version_of(path: Path) -> int:
    said = _VERSION.search(await _run([str(path), "--version"], {}))
    return int(said.group(1)) if said else 0


async def run_program(path: Path, url: str, *arguments: str) -> bytes:
    """What it said. The password is not on its command line. Raises BackupError."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.netloc.rpartition('@')[0].partition(':')[0]}@" if "@" in parts.netloc else ""
    bare = urlunsplit((parts.scheme, f"{user}{host}", parts.path, parts.query, ""))
    secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    return await _run([str(path), *arguments, f"--dbname={bare}"], secret)


async def run_offline(path: Path, *arguments: str) -> bytes:
    """Of what needs no server."""
    return await _run([str(path), *arguments], {})


async def _run(command: Sequence[str], more: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "LC_ALL": "C", **more},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise BackupError("{name}: {reason}", name=Path(command[0]).name, reason=lines[0])
    return said
