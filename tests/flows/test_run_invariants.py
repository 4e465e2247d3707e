"""Each invariant of runs is violated once, and then reported; an honest life violates nothing."""

import asyncio
import random
from datetime import timedelta

import pytest

from chenu.core.errors import ChenuError
from chenu.core.ids import new_id
from chenu.flows.executions.finish import expire_executions
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from tests.conftest import SEED, Engines
from tests.flows.runs import Bench, move_clock, set_up
from tests.rows import unguarded


async def violated() -> list[str]:
    return [finding.name for finding in await check_books() if not finding.ok]


async def live(bench: Bench, seed: int) -> None:
    """Runs of every kind and end, some of them at once, some left open."""
    chance = random.Random(seed)

    async def run() -> None:
        agent_id = chance.choice([bench.agent_id, bench.agent_id, bench.foreign_id])
        by = chance.choice([bench.actor, bench.app])
        try:
            begun = await bench.authorize(chance.randrange(5, 200), by=by, agent_id=agent_id)
        except ChenuError:
            return
        end = chance.choice(["complete", "complete", "fail", "cancel", "leave"])
        if end == "cancel":
            await bench.cancel(begun.id, by=by)
        elif end != "leave":
            used = chance.randrange(250)
            await bench.complete(begun.id, used, by=by, succeeded=end == "complete")

    for _ in range(5):
        await asyncio.gather(*(run() for _ in range(6)))
        await bench.give(chance.randrange(1, 300))
    move_clock(timedelta(hours=1))
    await expire_executions(bench.services)
    await asyncio.gather(*(run() for _ in range(6)))


async def test_no_life_of_runs_violates_an_invariant(services: Services) -> None:
    bench = await set_up(services, tokens=800)

    await live(bench, int(SEED))

    assert await violated() == []


_LOST_OPEN = ["I9h", "I9r", "I9u"]
"""A hold whose entries and run are of another id."""


@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        ("UPDATE execution SET tokens_held = 1 WHERE status = 'AUTHORIZED'", ["I9r"]),
        ("UPDATE execution SET max_tokens = 101 WHERE status = 'AUTHORIZED'", ["I9r"]),
        ("UPDATE token_hold SET held = 99 WHERE status = 'OPEN'", ["I9h", "I9r"]),
        (
            "UPDATE execution SET status = 'CANCELED', finished_at = now()"
            " WHERE status = 'AUTHORIZED'",
            ["I9r"],
        ),
        ("UPDATE execution SET tokens_used = 21 WHERE status = 'COMPLETED'", ["I9s"]),
        ("UPDATE execution SET capped = true WHERE status = 'COMPLETED'", ["I9s"]),
        ("DELETE FROM execution WHERE status = 'AUTHORIZED'", ["I9u"]),
        ("UPDATE token_hold SET id = gen_random_uuid() WHERE status = 'OPEN'", _LOST_OPEN),
        ("UPDATE token_hold SET id = gen_random_uuid() WHERE status = 'SETTLED'", ["I9h", "I9s"]),
    ],
)
async def test_a_violation_is_reported(
    services: Services, engines: Engines, tampering: str, names: list[str]
) -> None:
    bench = await set_up(services)
    await bench.authorize(100)
    done = await bench.authorize(100)
    await bench.complete(done.id, 20)
    assert await violated() == []

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert await violated() == names


async def test_a_fourth_free_try_is_reported(services: Services, engines: Engines) -> None:
    bench = await set_up(services)
    for _ in range(3):
        run = await bench.authorize(50, agent_id=bench.foreign_id)
        await bench.complete(run.id, 20)
    columns = "SELECT * FROM execution WHERE is_free_try LIMIT 1"

    async with unguarded(engines) as connection:
        await connection.execute(f"CREATE TEMP TABLE one AS {columns}")
        await connection.execute("UPDATE one SET id = $1", new_id())
        await connection.execute("INSERT INTO execution SELECT * FROM one")

    assert await violated() == ["I9s", "I9t"]  # it has no hold either
