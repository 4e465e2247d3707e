"""kill -9 at each point of a dispute, from Stripe's event to the creator's answer: F2."""

from functools import partial

import pytest

from chenu.agents.payments import list_payments
from tests.faults.counts import runs
from tests.faults.stand import Stand, require_books
from tests.faults.test_sale_refund_crashes import buy
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


async def sell(stand: Stand) -> str:
    """The charge of a sale whose share was transferred."""
    _, purchase_id = await buy(stand)
    [payment] = await list_payments([purchase_id])
    return payment.stripe_charge_id


async def _is_followed(stand: Stand, charge: str) -> bool:
    """Once the worker, which is started again, has nothing left to do."""
    stand.worker.revive()
    waiting = await count("operation", "state IN ('INTENT', 'UNKNOWN')")
    waiting += await count("stripe_event", "state = 'RECEIVED'")
    return waiting == 0 and await count("operation", _REVERSED, charge) > 0


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_dispute_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        charge, deaths = await sell(stand), stand.worker.deaths
        stand.worker.arm(point)

        await stand.stripe.dispute(charge)

        await until(partial(_is_followed, stand, charge))
        assert await count("operation", _REVERSED, charge) == 1
        await require_books(stand)
        await stand.worker.require_one_death_since(deaths)
