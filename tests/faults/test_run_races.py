"""Many at once on one run or one agent: one settlement, one end, three free tries."""

import asyncio
import itertools
from collections import Counter
from datetime import timedelta

import pytest

from chenu.agents.errors import NotInLibrary
from chenu.agents.model import ExecutionId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState
from chenu.flows.executions.finish import expire_executions
from chenu.flows.services import Services
from tests.faults.books import require_true_books
from tests.faults.counts import runs
from tests.flows.runs import Bench, set_up
from tests.rows import count, put

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
async def bench(services: Services) -> Bench:
    return await set_up(services, tokens=100_000)


async def test_twenty_reports_of_one_run_settle_once(bench: Bench) -> None:
    for _ in range(runs(20)):
        before = (await bench.balance())[0] or 0
        run = await bench.authorize(100)

        async def report(used: int, run_id: ExecutionId = run.id) -> str:
            try:
                await bench.complete(run_id, used)
            except InvalidState:
                return "refused"
            return "settled"

        found = Counter(await asyncio.gather(*(report(used) for used in range(20, 40))))

        assert found == {"settled": 1, "refused": 19}
        [used] = [row for row in range(20, 40) if (await bench.balance())[0] == before - row]
        assert await count("execution", "id = $1 AND tokens_used = $2", run.id, used) == 1
    await require_true_books()


async def test_one_report_sent_twenty_times_is_answered_twenty_times(bench: Bench) -> None:
    for number in range(runs(20)):
        begun = await asyncio.gather(*(bench.authorize(100, f"a{number}") for _ in range(20)))
        done = await asyncio.gather(
            *(bench.complete(begun[0].id, 30, f"c{number}") for _ in range(20))
        )

        assert len({run.id for run in begun}) == len(set(done)) == 1
        assert await bench.balance() == (100_000 - 30 * (number + 1), 0)
    await require_true_books()


async def test_a_report_racing_the_expiry_ends_it_once(bench: Bench) -> None:
    ends: Counter[str] = Counter()
    for number in range(runs(60)):
        run = await bench.authorize(100)
        # the report arrives just before or after the hour is over
        left = timedelta(milliseconds=number % 6 * 2)
        await put("execution", "expires_at", business_now() + left, "id = $2", run.id)

        async def report(run_id: ExecutionId = run.id) -> None:
            try:
                await bench.complete(run_id, 30)
            except InvalidState:
                return

        expiries = (_expire_for_a_while(bench.services) for _ in range(2))
        await asyncio.gather(report(), *expiries)

        status = await db.fetch_value("SELECT status FROM execution WHERE id = $1", run.id)
        ends[status] += 1
    assert sum(ends.values()) == ends["COMPLETED"] + ends["EXPIRED"]
    assert await bench.balance() == (100_000 - 30 * ends["COMPLETED"], 0)
    await require_true_books()


async def _expire_for_a_while(services: Services) -> None:
    for _ in itertools.repeat(None, 10):
        await expire_executions(services)
        await asyncio.sleep(0.002)


async def test_thirty_try_an_agent_at_once_and_three_get_it(bench: Bench) -> None:
    async def attempt() -> str:
        try:
            await bench.authorize(50, agent_id=bench.foreign_id)
        except NotInLibrary:
            return "refused"
        return "free"

    found = Counter(await asyncio.gather(*(attempt() for _ in range(30))))

    assert found == {"free": 3, "refused": 27}
    assert await count("token_grant", "kind = 'PROMOTION'") == 1
    assert await bench.balance() == (100_000, 150)
    await require_true_books()
