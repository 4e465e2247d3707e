"""A purchase during which one process is killed at one point: bought, settled, checked."""

from uuid import uuid4

from tests.faults.server import Server
from tests.faults.stand import Stand


async def buy_through_crashes(stand: Stand, server: Server, point: str, times: int) -> None:
    """`times` purchases, each with one crash."""
    for run in range(times):
        deaths = server.deaths
        buyer = await stand.make_buyer(f"b{uuid4().hex[:12]}")
        server.arm(point)

        await stand.buy(buyer)
        await stand.settle(run + 1)

        await server.require_one_death_since(deaths)
