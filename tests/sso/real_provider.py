"""The real `oidc-provider` of npm, in a process of its own."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.environments import INSTALLING_SECONDS, find_node, make_node_environment

FOLDER = Path(__file__).parent / "provider"
STARTING_SECONDS = 30


@asynccontextmanager
async def open_provider(port: int, client: str, secret: str, redirect: str) -> AsyncIterator[str]:
    """Its issuer. Whoever comes is whom they say, with any password."""
    async with asyncio.timeout(INSTALLING_SECONDS):
        home = await asyncio.to_thread(
            make_node_environment, "oidc-provider", FOLDER / "package-lock.json"
        )
    program = shutil.copy(FOLDER / "server.mjs", home)
    process = await asyncio.create_subprocess_exec(
        *(find_node(), program, str(port), client, secret, redirect),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", "")},
    )
    try:
        yield await _read_issuer(process)
    finally:
        process.terminate()
        await process.wait()


async def _read_issuer(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(STARTING_SECONDS):
        while line := (await process.stdout.readline()).decode():
            if line.startswith("ready "):
                return line.removeprefix("ready ").strip()
    raise AssertionError("the provider of npm has ended before it was ready")
