"""A process ends when it is told, whatever its database is doing."""

import asyncio
import sys

from tests.conftest import Engines

HOLD_AND_STOP = """
import asyncio, sys
from chenu.core import db

async def hold_and_stop() -> None:
    db.configure(sys.argv[1], application="chenu-tests", role=None)
    await db.start()
    async with db.connection():
        await db.stop()
    print("stopped")

asyncio.run(hold_and_stop())
"""


async def test_a_connection_in_use_does_not_hold_up_the_end(engines: Engines) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD_AND_STOP, engines.postgres_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()

    assert (said, process.returncode) == (b"stopped\n", 0), complaint
