"""Creators are told of their first sale, once, and of a payout that their bank refused."""

import pytest

from chenu.accounts.users import get_user
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.payout_words import failure_text
from chenu.core.clock import system_now
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import choose_topics
from chenu.flows.composition import EVENTS
from chenu.flows.event_types import EventScope
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from tests.flows.sales import Market, another_agent, buy, open_market
from tests.flows.test_paying_creators import stripe_account
from tests.rows import count
from tests.stripe_side import StripeSide

_DAY = 24 * 3600


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


async def mails(kind: str) -> int:
    return await count("outbox_mail", f"kind = '{kind}'")


async def test_the_first_sale_has_a_mail_of_its_own_once(
    services: Services, market: Market
) -> None:
    await buy(services, market)
    await buy(services, await another_agent(services, market), "key-2")

    assert (await mails("FIRST_SALE"), await mails("SALE")) == (1, 2)


async def test_who_wants_no_mail_of_sales_has_none_of_the_first(
    services: Services, market: Market
) -> None:
    owner = await get_user(market.creator.user_id)
    await choose_topics(owner.email, set(MailTopic) - {MailTopic.SALES})

    await buy(services, market)

    assert (await mails("FIRST_SALE"), await mails("SALE")) == (0, 0)


async def deliver(services: Services, account: str, payout: str, event: str = "evt_1") -> None:
    """As Stripe's webhook does."""
    event_summary = EventSummary(event, "payout.failed", payout, account, system_now())
    await inbox.store_event(event_summary, EventSource.WEBHOOK)
    await handle_event(services, event)


async def payout_of(services: Services, account: str) -> str:
    [payout] = (await services.payouts.get_money(account)).payouts
    return payout.id


async def test_a_refused_payout_has_one_mail(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    await buy(services, market)
    account = await stripe_account(market)
    await stripe_side.fail_payout(account)
    await stripe_side.advance(10 * _DAY)
    payout = await payout_of(services, account)

    for event in ("evt_1", "evt_2"):
        await deliver(services, account, payout, event)

    assert await mails("PAYOUT_FAILED") == 1
    assert await count("stripe_event", "state = 'HANDLED'") >= 2


async def test_a_payout_that_has_arrived_or_is_unknown_sends_nothing(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    await buy(services, market)
    account = await stripe_account(market)
    await stripe_side.advance(10 * _DAY)

    await deliver(services, account, await payout_of(services, account), "evt_1")
    await deliver(services, account, "po_nobody", "evt_2")
    await deliver(services, "acct_of_others", "po_nobody", "evt_3")

    assert await mails("PAYOUT_FAILED") == 0
    assert await count("stripe_event", "state = 'IGNORED'") >= 3


def test_payouts_are_asked_for_at_connected_accounts() -> None:
    assert "payout.failed" in EVENTS.names(EventScope.CONNECT)


def test_every_reason_has_words() -> None:
    assert failure_text("account_closed") == "The bank account has been closed."
    assert failure_text("invented_later") == failure_text(None)
