"""Becoming a creator who can be paid: one Connect account, and a mirror that follows Stripe."""

import asyncio

import httpx
import pytest

from chenu.agents.errors import PayoutsNotReady
from chenu.agents.queries import find_creator_of
from chenu.billing import connect_accounts, inbox
from chenu.billing.connect_accounts import ConnectAccount
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core.clock import system_now
from chenu.core.errors import (
    AlreadyExists,
    ChenuError,
    Invalid,
    InvalidState,
    ProviderUnavailable,
)
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.events.handling import handle_event
from chenu.flows.mirrors.account_events import ACCOUNT_EVENTS
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.flows.sales import open_market, start_buying, work_off
from tests.people import Person, make_creator, make_person, make_unpaid_creator
from tests.rows import count, count_jobs, fingerprint
from tests.stripe_side import AWAY, StripeSide

INPUT = CreatorInput("atelier-nord", "Atelier Nord", "Nous.", "fr")


async def mirror_of(person: Person) -> ConnectAccount:
    account = await connect_accounts.find_of_user(person.user_id)
    assert account is not None
    return account


async def is_ready(person: Person) -> bool:
    creator = await find_creator_of(person.user_id)
    assert creator is not None
    return creator.payouts_ready


async def request_context(link: str | None, action: str) -> None:
    """Completes the steps of Stripe's page."""
    assert link is not None
    async with httpx.AsyncClient() as browser:
        await browser.post(link, data={"action": action})


async def test_joining_opens_one_account_at_stripe_however_often_it_is_clicked(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await make_person("zoe")
    await stripe_side.watch("/v2/core/accounts", method="POST")

    await asyncio.gather(*(become_creator(person.actor, INPUT) for _ in range(5)))
    await asyncio.gather(*(make_onboarding_link(services, person.actor) for _ in range(5)))
    await work_off(services)

    assert await stripe_side.hits() == [1]
    assert (await mirror_of(person)).transfers_status == "restricted"
    assert (await count("creator"), await count("connect_account")) == (1, 1)


async def test_joining_needs_no_stripe_and_goes_on_when_it_is_back(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await make_person("zoe")
    await stripe_side.fail(AWAY, times=None)
    await become_creator(person.actor, INPUT)
    with pytest.raises(ProviderUnavailable):
        await make_onboarding_link(services, person.actor)
    await stripe_side.heal()

    link = await make_onboarding_link(services, person.actor)

    assert link is not None
    assert (await mirror_of(person)).stripe_account_id is not None


async def test_a_lost_answer_opens_no_second_account(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await make_person("zoe")
    await become_creator(person.actor, INPUT)
    await stripe_side.reset()
    await stripe_side.fail("truncated", "/v2/core/accounts", method="POST", times=None)
    with pytest.raises(ProviderUnavailable):
        await make_onboarding_link(services, person.actor)
    await stripe_side.heal()

    await make_onboarding_link(services, person.actor)

    accounts = await stripe_side.list_accounts()
    assert accounts == [(await mirror_of(person)).stripe_account_id]


REFUSED: dict[str, tuple[CreatorInput, type[ChenuError]]] = {
    "a handle with a space": (CreatorInput("ate lier", "Atelier", "", "fr"), Invalid),
    "a handle of ours": (CreatorInput("chenu", "Atelier", "", "fr"), Invalid),
    "a country without payouts": (CreatorInput("atelier", "Atelier", "", "us"), Invalid),
    "a handle that is taken": (CreatorInput("plume-nord", "Atelier", "", "fr"), AlreadyExists),
}


@pytest.mark.parametrize(("sent", "error"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_refused_joining_changes_nothing(
    services: Services, sent: CreatorInput, error: type[ChenuError]
) -> None:
    await make_unpaid_creator("plume")
    person = await make_person("zoe")
    before, jobs = await fingerprint(), await count("pgqueuer")

    with pytest.raises(error):
        await become_creator(person.actor, sent)

    assert await fingerprint() == before
    assert await count("pgqueuer") == jobs


async def test_selling_needs_a_plan_that_sells(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)

    with pytest.raises(PlanRequired):
        await become_creator(person.actor, INPUT)


@pytest.mark.parametrize(
    ("action", "status", "ready"),
    [("complete", "active", True), ("leave", "restricted", False), ("reject", "rejected", False)],
)
async def test_the_return_proves_nothing_so_stripe_is_asked(
    services: Services, action: str, status: str, ready: bool
) -> None:
    person, _ = await make_unpaid_creator("zoe")
    await request_context(await make_onboarding_link(services, person.actor), action)
    before = await is_ready(person)

    creator = await refresh_own_connect_state(services, person.actor)

    assert (before, creator.payouts_ready) == (False, ready)
    assert (await mirror_of(person)).transfers_status == status


async def test_whoever_can_be_paid_has_nothing_left_to_do(services: Services) -> None:
    person, _ = await make_creator(services, "zoe")

    assert await make_onboarding_link(services, person.actor) is None


async def test_whoever_is_no_creator_is_informed_to_become_one(services: Services) -> None:
    person = await make_person("zoe")

    with pytest.raises(InvalidState, match="become a creator"):
        await make_onboarding_link(services, person.actor)


@pytest.mark.parametrize("kind", [event_type.name for event_type in ACCOUNT_EVENTS])
async def test_each_event_about_an_account_has_its_state_fetched(
    services: Services, stripe_side: StripeSide, kind: str
) -> None:
    person, _ = await make_creator(services, "zoe")
    account = (await mirror_of(person)).stripe_account_id
    assert account is not None
    await stripe_side.set_capability(account, "restricted")

    await inbox.store_event(
        EventSummary("evt_1", kind, account, None, system_now()), EventSource.WEBHOOK
    )
    await handle_event(services, "evt_1")

    assert not await is_ready(person)
    assert (await mirror_of(person)).transfers_status == "restricted"


async def test_an_unchanged_state_sets_nothing_in_motion(services: Services) -> None:
    person, _ = await make_creator(services, "zoe")
    account = (await mirror_of(person)).stripe_account_id
    assert account is not None
    jobs = await count("pgqueuer")

    await refresh_connect_state(services.connect, account)

    assert await count("pgqueuer") == jobs
    assert await is_ready(person)


async def test_a_restricted_seller_sells_nothing_until_stripe_relents(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_market(services)
    account = (await mirror_of(market.creator)).stripe_account_id
    assert account is not None
    await stripe_side.set_capability(account, "restricted")
    await refresh_connect_state(services.connect, account)
    with pytest.raises(PayoutsNotReady):
        await start_buying(services, market.buyer, market.agent)

    await stripe_side.set_capability(account, "active")
    await refresh_connect_state(services.connect, account)
    purchase = await start_buying(services, market.buyer, market.agent)

    assert purchase.checkout_url is not None
    assert await count_jobs("close_checkouts") == 1
