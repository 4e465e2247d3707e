"""Payments of monthly agents given back at Stripe's dashboard: a month, the last one, a part."""

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.flows.services import Services
from tests.flows.monthly import begin, is_usable, payments_of, require_true_books, subscription_of
from tests.flows.plans import advance, catch_up, move_clocks
from tests.flows.sales import Market, open_monthly_market, pay_for, start_buying
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide

FAILS = "4000000000005126"
"""A refund to this card comes back an hour later."""


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_monthly_market(services, price=999)


async def give_back(
    services: Services, stripe_side: StripeSide, charge: str, amount: int | None = None
) -> None:
    fields = {"charge": charge} if amount is None else {"charge": charge, "amount": amount}
    await stripe_side.change("/v1/refunds", **fields)
    for _ in range(2):
        await catch_up(services)


async def state_of(purchase: PurchaseRow) -> tuple[PurchaseStatus, bool, bool]:
    """Its status, whether it is renewed at Stripe, and whether the agent can be used."""
    status = (await get_purchase(purchase.id)).status
    return status, (await subscription_of(purchase)).is_live, await is_usable(purchase)


async def test_it_ends_once_the_last_month_went_back_whole(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    await advance(services, 31.1)
    last, first = sorted(
        await payments_of(purchase), key=lambda payment: payment.paid_at, reverse=True
    )
    states = []

    for charge, amount in (
        (first.stripe_charge_id, None),
        (last.stripe_charge_id, 998),
        (last.stripe_charge_id, 1),
    ):
        await give_back(services, stripe_side, charge, amount)
        states.append(await state_of(purchase))
    await advance(services, 31.1)

    goes_on = (PurchaseStatus.ACTIVE, True, True)
    assert states == [goes_on, goes_on, (PurchaseStatus.REFUNDED, False, False)]
    assert await state_of(purchase) == states[-1]
    assert [payment.share_claimed for payment in await payments_of(purchase)] == [700, 700]
    assert "AGENT_ENDED" in await mails_to(market.buyer.email)
    await require_true_books(services)


async def test_a_month_that_is_known_here_only_by_its_refund_is_booked_with_it(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    await move_clocks(services, 31.1)
    [charge] = [
        each["id"]
        for each in await stripe_side.list_all("/v1/charges")
        if not await count("purchase_payment", "stripe_charge_id = $1", each["id"])
    ]

    await give_back(services, stripe_side, charge)

    assert await state_of(purchase) == (PurchaseStatus.REFUNDED, False, False)
    assert sorted(payment.refunded for payment in await payments_of(purchase)) == [0, 999]
    await require_true_books(services)


async def test_a_refund_that_fails_leaves_it_ended_and_can_be_made_again(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase, FAILS) == 303
    await catch_up(services)
    await advance(services, 8)  # our balance is available, which pays the share anew
    [payment] = await list_payments([purchase.id])
    await give_back(services, stripe_side, payment.stripe_charge_id)
    returned = await state_of(purchase)

    await advance(services, 0.1)
    await catch_up(services)

    [payment] = await payments_of(purchase)
    assert returned == (PurchaseStatus.REFUNDED, False, False)
    assert await state_of(purchase) == (PurchaseStatus.ENDED, False, False)
    assert (payment.refunded, payment.share_due) == (0, 0)
    await require_true_books(services)
