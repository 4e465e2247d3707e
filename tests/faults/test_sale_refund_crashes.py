"""kill -9 at each point of a refund of an agent and of the reversal of its transfer: F2.

Whoever sent the form sends it again with the same key; in the end the money went back once, and
the creator's share with it.
"""

import time
from uuid import uuid4

import pytest

from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow, list_payments
from chenu.core import db
from tests.attacks.pages import csrf_of, session_headers
from tests.faults.counts import runs
from tests.faults.stand import Buyer, Stand, require_books, wait_ready
from tests.faults.test_refund_crashes import send
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

WEB = {
    "agreed, its operation not begun": "sale_refund.after_commit",
    "before the call": "REFUND.before_call",
    "answer read, nothing saved": "REFUND.after_call",
    "inside its transaction": "REFUND.inside_settle",
    "after its transaction": "REFUND.after_settle",
}
WORKER = {
    "before the reversal": "TRANSFER_REVERSAL.before_call",
    "reversed, nothing saved": "TRANSFER_REVERSAL.after_call",
    "inside the reversal's transaction": "TRANSFER_REVERSAL.inside_settle",
}


async def buy(stand: Stand) -> tuple[Buyer, PurchaseId]:
    """Settled, transferred, and its invoice mirrored."""
    buyer = await stand.make_buyer(f"r{time.monotonic_ns()}")
    await stand.buy(buyer)
    account_id = buyer.person.actor.account_id
    transferred = "account_id = $1 AND stripe_transfer_id IS NOT NULL"
    await until(lambda: count("purchase_payment", transferred, account_id))
    await until(lambda: count("invoice", "account = $1 AND status = 'PAID'", account_id))
    sql = "SELECT id FROM purchase WHERE account = $1"
    return buyer, PurchaseId(await db.fetch_value(sql, account_id))


def form() -> dict[str, str]:
    return {"expected_amount": "999", "idempotency_key": uuid4().hex}


async def require_returned_once(stand: Stand, purchase_id: PurchaseId) -> None:
    [payment] = await list_payments([purchase_id])
    await until(lambda: _is_returned(stand, payment))
    refunds = await stand.stripe.list_all("/v1/refunds", charge=payment.stripe_charge_id)
    assert [each["amount"] for each in refunds] == [999]
    assert await count("purchase_refund", "purchase = $1 AND state = 'SETTLED'", purchase_id) == 1
    assert await count("access_grant", "purchase = $1 AND revoked_at IS NULL", purchase_id) == 0
    await require_books(stand)


async def _is_returned(stand: Stand, payment: PaymentRow) -> bool:
    stand.worker.revive()
    waiting = "kind IN ('REFUND', 'TRANSFER_REVERSAL') AND state IN ('INTENT', 'UNKNOWN')"
    if await count("operation", waiting) or await count("stripe_event", "state = 'RECEIVED'"):
        return False
    transfer = await stand.stripe.get(f"/v1/transfers/{payment.stripe_transfer_id}")
    return bool(transfer["amount_reversed"] == 700)


@pytest.mark.parametrize("point", WEB.values(), ids=WEB.keys())
async def test_a_buyers_refund_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(3)):
        (buyer, purchase_id), deaths = await buy(stand), stand.web.deaths

        await send(stand, buyer.person, f"/purchases/{purchase_id}/refund", form(), point)

        await require_returned_once(stand, purchase_id)
        await stand.web.require_one_death_since(deaths)


@pytest.mark.parametrize("point", WORKER.values(), ids=WORKER.keys())
async def test_a_reversal_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(3)):
        buyer, purchase_id = await buy(stand)
        person = buyer.person
        stand.worker.arm(point)
        await wait_ready(stand)
        headers = {**session_headers(stand.services, person), "origin": stand.url}
        fields = {"csrf_token": csrf_of(stand.services, person), **form()}

        url = f"{stand.url}/purchases/{purchase_id}/refund"
        answer = await stand.http.post(url, data=fields, headers=headers)

        assert answer.status_code == 303, answer.text
        await until(lambda: _has_died(stand))
        await require_returned_once(stand, purchase_id)


async def _has_died(stand: Stand) -> bool:
    return stand.worker.died
