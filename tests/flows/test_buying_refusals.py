"""Every refusal of buying, in words and with its field; none of them leaves anything behind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS, AccountRole, Actor
from chenu.agents.access import give_access
from chenu.agents.errors import AlreadyOwned, PayoutsNotReady, PriceChanged
from chenu.agents.model import GrantSource
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    Unauthenticated,
)
from chenu.core.ids import new_id
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.purchases.buy_agent import buy_agent, find_offer_refusal
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode, get_tier
from chenu.tiers.entitlements import PlanRequired
from tests.flows.sales import Market, input_for, open_quiet_market, start_buying
from tests.people import agent_input, get_agent, make_member, make_person
from tests.rows import count, fingerprint, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_quiet_market(services)


Situation = Callable[[Market], Awaitable[tuple[Actor, AgentRow]]]
"""Who requests to buy what."""


async def _stranger(market: Market) -> tuple[Actor, AgentRow]:
    return ANONYMOUS, market.agent


async def _free_tier(market: Market) -> tuple[Actor, AgentRow]:
    person = await make_person("free", TierCode.FREE)
    return person.actor, market.agent


async def _unverified(market: Market) -> tuple[Actor, AgentRow]:
    return replace(market.buyer.actor, email_verified=False), market.agent


async def _plain_member(market: Market) -> tuple[Actor, AgentRow]:
    member = await make_member(market.buyer, "member", AccountRole.MEMBER)
    return member.actor, market.agent


async def _own(market: Market) -> tuple[Actor, AgentRow]:
    return market.creator.actor, market.agent


async def _owned(market: Market) -> tuple[Actor, AgentRow]:
    await _give(market)
    return market.buyer.actor, market.agent


async def _unready_seller(market: Market) -> tuple[Actor, AgentRow]:
    await put("creator", "payouts_ready", False)
    return await _as_buyer(market)


async def _platform(market: Market) -> tuple[Actor, AgentRow]:
    sql = """
        UPDATE agent SET kind = 'PLATFORM', creator = NULL, price_type = 'FREE', price = 0,
            platform_rank = 1
    """
    await db.execute(sql)
    return await _as_buyer(market)


async def _unready_seller_for_free(market: Market) -> tuple[Actor, AgentRow]:
    await put("creator", "payouts_ready", False)
    person = await make_person("free", TierCode.FREE)
    return person.actor, await get_agent(market.agent.id)


async def _owned_after_the_plan(market: Market) -> tuple[Actor, AgentRow]:
    await _give(market)
    return replace(market.buyer.actor, tier=TierCode.FREE), market.agent


async def _stopped_after_it_was_held(market: Market) -> tuple[Actor, AgentRow]:
    """Earlier holders still see the agent, and get a more specific message than others."""
    await _give(market)
    await db.execute("UPDATE access_grant SET revoked_at = now()")
    await put("agent", "status", "SUSPENDED")
    return await _as_buyer(market)


def _in_state(status: str) -> Situation:
    async def situation(market: Market) -> tuple[Actor, AgentRow]:
        await put("agent", "status", status)
        return await _as_buyer(market)

    return situation


async def _private(market: Market) -> tuple[Actor, AgentRow]:
    maker = await make_person("maker", TierCode.BUSINESS)
    request = msgspec.structs.replace(agent_input(price=0), custom=True)
    made = await create_agent(maker.actor, request)
    return market.buyer.actor, await get_agent(made)


async def _as_buyer(market: Market) -> tuple[Actor, AgentRow]:
    return market.buyer.actor, await get_agent(market.agent.id)


async def _give(market: Market) -> None:
    account_id = market.buyer.actor.account_id
    assert account_id is not None
    async with db.transaction():
        await give_access(account_id, market.agent.id, GrantSource.GIFT, None)


@dataclass(frozen=True)
class Refusal:
    """`on_page`: who sees the agent is told the same by its page, before any click."""

    situation: Situation
    error: type[ChenuError]
    words: str
    path: tuple[str, ...] = ()
    on_page: bool = True


REFUSALS = {
    "nobody": Refusal(_stranger, Unauthenticated, "sign in"),
    "the FREE tier": Refusal(_free_tier, PlanRequired, "Starter plan"),
    "an unverified address": Refusal(_unverified, InvalidState, "verify your e-mail"),
    "a member without a seat": Refusal(_plain_member, Forbidden, "more members than seats"),
    "one's own agent": Refusal(_own, AlreadyOwned, "You made this agent"),
    "an owned agent": Refusal(_owned, AlreadyOwned, "in your library already"),
    "an unready seller": Refusal(_unready_seller, PayoutsNotReady, "cannot be paid"),
    "an unready seller, to the FREE tier": Refusal(
        _unready_seller_for_free, PayoutsNotReady, "cannot be paid"
    ),
    "an owned agent, to the FREE tier": Refusal(
        _owned_after_the_plan, AlreadyOwned, "in your library already"
    ),
    "a platform agent": Refusal(_platform, InvalidState, "come with your plan"),
    "a stopped agent that was held": Refusal(
        _stopped_after_it_was_held, InvalidState, "not on sale"
    ),
    "somebody's private agent": Refusal(
        _private, NotFound, "no such agent", ("agent_id",), on_page=False
    ),
    **{
        f"{status} agent": Refusal(
            _in_state(status), NotFound, "no such agent", ("agent_id",), on_page=False
        )
        for status in ("DRAFT", "PENDING_REVIEW", "REJECTED", "SUSPENDED", "ARCHIVED")
    },
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refusal_says_why_and_changes_nothing(
    services: Services, stripe_side: StripeSide, market: Market, refusal: Refusal
) -> None:
    actor, agent = await refusal.situation(market)
    before, jobs = await fingerprint(), await count("pgqueuer")
    await stripe_side.watch()

    with pytest.raises(refusal.error, match=refusal.words) as raised:
        await buy_agent(services, actor, input_for(agent), "key-1")

    assert raised.value.path == refusal.path
    if refusal.on_page:
        assert str(await find_offer_refusal(actor, agent)) == str(raised.value)
    assert await fingerprint() == before
    assert await count("pgqueuer") == jobs
    assert await stripe_side.hits() == [0]


WRONG_INPUTS: dict[str, tuple[dict[str, object], type[ChenuError], str]] = {
    "no consent": ({"accept_immediate_supply": False}, Invalid, "accept_immediate_supply"),
    "a cent less": ({"expected_amount": 998}, PriceChanged, "expected_amount_minor"),
    "a cent more": ({"expected_amount": 1000}, PriceChanged, "expected_amount_minor"),
    "nothing": ({"expected_amount": 0}, PriceChanged, "expected_amount_minor"),
    "an unknown agent": ({"agent_id": new_id()}, NotFound, "agent_id"),
    "a stranger's address": ({"success_url": "https://evil.example/"}, Invalid, "success_url"),
}


@pytest.mark.parametrize(
    ("changes", "error", "field"), WRONG_INPUTS.values(), ids=WRONG_INPUTS.keys()
)
async def test_a_wrong_request_names_its_field_and_changes_nothing(
    services: Services,
    stripe_side: StripeSide,
    market: Market,
    changes: dict[str, object],
    error: type[ChenuError],
    field: str,
) -> None:
    before, jobs = await fingerprint(), await count("pgqueuer")
    await stripe_side.watch()

    with pytest.raises(error) as raised:
        await start_buying(services, market.buyer, market.agent, "key-1", **changes)

    assert raised.value.path == (field,)
    assert await fingerprint() == before
    assert await count("pgqueuer") == jobs
    assert await stripe_side.hits() == [0]


async def test_the_plan_that_is_needed_is_the_cheapest_that_buys(
    services: Services, market: Market
) -> None:
    actor, agent = await _free_tier(market)

    with pytest.raises(PlanRequired) as raised:
        await buy_agent(services, actor, input_for(agent), "key-1")

    assert raised.value.feature is Feature.MARKETPLACE
    assert raised.value.cheapest_tier is get_tier(TierCode.STARTER)


async def test_a_refused_request_does_not_use_its_key_up(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    with pytest.raises(PriceChanged):
        await start_buying(services, market.buyer, market.agent, "one", expected_amount=100)

    purchase = await start_buying(services, market.buyer, market.agent, "one")

    assert purchase.paid_at is not None
