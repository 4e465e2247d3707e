"""Refunds of monthly agents: one payment each, and the subscription ends with the latest one."""

import pytest

from chenu.agents.access import list_usable_grants, record_first_use
from chenu.agents.errors import Disputed
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core.errors import InvalidState, NotFound
from chenu.core.money import Cents
from chenu.flows.purchases.refund_plans import RefundNotAllowed, RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from chenu.flows.withdrawals.declare import declare_own
from tests.flows.monthly import begin, is_usable, payments_of, subscription_of
from tests.flows.plans import advance, catch_up
from tests.flows.sales import Market, buy, open_market, open_monthly_market
from tests.flows.test_sale_refunds import require_true_books, reversed_of
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_monthly_market(services)


async def refund(
    services: Services,
    person: Person,
    purchase: PurchaseRow,
    *,
    amount: int | None = None,
    number: int = 0,
) -> None:
    payments = await list_payments([purchase.id])
    wanted = None if amount is None else Cents(amount)
    data = RefundSaleInput(purchase.id, payments[number].id, wanted, "It does not fit")
    await refund_sale(services, person.actor, data, f"back {amount} {number}")


async def test_the_buyer_gives_the_first_month_back_and_nobody_pays_on(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)

    await refund(services, market.buyer, purchase)

    await require_true_books(services)
    assert (await get_purchase(purchase.id)).status == "REFUNDED"
    assert not await is_usable(purchase)
    assert not (await subscription_of(purchase)).is_live
    assert await reversed_of(stripe_side, purchase.id) == [700]
    await advance(services, 31.1)
    assert len(await payments_of(purchase)) == 1


async def test_a_part_and_an_earlier_month_leave_the_subscription(
    services: Services, market: Market
) -> None:
    purchase = await begin(services, market)
    await advance(services, 31.1)

    await refund(services, market.creator, purchase, amount=300)
    await refund(services, market.creator, purchase, number=1)

    await require_true_books(services)
    assert (await get_purchase(purchase.id)).status == "ACTIVE"
    assert [each.refunded for each in await payments_of(purchase)] == [300, 999]
    assert await is_usable(purchase)
    with pytest.raises(RefundNotAllowed, match="14 days"):
        await refund(services, market.buyer, purchase)


async def test_a_refusal_by_stripe_leaves_the_subscription(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    [payment] = await payments_of(purchase)
    await stripe_side.dispute(payment.stripe_charge_id)

    with pytest.raises(Disputed):
        await refund(services, market.creator, purchase)

    assert (await get_purchase(purchase.id)).status == "ACTIVE"
    assert await is_usable(purchase)
    assert (await subscription_of(purchase)).is_live


async def test_a_dashboard_refund_of_a_renewal_that_is_just_settling(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    """Whole, of the latest month: the same end."""
    purchase = await begin(services, market)
    [payment] = await payments_of(purchase)
    await stripe_side.change("/v1/refunds", charge=payment.stripe_charge_id)

    await require_true_books(services)

    assert (await get_purchase(purchase.id)).status == "REFUNDED"
    assert not (await subscription_of(purchase)).is_live


@pytest.mark.parametrize("is_monthly", [True, False], ids=["monthly", "once"])
async def test_an_agent_is_withdrawn_from(
    services: Services, market: Market, *, is_monthly: bool
) -> None:
    if is_monthly:
        purchase = await begin(services, market)
    else:
        market = await open_market(services)
        purchase = await buy(services, market)
        await catch_up(services)

    for _ in range(2):
        await declare_own(services, market.buyer.actor, purchase.id)

    await require_true_books(services)
    assert (await get_purchase(purchase.id)).status == "REFUNDED"
    assert not await is_usable(purchase)
    assert await count("purchase_refund", "origin = 'WITHDRAWAL' AND state = 'SETTLED'") == 1
    assert await count("withdrawal_statement", "contract_kind = 'AGENT'") == 1


async def test_what_was_used_cannot_be_withdrawn_from(services: Services, market: Market) -> None:
    purchase = await begin(services, market)
    grants = await list_usable_grants(purchase.account_id, [purchase.agent_id])
    await record_first_use([grant.id for grant in grants])

    with pytest.raises(InvalidState):
        await declare_own(services, market.buyer.actor, purchase.id)
    with pytest.raises(NotFound):
        await declare_own(services, market.creator.actor, purchase.id)

    assert await is_usable(purchase)
