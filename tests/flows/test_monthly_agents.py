"""A monthly agent's life: begun, renewed, not paid, cancelled, resumed, ended."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from chenu.agents.errors import AlreadyOwned
from chenu.agents.listing import ListingFields
from chenu.agents.model import PriceType, PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.core.errors import InvalidState
from chenu.flows.agent_subscriptions.renewal import cancel_purchase, resume_purchase
from chenu.flows.agent_subscriptions.stops import stop_renewals
from chenu.flows.creators.edit_agent import PriceInput, update_agent
from chenu.flows.creators.review_agent import archive_agent
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.mirror import follow_subscription
from tests.flows.monthly import (
    begin,
    is_usable,
    leave,
    payments_of,
    require_true_books,
    subscription_of,
    suspend,
    use_card,
)
from tests.flows.plans import advance, catch_up, move_to
from tests.flows.sales import Market, open_monthly_market, pay_for, start_buying
from tests.people import get_agent
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_monthly_market(services, price=999)


async def test_first_month_is_split_transferred_and_gives_access(
    services: Services, market: Market
) -> None:
    purchase = await begin(services, market)

    [payment] = await payments_of(purchase)
    assert (payment.gross, payment.creator_share, payment.platform_share) == (999, 700, 299)
    assert payment.stripe_transfer_id is not None
    assert purchase.status is PurchaseStatus.ACTIVE
    assert await is_usable(purchase)
    assert await count("invoice", "status = 'PAID' AND total = 999 AND purchase IS NOT NULL") == 1
    assert await mails_to(market.buyer.email) == ["RECEIPT", "INVOICE"]
    await require_true_books(services)


async def test_each_renewal_is_one_more_payment(services: Services, market: Market) -> None:
    purchase = await begin(services, market)

    await advance(services, 31.1)
    await advance(services, 31.1)

    payments = await payments_of(purchase)
    assert [payment.creator_share for payment in payments] == [700, 700, 700]
    assert len({payment.stripe_transfer_id for payment in payments} - {None}) == 3
    assert await is_usable(purchase)
    await require_true_books(services)


async def test_access_stays_while_a_payment_is_tried_again_and_ends_after_the_last_try(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    await use_card(stripe_side, purchase, "pm_card_chargeCustomerFail")

    await move_to(services, (await subscription_of(purchase)).period_end + timedelta(days=1))
    tried = await get_purchase(purchase.id), await is_usable(purchase)
    for _ in range(9):
        await advance(services, 1)

    assert (tried[0].status, tried[1]) == (PurchaseStatus.PAST_DUE, True)
    assert (await get_purchase(purchase.id)).status is PurchaseStatus.ENDED
    assert not await is_usable(purchase)
    mails = await mails_to(market.buyer.email)
    assert sorted(mails[2:]) == ["AGENT_ENDED", *["AGENT_PAYMENT_FAILED"] * 4]
    await require_true_books(services)


async def test_payment_that_succeeds_at_a_later_try_keeps_it_going(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    await use_card(stripe_side, purchase, "pm_card_chargeCustomerFail")
    await advance(services, 32)

    await use_card(stripe_side, purchase, "pm_card_visa")
    await advance(services, 4)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.ACTIVE
    assert len(await payments_of(purchase)) == 2
    await require_true_books(services)


async def test_cancelled_it_stays_to_the_end_of_its_period_and_is_charged_no_more(
    services: Services, market: Market
) -> None:
    purchase = await begin(services, market)

    cancelled = await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")
    row = await subscription_of(purchase)
    assert (cancelled.status, row.access_ends_at) == (PurchaseStatus.CANCELED, row.period_end)
    assert await is_usable(purchase)
    await advance(services, 32)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.ENDED
    assert not await is_usable(purchase)
    assert len(await payments_of(purchase)) == 1
    assert (await mails_to(market.buyer.email))[2:] == ["AGENT_CANCELLED", "AGENT_ENDED"]
    await require_true_books(services)


async def test_resumed_it_is_renewed_as_before(services: Services, market: Market) -> None:
    purchase = await begin(services, market)
    await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")

    resumed = await resume_purchase(services, market.buyer.actor, purchase.id, "back-1")
    await advance(services, 32)

    assert resumed.status is PurchaseStatus.ACTIVE
    assert len(await payments_of(purchase)) == 2
    assert "AGENT_RESUMED" in await mails_to(market.buyer.email)
    await require_true_books(services)


async def test_key_of_a_cancellation_does_not_cancel_again(
    services: Services, market: Market
) -> None:
    purchase = await begin(services, market)
    await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")
    await resume_purchase(services, market.buyer.actor, purchase.id, "back-1")

    again = await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")

    assert again.status is PurchaseStatus.ACTIVE


async def test_page_that_was_not_paid_is_closed_by_a_cancellation(
    services: Services, market: Market
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)

    dropped = await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")

    assert dropped.status is PurchaseStatus.CANCELED
    assert await pay_for(purchase) != 303
    await catch_up(services)
    assert not await is_usable(purchase)


async def test_new_price_is_for_new_buyers(services: Services, market: Market) -> None:
    purchase = await begin(services, market)

    dearer = PriceInput(PriceType.SUBSCRIPTION, 1500)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), dearer)
    await advance(services, 32)

    assert [payment.gross for payment in await payments_of(purchase)] == [999, 999]
    assert (await get_agent(market.agent.id)).price_amount == 1500
    await require_true_books(services)


@pytest.mark.parametrize("stop", [suspend, leave], ids=["suspended", "its creator has left"])
async def test_subscriptions_of_a_stopped_agent_end_with_their_period_and_a_mail_says_so(
    services: Services, market: Market, stop: Callable[[Market], Awaitable[None]]
) -> None:
    purchase = await begin(services, market)
    await stop(market)

    await stop_renewals(services)
    assert await is_usable(purchase)
    with pytest.raises(InvalidState):
        await resume_purchase(services, market.buyer.actor, purchase.id, "back-1")
    await advance(services, 32)

    assert not await is_usable(purchase)
    assert len(await payments_of(purchase)) == 1
    assert (await mails_to(market.buyer.email))[2:] == ["AGENT_STOPPED", "AGENT_ENDED"]
    await require_true_books(services)


async def test_archived_by_its_creator_it_goes_on_for_its_buyers(
    services: Services, market: Market
) -> None:
    purchase = await begin(services, market)
    await archive_agent(market.creator.actor, market.agent.id)

    await stop_renewals(services)
    await advance(services, 32)

    assert len(await payments_of(purchase)) == 2
    assert await is_usable(purchase)
    await require_true_books(services)


async def test_page_of_another_kind_of_price_is_not_gone_on_with(
    services: Services, market: Market
) -> None:
    monthly = await start_buying(services, market.buyer, market.agent)

    once = PriceInput(PriceType.ONE_TIME, 999)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), once)
    bought = await start_buying(services, market.buyer, market.agent, "key-2")

    assert (bought.id != monthly.id, bought.price_type) == (True, PriceType.ONE_TIME)
    assert (await get_purchase(monthly.id)).status is PurchaseStatus.CANCELED


@pytest.mark.parametrize("order", ["invoice first", "subscription first"])
async def test_access_needs_the_paid_invoice_and_the_subscription_in_any_order(
    services: Services, market: Market, stripe_side: StripeSide, order: str
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase) == 303
    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    follow: list[Callable[[], Awaitable[bool]]] = [
        lambda: follow_invoice(services.subscriptions, session["invoice"]),
        lambda: follow_subscription(services.subscriptions, session["subscription"]),
    ]

    first, second = follow if order == "invoice first" else reversed(follow)
    assert await first()
    half = await is_usable(purchase)
    assert await second()

    assert (half, await is_usable(purchase)) == (False, True)
    await catch_up(services)
    await require_true_books(services)


async def test_after_its_end_it_can_be_bought_again(services: Services, market: Market) -> None:
    purchase = await begin(services, market)
    await cancel_purchase(services, market.buyer.actor, purchase.id, "leave-1")
    with pytest.raises(AlreadyOwned):
        await start_buying(services, market.buyer, market.agent, "key-2")
    await advance(services, 32)

    again = await begin(services, market, "key-3")

    assert again.id != purchase.id
    assert await is_usable(again)
    await require_true_books(services)


async def test_page_paid_after_the_agent_was_suspended_goes_back_and_ends(
    services: Services, market: Market
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase) == 303
    await suspend(market)

    await catch_up(services)
    await catch_up(services)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.REFUNDED
    assert not (await subscription_of(purchase)).is_live
    assert [payment.refunded for payment in await payments_of(purchase)] == [999]
    assert not await is_usable(purchase)
    await require_true_books(services)
