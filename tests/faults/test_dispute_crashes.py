"""kill -9 at each point of a dispute, from Stripe's event to the creator's answer: F2."""

import time
from functools import partial

import pytest

from chenu.core import db
from tests.faults.counts import runs
from tests.faults.stand import Stand, require_books
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "event claimed": "webhook.claimed",
    "before the reversal": "TRANSFER_REVERSAL.before_call",
    "reversal made, nothing saved": "TRANSFER_REVERSAL.after_call",
    "inside its transaction": "TRANSFER_REVERSAL.inside_settle",
}


_REVERSED = """
    kind = 'TRANSFER_REVERSAL' AND state = 'SETTLED' AND subject_id IN
        (SELECT id FROM purchase_payment WHERE stripe_charge_id = $1 AND disputed > 0)
"""


async def sell(stand: Stand, sales: int) -> str:
    """The charge of a sale whose share was transferred."""
    buyer = await stand.make_buyer(f"d{time.monotonic_ns()}")
    await stand.buy(buyer)
    await stand.settle(sales)
    sql = "SELECT stripe_charge_id FROM purchase_payment WHERE account_id = $1"
    return str(await db.fetch_value(sql, buyer.person.actor.account_id))


async def _is_followed(stand: Stand, charge: str) -> bool:
    """Once the worker, which is started again, has nothing left to do."""
    stand.worker.revive()
    waiting = await count("operation", "state IN ('INTENT', 'UNKNOWN')")
    waiting += await count("webhook_event", "state = 'RECEIVED'")
    return waiting == 0 and await count("operation", _REVERSED, charge) > 0


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_dispute_survives_a_kill(stand: Stand, point: str) -> None:
    for run in range(runs(2)):
        charge, deaths = await sell(stand, run + 1), stand.worker.deaths
        stand.worker.arm(point)

        await stand.stripe.dispute(charge)

        await until(partial(_is_followed, stand, charge))
        assert await count("operation", _REVERSED, charge) == 1
        await require_books(stand)
        assert stand.worker.deaths == deaths + 1, "the process never reached the point"
