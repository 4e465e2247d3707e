"""The wire to Stripe: never inside a transaction, and every way to fail is one of two."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.billing.customer_requests import CustomerRequest, CustomerUpdate
from chenu.billing.gateway import (
    AgentPriceRequest,
    ConnectAccountRequest,
    ConnectUpdate,
    OutcomeUnknown,
    ProductUpdate,
    RefundRequest,
    StripeRefusal,
    TransferRequest,
)
from chenu.billing.live_gateway import LiveGateway
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from tests.stripe_side import Asker, StripeSide

CUSTOMER = CustomerRequest("zoe@example.org", "Zoé", "fr", "account-1")
PRICE = AgentPriceRequest("agent_x", "Trieur", Cents(900), "agent_x_v1", "x")
TRANSFER = TransferRequest(Cents(700), "acct_unknown", "ch_unknown", "order_x", "payment-x")


CALLS: dict[str, Callable[[LiveGateway], Awaitable[object]]] = {
    "customer": lambda g: g.create_customer(CUSTOMER, Asker()),
    "change customer": lambda g: g.update_customer(
        CustomerUpdate("cus_x", "zoe@example.org", "Zoé", "fr"), Asker()
    ),
    "is customer there": lambda g: g.is_customer_there("cus_x"),
    "price": lambda g: g.put_agent_price(PRICE, Asker()),
    "find price": lambda g: g.find_price("price_x"),
    "change product": lambda g: g.update_product(ProductUpdate("agent_y", "N"), Asker()),
    "page": lambda g: g.get_checkout("cs_test_x"),
    "find page": lambda g: g.find_checkout("cus_x", Asker()),
    "close page": lambda g: g.expire_checkout("cs_test_x", Asker()),
    "transfer": lambda g: g.create_transfer(TRANSFER, Asker()),
    "find transfer": lambda g: g.find_transfer("order_x", Asker()),
    "refund": lambda g: g.create_refund(RefundRequest("pi_x", Cents(1), "p"), Asker()),
    "find refund": lambda g: g.find_refund("pi_x", Asker()),
    "account": lambda g: g.create_connect_account(
        ConnectAccountRequest("zoe@example.org", "Zoé", "fr", "u"), Asker()
    ),
    "find account": lambda g: g.find_connect_account(Asker()),
    "find customer": lambda g: g.find_customer("zoe@example.org", Asker()),
    "change account": lambda g: g.update_connect_account(
        ConnectUpdate("acct_x", "zoe@example.org", "Zoé"), Asker()
    ),
    "account state": lambda g: g.get_connect_state("acct_x"),
    "account link": lambda g: g.make_onboarding_link("acct_x", "http://a", "http://b"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_no_call_to_stripe_is_made_inside_a_transaction(
    gateway: LiveGateway, stripe_side: StripeSide, name: str
) -> None:
    await stripe_side.fail("500_before", times=None)

    with pytest.raises(RuntimeError, match="no transaction is open"):
        await _call_inside(CALLS[name], gateway)

    assert await stripe_side.hits() == [0]


async def _call_inside(
    call: Callable[[LiveGateway], Awaitable[object]], gateway: LiveGateway
) -> None:
    async with db.transaction():
        await call(gateway)


async def test_lists_are_not_read_inside_a_transaction_either(gateway: LiveGateway) -> None:
    since = system_now() - timedelta(days=1)

    for lines in (
        gateway.list_events(["account.updated"], since),
        gateway.list_thin_events(["v2.core.account.closed"], since),
        gateway.list_balance_movements(since),
    ):
        async with db.transaction():
            with pytest.raises(RuntimeError):
                await anext(lines)


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("503_no_retry", OutcomeUnknown),
        ("500_before", OutcomeUnknown),
        ("429", OutcomeUnknown),
        ("disconnect_before", OutcomeUnknown),
        ("truncated", OutcomeUnknown),
        ("card_error", StripeRefusal),
    ],
)
async def test_every_failure_is_a_refusal_or_an_unknown_outcome(
    gateway: LiveGateway, stripe_side: StripeSide, effect: str, error: type[Exception]
) -> None:
    await stripe_side.fail(effect, "/v1/customers", times=None, should_retry=False)

    with pytest.raises(error):
        await gateway.create_customer(CUSTOMER, Asker())


@pytest.mark.parametrize("name", ["customer", "account"])
async def test_a_key_in_use_is_an_unknown_outcome(
    gateway: LiveGateway, stripe_side: StripeSide, name: str
) -> None:
    """The other request may succeed yet: neither API version's 409 is a refusal for good."""
    await stripe_side.fail("409", times=None, should_retry=False)

    with pytest.raises(OutcomeUnknown):
        await CALLS[name](gateway)


async def test_a_failure_that_stripe_keeps_is_known_as_one(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    stored = []
    for effect in ("500_stored", "500_before"):
        await stripe_side.fail(effect, "/v1/customers", times=3)
        with pytest.raises(OutcomeUnknown) as unknown:
            await gateway.create_customer(CUSTOMER, Asker())
        await stripe_side.heal()
        stored.append(unknown.value.is_remembered)

    assert stored == [True, False]


MISSING = ["page", "close page", "refund", "account state", "change customer", "change product"]


@pytest.mark.parametrize("name", [*MISSING, "change account"])
async def test_what_stripe_does_not_have_is_a_refusal_that_says_so(
    gateway: LiveGateway, name: str
) -> None:
    with pytest.raises(StripeRefusal) as refused:
        await CALLS[name](gateway)

    assert refused.value.code == "resource_missing"
    assert refused.value.is_gone


async def test_an_account_out_of_our_reach_is_gone_and_a_wrong_key_is_not(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    request = ConnectAccountRequest("zoe@example.org", "Zoé", "fr", str(new_id()))
    account = await gateway.create_connect_account(request, Asker())
    await stripe_side.deauthorize(account)

    with pytest.raises(StripeRefusal) as refused:
        await gateway.get_connect_state(account)

    assert (refused.value.code, refused.value.is_gone) == ("account_invalid", True)


async def test_a_deleted_customer_is_not_there(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    customer = await gateway.create_customer(CUSTOMER, Asker())
    before = await gateway.is_customer_there(customer)
    await stripe_side.delete(f"/v1/customers/{customer}")

    after = await gateway.is_customer_there(customer)

    assert (before, after) == (True, False)
    assert not await gateway.is_customer_there("cus_never")


@pytest.mark.parametrize("archived", ["prices", "products"])
async def test_what_is_archived_is_known_and_replaced_once(
    gateway: LiveGateway, stripe_side: StripeSide, archived: str
) -> None:
    product = f"agent_{new_id().hex}"
    request = replace(PRICE, product_id=product, lookup_key=f"{product}_v1")
    old = await gateway.put_agent_price(request, Asker())
    await stripe_side.change(
        f"/v1/{archived}/{old if archived == 'prices' else product}", active="false"
    )
    state = await gateway.find_price(old)

    again = replace(request, replaces=old)
    new = [await gateway.put_agent_price(again, Asker()) for _ in range(2)]

    sold = await gateway.find_price(new[0])
    assert state is not None
    assert sold is not None
    assert (state.is_sellable, sold.is_sellable, sold.product_id) == (False, True, product)
    assert old != new[0] == new[1]
    assert await gateway.find_price("price_never") is None


async def test_a_wrong_key_is_no_refusal_of_the_request(services: Services) -> None:
    """An operator mends the key, and repair goes on: nothing is given up for it."""
    wrong = LiveGateway(replace(services.settings.stripe, key="sk_live_not_of_the_sandbox"))

    try:
        with pytest.raises(OutcomeUnknown):
            await wrong.create_customer(CUSTOMER, Asker())
    finally:
        await wrong.close()


async def test_a_lost_answer_is_found_again_with_the_same_key(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    asker = Asker()
    request = replace(CUSTOMER, email=f"{asker.id}@example.org")
    await stripe_side.fail("disconnect_after", "/v1/customers", times=None)
    with pytest.raises(OutcomeUnknown):
        await gateway.create_customer(request, asker)
    await stripe_side.heal()

    found = await gateway.create_customer(request, asker)

    made = await stripe_side.list_all("/v1/customers", email=request.email)
    assert [customer["id"] for customer in made] == [found]


async def test_a_price_is_made_once_per_version_whatever_the_keys(
    gateway: LiveGateway, stripe_side: StripeSide
) -> None:
    product = f"agent_{new_id().hex}"
    first = replace(PRICE, product_id=product, lookup_key=f"{product}_v1")
    second = replace(first, lookup_key=f"{product}_v2", amount=Cents(1200))

    made = [await gateway.put_agent_price(request, Asker()) for request in (first, first)]
    newer = await gateway.put_agent_price(second, Asker())

    assert made[0] == made[1] != newer
    prices = await stripe_side.list_all("/v1/prices", product=product)
    assert sorted(price["unit_amount"] for price in prices) == [900, 1200]


async def test_what_was_never_made_is_not_found(gateway: LiveGateway) -> None:
    customer = await gateway.create_customer(CUSTOMER, Asker())

    assert await gateway.find_checkout(customer, Asker()) is None
    assert await gateway.find_transfer(f"order_{new_id()}", Asker()) is None


async def test_a_price_of_another_amount_is_not_taken_for_ours(gateway: LiveGateway) -> None:
    request = replace(PRICE, product_id="agent_z", lookup_key=f"agent_z_{new_id().hex}")
    first = await gateway.put_agent_price(request, Asker())

    other = await gateway.put_agent_price(replace(request, amount=Cents(950)), Asker())
    again = await gateway.put_agent_price(replace(request, amount=Cents(950)), Asker())

    assert other != first
    assert again == other
