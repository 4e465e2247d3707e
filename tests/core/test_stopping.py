"""A process stops when it is asked to, whatever its database is doing."""

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
    assert await run_to_the_end(HOLD_AND_STOP, engines) == b"stopped\n"


async def run_to_the_end(program: str, engines: Engines) -> bytes:
    """Its output; it must end soon and with status 0."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, engines.postgres_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, complaint
    return said


WRITE_AND_STOP = """
import asyncio, sys
from chenu.core import db
from chenu.core.group_commit import GroupCommit

begun = asyncio.Event()

async def write(rows):
    begun.set()
    await db.execute("SELECT pg_sleep(60)")
    return rows

async def write_and_stop() -> None:
    db.configure(sys.argv[1], application="chenu-tests", role=None)
    await db.start()
    group = GroupCommit(write)
    first = asyncio.create_task(group.add(1))
    await begun.wait()
    callers = [first, *(asyncio.create_task(group.add(row)) for row in (2, 3))]
    await asyncio.sleep(0)
    await db.stop()
    await asyncio.wait(callers)
    assert len(asyncio.all_tasks()) == 1
    print(*(type(each.exception()).__name__ for each in callers))

asyncio.run(write_and_stop())
"""


async def test_a_batch_under_way_ends_with_the_database_s_pool(engines: Engines) -> None:
    said = await run_to_the_end(WRITE_AND_STOP, engines)

    assert b"database_lost" in said  # the reason is logged, where nobody has configured logs
    assert said.splitlines()[-1] == b"Unavailable Unavailable Unavailable"
