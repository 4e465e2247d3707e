"""Who may run which agent: every tier with every level, owned and not, private and one's own."""

from datetime import timedelta
from typing import Any

import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor, ActorKind, UserId
from chenu.agents.access import GrantRow
from chenu.agents.errors import SellerNotReady
from chenu.agents.model import AgentId, AgentKind, AgentStatus, CreatorId, GrantId, PriceType
from chenu.agents.rows import AgentRow
from chenu.agents.run_access import FREE_TRIES_TOKENS, decide_run
from chenu.core.clock import business_now
from chenu.core.errors import Unauthenticated
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.tiers.catalogue import AgentLevel, Feature, TierCode
from chenu.tiers.entitlements import Override, PlanRequired

ACCOUNT, USER = AccountId(new_id()), UserId(new_id())
PLATFORM, MARKETPLACE, CUSTOM = AgentKind.PLATFORM, AgentKind.MARKETPLACE, AgentKind.CUSTOM
FIRST_RANK = {AgentLevel.L0: 1, AgentLevel.L1: 51, AgentLevel.L2: 101, AgentLevel.L3: 141}
LAST_RANK = {AgentLevel.L0: 50, AgentLevel.L1: 100, AgentLevel.L2: 140, AgentLevel.L3: 168}
FREE, STARTER, PRO, BUSINESS, ENTERPRISE = TierCode
HIGHEST = {FREE: "L0", STARTER: "L1", PRO: "L3", BUSINESS: "L3", ENTERPRISE: "L3"}


def actor(tier: TierCode = STARTER, kind: ActorKind = ActorKind.SESSION, **more: Any) -> Actor:
    role = None if kind is ActorKind.SERVICE_KEY else AccountRole.OWNER
    user = None if kind is ActorKind.SERVICE_KEY else USER
    return Actor(kind, user, ACCOUNT, role, tier=tier, **more)


def agent(kind: AgentKind = MARKETPLACE, **changes: Any) -> AgentRow:
    """Somebody else's published agent for 9 euros."""
    values: dict[str, Any] = {
        "id": AgentId(new_id()),
        "slug": "trieur",
        "kind": kind,
        "status": AgentStatus.PUBLISHED,
        "creator_id": CreatorId(new_id()) if kind is MARKETPLACE else None,
        "account_id": None,
        "name": "Trieur",
        "tagline": "",
        "description": "",
        "description_html": "",
        "translations_json": "{}",
        "media_json": "{}",
        "language": "fr",
        "capabilities": [],
        "permissions": [],
        "level": "L1",
        "sphere": None,
        "price_type": PriceType.ONE_TIME,
        "price_amount": Cents(900),
        "price_version": 1,
        "stripe_price_id": None,
        "seconds_saved": 900,
        "current_version": None,
        "platform_rank": None,
        "installs": 0,
        "rating_sum": 0,
        "review_count": 0,
        "rejection_reason": None,
        "submitted_at": None,
        "published_at": None,
        "updated_at": business_now(),
        "creator_handle": None,
        "creator_name": None,
        "creator_owner": UserId(new_id()),
        "payouts_ready": True,
        "creator_account": AccountId(new_id()),
        "creator_bio": None,
    }
    return AgentRow(**values | changes)


def grant_of(row: AgentRow) -> GrantRow:
    now = business_now()
    return GrantRow(
        GrantId(new_id()), ACCOUNT, row.id, None, "PURCHASE", now, None, None, None, None, None
    )


def outcome(actor: Actor, row: AgentRow, grant: GrantRow | None = None) -> str:
    access = decide_run(actor, row, grant)
    if isinstance(access.refusal, PlanRequired):
        cheapest = access.refusal.cheapest_tier
        return f"needs {cheapest.code}" if cheapest else "never"
    if access.refusal is not None:
        return access.refusal.code
    return "try" if access.is_free_try else "run"


@pytest.mark.parametrize("rank_of", [FIRST_RANK, LAST_RANK], ids=["first", "last"])
@pytest.mark.parametrize("level", AgentLevel)
@pytest.mark.parametrize("tier", TierCode)
def test_platform_agents_come_with_the_tier_of_their_level(
    tier: TierCode, level: AgentLevel, rank_of: dict[AgentLevel, int]
) -> None:
    row = agent(PLATFORM, level=level, platform_rank=rank_of[level])

    cheapest = {"L0": FREE, "L1": STARTER, "L2": PRO, "L3": PRO}[level]
    expected = "run" if level <= HIGHEST[tier] else f"needs {cheapest}"
    assert outcome(actor(tier), row) == expected


@pytest.mark.parametrize("level", AgentLevel)
@pytest.mark.parametrize("tier", TierCode)
@pytest.mark.parametrize("kind", [ActorKind.SESSION, ActorKind.API_KEY, ActorKind.SERVICE_KEY])
def test_marketplace_agents_run_with_a_grant_else_as_a_free_try(
    kind: ActorKind, tier: TierCode, level: AgentLevel
) -> None:
    row = agent(level=level)

    who = actor(tier, kind)
    assert outcome(who, row, grant_of(row)) == "run"
    assert outcome(who, row) == ("needs STARTER" if tier is FREE else "try")


@pytest.mark.parametrize("level", AgentLevel)
@pytest.mark.parametrize("tier", TierCode)
def test_private_agents_run_for_their_account_from_business_up(
    tier: TierCode, level: AgentLevel
) -> None:
    own = agent(CUSTOM, level=level, account_id=ACCOUNT)
    foreign = agent(CUSTOM, level=level, account_id=AccountId(new_id()))

    expected = "run" if tier in (BUSINESS, ENTERPRISE) else "needs BUSINESS"
    assert outcome(actor(tier), own) == expected
    assert outcome(actor(tier, ActorKind.SERVICE_KEY), own) == expected
    assert outcome(actor(tier), foreign) == "INVALID_STATE"


def test_an_archived_private_agent_does_not_run() -> None:
    row = agent(CUSTOM, account_id=ACCOUNT, status=AgentStatus.ARCHIVED)

    assert outcome(actor(BUSINESS), row) == "INVALID_STATE"


@pytest.mark.parametrize("status", [AgentStatus.SUSPENDED, AgentStatus.ARCHIVED])
def test_who_bought_an_agent_keeps_it_and_nobody_else_tries_it(status: AgentStatus) -> None:
    row = agent(status=status)

    assert outcome(actor(), row, grant_of(row)) == "run"
    assert outcome(actor(), row) == "INVALID_STATE"


def test_nobody_tries_what_cannot_be_bought() -> None:
    access = decide_run(actor(), agent(payouts_ready=False), None)

    assert isinstance(access.refusal, SellerNotReady)


@pytest.mark.parametrize("status", AgentStatus)
def test_makers_run_their_own_agents_also_through_the_apps(status: AgentStatus) -> None:
    row = agent(status=status, creator_owner=USER, creator_account=ACCOUNT)

    assert outcome(actor(FREE), row) == "run"
    assert outcome(actor(FREE, ActorKind.SERVICE_KEY), row) == "run"


def test_what_staff_took_is_refused_whatever_the_tier() -> None:
    taken = Override(Feature.AGENTS, False, None, business_now() + timedelta(days=1))

    row = agent(PLATFORM, level="L0", platform_rank=1)
    assert outcome(actor(PRO, overrides=(taken,)), row) == "never"


def test_nobody_signed_in_runs_nothing() -> None:
    access = decide_run(Actor(), agent(), None)

    assert isinstance(access.refusal, Unauthenticated)


def test_three_tries_of_fifty_are_a_grant_of_150() -> None:
    assert FREE_TRIES_TOKENS == 150
