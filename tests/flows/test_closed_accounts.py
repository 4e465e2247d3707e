"""A Connect account that is closed or out of reach has a successor, and what is owed goes there."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chenu.agents.errors import PayoutsNotReady
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.events.handling import handle_event
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from tests.flows.sales import (
    Market,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.flows.test_onboarding import request_context
from tests.flows.test_paying_creators import stripe_account
from tests.rows import count, put
from tests.stripe_side import StripeSide


async def _closed(services: Services, stripe_side: StripeSide, market: Market) -> None:
    account = await stripe_account(market)
    await stripe_side.close_account(account)
    event = EventSummary("evt_1", "v2.core.account.closed", account, None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, "evt_1")


async def _deauthorized(services: Services, stripe_side: StripeSide, market: Market) -> None:
    account = await stripe_account(market)
    await stripe_side.deauthorize(account)
    event = EventSummary("evt_1", "account.application.deauthorized", "ca_1", account, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, "evt_1")


async def _unknown_to_stripe(services: Services, stripe_side: StripeSide, market: Market) -> None:
    await stripe_side.reset()
    await refresh_connect_state(services.connect, await stripe_account(market))


End = Callable[[Services, StripeSide, Market], Awaitable[None]]
ENDS: dict[str, End] = {
    "closed": _closed,
    "deauthorized": _deauthorized,
    "unknown to Stripe": _unknown_to_stripe,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_a_creator_whose_account_is_gone_opens_another_and_sells_again(
    services: Services, stripe_side: StripeSide, market: Market, end: End
) -> None:
    old = await stripe_account(market)
    await end(services, stripe_side, market)
    with pytest.raises(PayoutsNotReady):
        await start_buying(services, market.buyer, market.agent)

    await request_context(await make_onboarding_link(services, market.creator.actor), "complete")
    creator = await refresh_own_connect_state(services, market.creator.actor)

    assert creator.payouts_ready
    assert old != await stripe_account(market)
    assert (await start_buying(services, market.buyer, market.agent, "key-2")).checkout_url
    assert await count("operation", "kind = 'CONNECT_ACCOUNT' AND stripe_id = $1", old) == 1


async def test_five_clicks_after_the_closing_open_one_account(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await _closed(services, stripe_side, market)
    await stripe_side.watch("/v2/core/accounts", method="POST")

    links = await asyncio.gather(
        *(make_onboarding_link(services, market.creator.actor) for _ in range(5))
    )

    assert all(links)
    assert await stripe_side.hits() == [1]


async def test_a_closing_that_nobody_reported_is_seen_at_the_next_click(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    old = await stripe_account(market)
    await stripe_side.close_account(old)

    assert await make_onboarding_link(services, market.creator.actor) is not None
    assert await stripe_account(market) != old


async def test_the_country_may_be_another_one_in_the_next_account(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await _closed(services, stripe_side, market)
    sql = "SELECT handle FROM creator WHERE owner = $1"
    handle = str(await db.fetch_value(sql, market.creator.user_id))
    await become_creator(market.creator.actor, CreatorInput(handle, "Atelier", "", "de"))

    await make_onboarding_link(services, market.creator.actor)

    account = await stripe_side.get(
        f"/v2/core/accounts/{await stripe_account(market)}", **{"include[0]": "identity"}
    )
    assert account["identity"]["country"] == "de"


@pytest.mark.parametrize("reported", [True, False], ids=["we know", "nobody told us"])
@pytest.mark.parametrize("how", ["closed", "deauthorized"])
async def test_what_is_owed_waits_and_goes_to_the_new_account(
    services: Services, stripe_side: StripeSide, market: Market, how: str, reported: bool
) -> None:
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    old = await stripe_account(market)
    if reported:
        await ENDS[how](services, stripe_side, market)
    elif how == "closed":
        await stripe_side.close_account(old)
    else:
        await stripe_side.deauthorize(old)
    await work_off(services)
    waits = await count("operation", "kind = 'TRANSFER' AND state = 'INTENT'")

    await request_context(await make_onboarding_link(services, market.creator.actor), "complete")
    await refresh_own_connect_state(services, market.creator.actor)
    await repair_due(services)

    [transfer] = await stripe_side.transfers_of(purchase.id)
    assert waits == 1
    assert (transfer["destination"], transfer["amount"]) == (await stripe_account(market), 700)
    assert transfer["destination"] != old
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_a_transfer_whose_answer_was_lost_is_not_sent_again_to_the_new_account(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await stripe_side.fail("truncated", "/v1/transfers", method="POST", times=None)
    await work_off(services)
    await stripe_side.heal()
    old = await stripe_account(market)
    await stripe_side.deauthorize(old)
    await refresh_connect_state(services.connect, old)
    await request_context(await make_onboarding_link(services, market.creator.actor), "complete")
    await refresh_own_connect_state(services, market.creator.actor)

    for _ in range(2):
        await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")
        await repair_due(services)

    [transfer] = await stripe_side.transfers_of(purchase.id)
    assert transfer["destination"] == old
    assert await count("operation", "kind = 'TRANSFER' AND state = 'SETTLED'") == 1
