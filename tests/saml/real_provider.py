"""A provider by samlify of npm, for one test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from chenu.demo.environments import find_node, make_node_environment
from tests.environments import INSTALLING_SECONDS
from tests.people import PASSWORD
from tests.saml.provider import Key

_FOLDER = Path(__file__).parent / "samlify"
_STARTING_SECONDS = 60


class _Started(msgspec.Struct):
    metadata: str


@asynccontextmanager
async def open_saml_provider(key: Key, our_metadata: bytes) -> AsyncIterator[str]:
    """Its metadata. It knows everybody, by one password, and is another site than ours."""
    async with asyncio.timeout(INSTALLING_SECONDS):
        lock = _FOLDER / "package-lock.json"
        home = await asyncio.to_thread(make_node_environment, "samlify", lock)
    program = shutil.copy(_FOLDER / "provider.js", home)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(find_node(), program, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    settings = {
        "privateKey": key.private,
        "certificate": key.certificate,
        "serviceMetadata": our_metadata.decode(),
        "password": PASSWORD,
    }
    try:
        process.stdin.write(msgspec.json.encode(settings) + b"\n")
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), _STARTING_SECONDS)
        yield msgspec.json.decode(line, type=_Started).metadata
    finally:
        process.kill()
        await process.communicate()
