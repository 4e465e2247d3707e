"""What we mirror of Stripe is what the newest request was answered, in whatever order answers come.

docs/decisions/0021 says which mirrors need no order, and why.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operations import runner
from chenu.flows.purchases.gone_objects import follow_customer, follow_price, follow_product
from chenu.flows.purchases.state import report_purchase
from chenu.flows.services import Services
from tests.flows.held_answers import ORDER_IDS, ORDERS, Ask, Change, ask_in_between
from tests.flows.sales import Market, open_page, pay_for
from tests.flows.test_gone_objects import customer_of, price_of
from tests.flows.test_onboarding import is_ready, mirror_of
from tests.flows.test_paying_creators import stripe_account
from tests.rows import count
from tests.stripe_side import StripeSide

in_every_order = pytest.mark.parametrize("order", ORDERS, ids=ORDER_IDS)
Order = tuple[int, ...]


async def _nothing() -> None:
    """No change at Stripe between two requests."""


STATES = {
    "rejected": (("restricted", "pending", "rejected"), False),
    "active": (("restricted", "rejected", "active"), True),
    "active before": (("rejected", "active", "restricted"), False),
}


@in_every_order
@pytest.mark.parametrize(("statuses", "ready"), STATES.values(), ids=STATES.keys())
async def test_an_account_s_state_is_the_newest_asked(
    services: Services,
    stripe_side: StripeSide,
    market: Market,
    order: Order,
    statuses: tuple[str, ...],
    ready: bool,
) -> None:
    account = await stripe_account(market)
    changes: list[Change] = [partial(stripe_side.set_capability, account, s) for s in statuses]

    await ask_in_between(
        services, changes, lambda held: refresh_connect_state(held.connect, account), order
    )

    assert (await mirror_of(market.creator)).transfers_status == statuses[-1]
    assert await is_ready(market.creator) is ready


@in_every_order
async def test_an_account_out_of_reach_stays_closed(
    services: Services, stripe_side: StripeSide, market: Market, order: Order
) -> None:
    account = await stripe_account(market)
    changes: list[Change] = [
        _nothing,
        partial(stripe_side.set_capability, account, "restricted"),
        partial(stripe_side.deauthorize, account),
    ]

    await ask_in_between(
        services, changes, lambda held: refresh_connect_state(held.connect, account), order
    )

    assert (await mirror_of(market.creator)).is_closed
    assert not await is_ready(market.creator)


Follow = Callable[[Services, str], Awaitable[bool]]


@in_every_order
@pytest.mark.parametrize("follow", [follow_price, follow_product], ids=["price", "product"])
@pytest.mark.parametrize("is_sold_at_last", [True, False], ids=["sold", "archived"])
async def test_a_price_is_ours_while_the_newest_answer_says_that_it_is_sold(
    services: Services,
    stripe_side: StripeSide,
    market: Market,
    order: Order,
    follow: Follow,
    is_sold_at_last: bool,
) -> None:
    await open_page(services, market)
    price = await price_of(market)
    named = price if follow is follow_price else f"agent_{market.agent.id.hex}"
    states = (True, False, True) if is_sold_at_last else (False, True, False)
    changes: list[Change] = [
        partial(stripe_side.change, f"/v1/prices/{price}", active=str(is_sold).lower())
        for is_sold in states
    ]

    await ask_in_between(services, changes, lambda held: follow(held, named), order)

    assert await price_of(market) == (price if is_sold_at_last else "None")


@in_every_order
async def test_a_deleted_customer_stays_forgotten(
    services: Services, stripe_side: StripeSide, market: Market, order: Order
) -> None:
    await open_page(services, market)
    customer = await customer_of(market)
    delete = partial(stripe_side.delete, f"/v1/customers/{customer}")

    await ask_in_between(
        services,
        [_nothing, _nothing, delete],
        lambda held: follow_customer(held, customer),
        order,
    )

    assert await customer_of(market) == "None"


@pytest.fixture
async def page(services: Services, market: Market) -> PurchaseRow:
    return await open_page(services, market)


def _look(purchase: PurchaseRow) -> Ask:
    """Several people open the purchase's page, each in another web process."""

    async def ask(services: Services) -> object:
        runner._turns.clear()
        return await report_purchase(services, purchase.account_id, purchase.id)

    return ask


GENERIC, NO_FUNDS = "4000000000000002", "4000000000009995"
NO_CARD = None
DECLINES = {
    "the reason of before": ((GENERIC, NO_FUNDS, GENERIC), "generic_decline"),
    "another reason": ((NO_FUNDS, GENERIC, NO_FUNDS), "insufficient_funds"),
    "the first one": ((NO_CARD, NO_CARD, GENERIC), "generic_decline"),
}


@in_every_order
@pytest.mark.parametrize(("cards", "reason"), DECLINES.values(), ids=DECLINES.keys())
async def test_the_reason_of_a_decline_is_the_newest_asked(
    services: Services,
    page: PurchaseRow,
    order: Order,
    cards: tuple[str | None, ...],
    reason: str,
) -> None:
    changes: list[Change] = [partial(pay_for, page, card) if card else _nothing for card in cards]

    await ask_in_between(services, changes, _look(page), order)

    purchase = await get_purchase(page.id)
    assert (purchase.is_pending, purchase.failure_code) == (True, reason)


@in_every_order
async def test_a_paid_page_stays_paid_and_its_address_the_first(
    services: Services, page: PurchaseRow, order: Order
) -> None:
    changes: list[Change] = [_nothing, partial(pay_for, page, NO_FUNDS), partial(pay_for, page)]

    await ask_in_between(services, changes, _look(page), order)

    purchase = await get_purchase(page.id)
    assert (purchase.status, purchase.failure_code) == ("PAID", None)
    assert purchase.checkout_session_id == page.checkout_session_id
    assert purchase.checkout_url == page.checkout_url
    assert await count("purchase_payment", "refunded = 0 AND gross = 999") == 1


@in_every_order
async def test_an_expired_page_stays_closed(
    services: Services, stripe_side: StripeSide, page: PurchaseRow, order: Order
) -> None:
    assert page.checkout_session_id is not None
    expire = partial(stripe_side.expire, page.checkout_session_id)

    await ask_in_between(services, [_nothing, _nothing, expire], _look(page), order)

    assert (await get_purchase(page.id)).status == "CANCELED"
    assert await count("purchase_payment") == 0
