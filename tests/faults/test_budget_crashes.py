"""Monthly budgets under two workers, kills in the middle and a moved clock: one each, exactly once.

reliability: F2. The points are named in the code by chenu.core.crash_points.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import mark_budget_due
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.tiers.catalogue import TierCode
from tests.faults.books import require_true_books
from tests.faults.counts import runs
from tests.faults.server import Server
from tests.faults.stand import EVER, Stand
from tests.people import make_person
from tests.rows import count, put
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {"inside": "budget.inside_settle", "between": "budget.after_settle"}
_TASK = "name = 'token_budgets'"


@pytest.fixture
def second(stand: Stand) -> Iterator[Server]:
    """Another worker, beside the stand's; not started."""
    worker = stand.worker
    server = Server("second", worker.arguments, worker.env, worker.folder)
    yield server
    server.kill()


async def make_due(number: int) -> list[AccountId]:
    """New accounts on FREE."""
    found = []
    for _ in range(number):
        person = await make_person(f"b{uuid4().hex[:12]}", TierCode.FREE)
        assert person.actor.account_id is not None
        found.append(person.actor.account_id)
    for account_id in found:
        await mark_budget_due(account_id)
    return found


async def run_at_once() -> None:
    """The task is due for whichever worker comes, also while another runs it."""
    await put("scheduled_task", "claimed_until", None, _TASK)
    await put("scheduled_task", "due_at", EVER, _TASK)


async def require_granted(accounts: list[AccountId], each: int) -> None:
    due = "due_at <= $1 AND account = ANY($2)"

    async def is_done() -> bool:
        await run_at_once()
        return not await count("token_budget", due, business_now(), accounts)

    await until(is_done)
    sql = """
        SELECT count(*) FROM (SELECT account FROM token_grant WHERE account = ANY($1)
            GROUP BY account HAVING count(*) = $2) granted
    """
    assert await db.fetch_value(sql, accounts, each) == len(accounts)
    wallets = "kind = 'TOKEN_WALLET' AND balance = 500 AND owner_id = ANY($1)"
    assert await count("ledger_account", wallets, accounts) == len(accounts)
    await require_true_books()


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_budget_is_granted_once_though_a_worker_is_killed_and_another_helps(
    stand: Stand, second: Server, point: str
) -> None:
    for _ in range(runs(5)):
        second.kill()
        stand.worker.arm(point)
        accounts = await make_due(6)

        async def is_dead() -> bool:
            await run_at_once()
            return stand.worker.died

        await until(is_dead)
        stand.worker.revive()
        second.start()

        await require_granted(accounts, 1)


async def test_a_clock_moved_by_months_grants_the_running_month_under_two_workers(
    stand: Stand, second: Server
) -> None:
    second.start()
    accounts = await make_due(6)
    await require_granted(accounts, 1)

    for moved in range(runs(5)):
        await advance_clock(timedelta(days=100))

        await require_granted(accounts, moved + 2)
        ended = "kind = 'EXPIRE' AND amount = -500 AND account_id = ANY($1)"
        assert await count("token_entry", ended, accounts) == (moved + 1) * len(accounts)
