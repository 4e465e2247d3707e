"""kill -9 at each point of a refund that a second person agrees to: F2.

The colleague sends the form again; it was decided once, and in the end the money went back once.
"""

from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.agents.model import PurchaseId
from chenu.agents.payments import list_payments
from chenu.agents.purchases import get_purchase
from chenu.billing.invoices import InvoiceId, list_invoice_payments
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestState,
    insert_refund_request,
)
from chenu.core.money import Cents
from chenu.flows.subscriptions.refunds import new_refund_request
from tests.attacks.pages import csrf_of, session_headers
from tests.attacks.waiting import ask_for_sale_refund
from tests.faults.counts import runs
from tests.faults.stand import Stand, require_books, wait_ready
from tests.faults.test_refund_crashes import make_paid, require_returned_once
from tests.faults.test_sale_refund_crashes import buy
from tests.people import Person, make_person
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

OF_PLAN = ("PLAN_REFUND.before_call", "PLAN_REFUND.after_call", "PLAN_REFUND.inside_settle")
OF_SALE = ("sale_refund.after_decision", "REFUND.before_call", "REFUND.after_call")


async def make_desk(name: str) -> Person:
    return await make_person(f"{name}{uuid4().hex[:12]}", staff=(Staff.SUPPORT,))


async def agree(stand: Stand, person: Person, path: str, point: str) -> None:
    """Killed on the way, and sent again: then it is decided already."""
    form = {"csrf_token": csrf_of(stand.services, person), "decision": "approve", "reason": "Yes."}
    headers = {**session_headers(stand.services, person), "origin": stand.url}
    stand.worker.kill()
    stand.web.arm(point)
    with pytest.raises(httpx.HTTPError):
        await stand.http.post(f"{stand.url}{path}", data=form, headers=headers)
    await until(lambda: _is_dead(stand))
    stand.web.revive()
    stand.worker.revive()
    await wait_ready(stand)
    answer = await stand.http.post(f"{stand.url}{path}", data=form, headers=headers)
    assert answer.status_code == 409, answer.text


async def _is_dead(stand: Stand) -> bool:
    return stand.web.died


async def put_plan_request(invoice_id: UUID, by: Person) -> object:
    [payment] = await list_invoice_payments([InvoiceId(invoice_id)])
    row = replace(
        new_refund_request(payment, Cents(1000), "Agreed.", RefundOrigin.STAFF),
        state=RefundRequestState.WAITING,
        requested_by=by.user_id,
    )
    await insert_refund_request(row)
    return row.id


@pytest.mark.parametrize("point", OF_PLAN)
async def test_a_plan_s_refund_that_was_agreed_to_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(3)):
        paid, deaths = await make_paid(stand), stand.web.deaths
        clerk, colleague = await make_desk("c"), await make_desk("d")
        request_id = await put_plan_request(UUID(str(paid.invoice_id)), clerk)

        await agree(stand, colleague, f"/staff/refunds/{request_id}/decide", point)

        await require_returned_once(stand, paid, 1000)
        await stand.web.require_one_death_since(deaths)


@pytest.mark.parametrize("point", OF_SALE)
async def test_a_sale_s_refund_that_was_agreed_to_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(3)):
        (_, purchase_id), deaths = await buy(stand), stand.web.deaths
        request_id = await ask_for_sale_refund(
            await get_purchase(purchase_id), f"r{uuid4().hex[:12]}"
        )

        path = f"/staff/refunds/sales/{request_id}/decide"
        await agree(stand, await make_desk("d"), path, point)

        await require_cent_returned_once(stand, purchase_id)
        await stand.web.require_one_death_since(deaths)


async def require_cent_returned_once(stand: Stand, purchase_id: PurchaseId) -> None:
    settled = "purchase = $1 AND state = 'SETTLED'"
    await until(lambda: count("purchase_refund", settled, purchase_id))
    await until(_has_nothing_open)
    [payment] = await list_payments([purchase_id])
    refunds = await stand.stripe.list_all("/v1/refunds", charge=payment.stripe_charge_id)
    assert [each["amount"] for each in refunds] == [1]
    assert await count("purchase_refund", "purchase = $1", purchase_id) == 1
    await require_books(stand)


async def _has_nothing_open() -> bool:
    ours = "kind IN ('REFUND', 'TRANSFER_REVERSAL') AND state IN ('INTENT', 'UNKNOWN')"
    return await count("operation", ours) == 0
