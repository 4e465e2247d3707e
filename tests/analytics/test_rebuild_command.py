"""`chenu analytics rebuild` as staff type it: what it says, and its exit status."""

import asyncio
import os
import sys

from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.plans import open_paid_plan
from tests.rows import unguarded
from tests.stripe_side import StripeSide


async def rebuild(engines: Engines, *options: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chenu", "analytics", "rebuild", *options),
        env={**os.environ, **engines.env},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode()


async def test_differences_are_named_and_replaced_when_asked_to(
    services: Services, stripe_side: StripeSide, engines: Engines
) -> None:
    await stripe_side.reset()
    await open_paid_plan(services)
    agreed = await rebuild(engines)
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE mrr_movement SET mrr_after = 800")

    differing = await rebuild(engines)
    replaced = await rebuild(engines, "--write")

    assert agreed == (0, "1 movements and their sums follow from the history\n")
    assert differing[0] == 1
    assert "NEW 0 to 800 (gross 0 to 900)" in differing[1]
    assert "NEW 0 to 900 (gross 0 to 900)" in differing[1]
    assert replaced[0] == 0
    assert replaced[1].endswith("replaced: all of it follows from the history now\n")
    assert await rebuild(engines) == agreed
