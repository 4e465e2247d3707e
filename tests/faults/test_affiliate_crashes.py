"""kill -9 of the worker around an affiliate's transfer: each is paid exactly once.

reliability: F3. The points are named in the code by chenu.core.crash_points.
"""

from collections.abc import Sequence

import pytest

from chenu.affiliates.model import PayoutStatus
from chenu.core import db
from chenu.core.scheduled_tasks import hasten
from chenu.jobs.schedule import PAYOUTS
from tests.affiliates.paid import Earning, fund, open_earning
from tests.faults.counts import runs
from tests.faults.stand import Stand
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "rows-written-transfer-not-begun": "affiliate_payout.after_commit",
    "before-the-transfer": "AFFILIATE_TRANSFER.before_call",
    "after-the-transfer": "AFFILIATE_TRANSFER.after_call",
    "before-the-mark": "AFFILIATE_TRANSFER.inside_settle",
    "after-the-mark": "AFFILIATE_TRANSFER.after_settle",
}
_PAYEES = 5


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_each_payee_is_paid_once_though_the_worker_is_killed(
    stand: Stand, point: str
) -> None:
    earnings = [
        await open_earning(stand.services, name=f"p{list(POINTS.values()).index(point)}n{n}")
        for n in range(_PAYEES)
    ]
    await fund(stand.stripe)
    for run in range(runs(10)):
        for n, earning in enumerate(earnings):
            await earning.earn(5000 + 10 * run + n)
        deaths = stand.worker.deaths
        stand.worker.arm(point)

        await _pay(stand, earnings, run + 1)

        await stand.worker.require_one_death_since(deaths)
        await _require_paid_once(stand, earnings, run + 1)


async def _pay(stand: Stand, earnings: Sequence[Earning], times: int) -> None:
    """The month's run, again and again, until everybody has been paid so many times.

    Earlier payouts are put into months of long ago, each into its own, so that the month can be
    paid again.
    """
    ids = [earning.affiliate.id for earning in earnings]
    sql = """
        UPDATE affiliate_payout SET month = date '2001-01-01' + interval '1 month' * $2
        WHERE affiliate = ANY($1) AND month > '2020-01-01'
    """
    await db.execute(sql, ids, times)
    paid = "status = $1 AND affiliate = ANY($2)"

    async def is_done() -> bool:
        stand.worker.revive()
        await hasten([PAYOUTS])
        await db.execute("UPDATE scheduled_task SET claimed_until = NULL WHERE name = $1", PAYOUTS)
        done = await count("affiliate_payout", paid, PayoutStatus.PAID, ids)
        return done == times * len(earnings)

    await until(is_done)


async def _require_paid_once(stand: Stand, earnings: Sequence[Earning], times: int) -> None:
    for n, earning in enumerate(earnings):
        sent = await stand.stripe.list_all(
            "/v1/transfers", destination=await earning.stripe_account()
        )
        wanted = [5000 + 10 * run + n for run in range(times)]
        assert sorted(each["amount"] for each in sent) == wanted
        assert set(await earning.states()) == {"PAID"}
