"""A purchase from the request to access: with a payment, and without one for a free agent."""

import asyncio

from chenu.agents.access import has_usable_grant
from chenu.agents.consent import CURRENT_VERSION
from chenu.agents.errors import AlreadyOwned
from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow
from chenu.flows.invariants import check_books
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.sales import (
    Market,
    open_market,
    open_page,
    open_quiet_market,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.people import get_agent, make_person
from tests.rows import count, mails_to, put
from tests.stripe_side import StripeSide


async def test_a_paid_purchase_gives_access_and_shares_out_every_cent(services: Services) -> None:
    market = await open_market(services)
    purchase = await open_page(services, market)

    assert await pay_for(purchase) == 303
    reported = await report(services, purchase)
    await work_off(services)

    assert reported.state is PurchaseState.PAID
    assert reported.purchase.status is PurchaseStatus.PAID
    assert await has_usable_grant(purchase.account_id, purchase.agent_id)
    [payment] = await list_payments([purchase.id])
    assert (payment.gross, payment.creator_share, payment.platform_share) == (999, 700, 299)
    assert payment.stripe_transfer_id is not None
    assert [f for f in await check_books() if not f.ok] == []


async def test_nothing_is_granted_or_charged_before_the_payment(
    services: Services, stripe_side: StripeSide
) -> None:
    purchase = await open_page(services, await open_market(services))

    reported = await report(services, purchase)

    assert reported.state is PurchaseState.OPEN
    assert not await has_usable_grant(purchase.account_id, purchase.agent_id)
    assert await count("purchase_payment") == 0
    assert await stripe_side.charges_of(purchase.id) == []


async def test_the_terms_of_the_offer_are_frozen_with_the_request(services: Services) -> None:
    market = await open_quiet_market(services, price=0)

    purchase = await start_buying(services, market.buyer, market.agent, locale="en")

    assert (purchase.creator_basis_points, purchase.split_rule) == (7000, "70-30.1")
    assert (purchase.consent_version, purchase.consent_locale) == (CURRENT_VERSION, "en")
    assert purchase.consent_at == purchase.created_at


async def test_a_free_agent_is_granted_at_once_and_stripe_never_hears_of_it(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_quiet_market(services, price=0)
    await stripe_side.watch()

    purchase = await start_buying(services, market.buyer, market.agent)

    assert (purchase.status, purchase.checkout_url) == (PurchaseStatus.PAID, None)
    assert purchase.paid_at is not None
    assert await has_usable_grant(purchase.account_id, purchase.agent_id)
    assert (await get_agent(market.agent.id)).installs == 1
    assert await mails_to(market.buyer.email) == ["RECEIPT"]
    assert await count("operation", "kind <> 'CONNECT_ACCOUNT'") == 0
    assert (await count("purchase_payment"), await count("ledger_transaction")) == (0, 0)
    assert await stripe_side.hits() == [0]
    assert [f for f in await check_books() if not f.ok] == []


async def test_a_free_agent_needs_no_seller_who_can_be_paid(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    await put("creator", "payouts_ready", False)

    purchase = await start_buying(services, market.buyer, market.agent)

    assert purchase.status is PurchaseStatus.PAID


async def test_a_free_agent_is_granted_once_whatever_is_clicked_at_once(
    services: Services,
) -> None:
    market = await open_quiet_market(services, price=0)

    clicks = (start_buying(services, market.buyer, market.agent, f"key-{n}") for n in range(10))
    answers = await asyncio.gather(*clicks, return_exceptions=True)

    bought = [answer for answer in answers if isinstance(answer, PurchaseRow)]
    refused = [answer for answer in answers if isinstance(answer, AlreadyOwned)]
    assert (len(bought), len(refused)) == (1, 9)
    assert (await count("access_grant"), await count("outbox_mail", "kind = 'RECEIPT'")) == (1, 1)


async def test_two_accounts_buy_the_same_agent_apart(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    other = Market(market.creator, market.agent, await make_person("other", TierCode.PRO))

    first = await start_buying(services, market.buyer, market.agent)
    second = await start_buying(services, other.buyer, other.agent)

    assert first.id != second.id
    assert (await get_agent(market.agent.id)).installs == 2
