"""What an operation has made is found again by its id in the metadata, among all that is like it.

For the next try after Stripe has forgotten the idempotency key: whatever else is in the list, and
however long it is.
"""

import asyncio

import pytest
from msgspec.structs import replace

from chenu.billing.customer_requests import CustomerRequest
from chenu.billing.gateway import (
    ConnectAccountRequest,
    OutcomeUnknown,
    RefundRequest,
    TransferRequest,
)
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.stripe_gateway import PAGE
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from tests.flows.sales import make_sale
from tests.stripe_side import AWAY, Asker, StripeSide

ACCOUNT = ConnectAccountRequest("zoe@example.org", "Zoé", "fr", "user-1")


def new_customer() -> CustomerRequest:
    return CustomerRequest(f"{new_id()}@example.org", "Zoé", "fr", "account-1")


async def transfer_of(services: Services, stripe_side: StripeSide) -> TransferRequest:
    """A few cents more of a sale whose creator's share was sent already."""
    purchase, payment = await make_sale(services)
    [sent] = await stripe_side.transfers_of(purchase.id)
    return TransferRequest(
        amount=Cents(10),
        destination=sent["destination"],
        source_charge=payment.stripe_charge_id,
        transfer_group=sent["transfer_group"],
        payment_id=str(payment.id),
    )


async def test_another_months_transfer_of_the_group_is_not_taken(
    services: Services, gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    request = await transfer_of(services, stripe_side)
    last_month, this_month = Asker(), Asker()
    await gateway.create_transfer(request, last_month)

    missing = await gateway.find_transfer(request.transfer_group, this_month)
    made = await gateway.create_transfer(request, this_month)

    assert missing is None
    assert await gateway.find_transfer(request.transfer_group, this_month) == made


async def test_a_second_parts_refund_is_not_the_firsts(
    services: Services, gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    _, payment = await make_sale(services)
    intent = payment.stripe_payment_intent_id
    parts = {Asker(): Cents(100), Asker(): Cents(200)}
    first, second = parts
    request = RefundRequest(intent, parts[first], str(payment.id))
    made = await gateway.create_refund(request, first)

    missing = await gateway.find_refund(intent, second)
    made_second = await gateway.create_refund(replace(request, amount=parts[second]), second)

    assert missing is None
    assert await gateway.find_refund(intent, first) == made
    assert await gateway.find_refund(intent, second) == made_second


async def test_a_customer_is_found_behind_a_whole_page_of_others(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    request, asker = new_customer(), Asker()
    made = await gateway.create_customer(request, asker)
    for _ in range(PAGE + 5):
        await gateway.create_customer(request, Asker())

    await stripe_side.watch("/v1/customers", method="GET")

    assert await gateway.find_customer(request.email, asker) == made
    assert await stripe_side.hits() == [2]


async def test_a_page_that_is_lost_on_the_way_leaves_the_outcome_unknown(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    """Not found is said of a list that was read to its end, never of half of one."""
    request = new_customer()
    for _ in range(PAGE + 1):
        await gateway.create_customer(request, Asker())
    await stripe_side.fail("latency", "/v1/customers", method="GET", times=1, seconds=0)
    await stripe_side.fail(AWAY, "/v1/customers", method="GET", times=None)

    with pytest.raises(OutcomeUnknown):
        await gateway.find_customer(request.email, Asker())


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
async def test_a_connect_account_is_found_behind_a_whole_page_of_others(
    gateway: LiveGateway, stripe_side: StripeSide, closed: bool
) -> None:
    asker = Asker()
    made = await gateway.create_connect_account(ACCOUNT, asker)
    if closed:
        await stripe_side.close_account(made)
    for _ in range(PAGE + 5):
        other = await gateway.create_connect_account(ACCOUNT, Asker())
        if closed:
            await stripe_side.close_account(other)

    assert await gateway.find_connect_account(asker) == made
    assert await gateway.find_connect_account(Asker()) is None


async def test_twenty_twins_at_once_each_find_their_own(gateway: LiveGateway) -> None:
    request, askers = new_customer(), [Asker() for _ in range(20)]

    made = await asyncio.gather(*(gateway.create_customer(request, asker) for asker in askers))
    found = await asyncio.gather(*(gateway.find_customer(request.email, asker) for asker in askers))

    assert found == made
    assert len(set(made)) == 20


async def test_everything_that_is_made_names_its_operation(
    services: Services, stripe_side: StripeSide
) -> None:
    """Checkout's objects too: the payment, its charge and its invoice."""
    purchase, payment = await make_sale(services)
    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    charge = await stripe_side.get(f"/v1/charges/{payment.stripe_charge_id}")
    paths = (
        f"/v1/payment_intents/{payment.stripe_payment_intent_id}",
        f"/v1/invoices/{session['invoice']}",
        f"/v1/products/agent_{purchase.agent_id.hex}",
        f"/v1/customers/{session['customer']}",
        f"/v1/transfers/{payment.stripe_transfer_id}",
    )

    objects = [session, charge, *[await stripe_side.get(path) for path in paths]]
    objects += await stripe_side.list_all("/v1/prices", product=f"agent_{purchase.agent_id.hex}")

    named = [one["metadata"].get("operation_id") for one in objects]
    assert None not in named
    assert named[0] == named[1] == named[2] == named[3]
    assert len(set(named)) == 4
