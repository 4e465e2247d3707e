"""Private agents: an account's own, without price, review or public page; only read after a
downgrade.
"""

import pytest

from chenu.accounts.actor import AccountRole
from chenu.agents.access import decide_access, find_readable_manifest
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentId, AgentKind, AgentStatus, PriceType
from chenu.agents.queries import (
    ViewerRole,
    count_custom_agents,
    find_viewer_role,
    list_versions_by_id,
)
from chenu.core import db
from chenu.core.errors import InvalidState, NotFound
from chenu.flows.creators.edit_agent import (
    AgentInput,
    PriceInput,
    create_agent,
    create_version,
    update_agent,
)
from chenu.flows.creators.review_agent import submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode, get_tier
from chenu.tiers.entitlements import PlanRequired
from tests.people import MANIFEST, Person, agent_input, get_agent, make_member, make_person
from tests.people import sign_in_again as again
from tests.rows import fingerprint


def private_input(price: int = 0) -> AgentInput:
    made = agent_input(price=price)
    return AgentInput(made.fields, made.level, made.price, made.manifest, custom=True)


async def make_private(tier: TierCode = TierCode.BUSINESS) -> tuple[Person, AgentId]:
    owner = await make_person("zoe", tier)
    return owner, await create_agent(owner.actor, private_input())


async def fall_to(owner: Person, tier: TierCode) -> Person:
    await db.execute("UPDATE account SET tier = $2 WHERE owner = $1", owner.user_id, tier)
    return await again(owner.user_id, owner.email)


@pytest.mark.parametrize("tier", [TierCode.BUSINESS, TierCode.ENTERPRISE])
async def test_a_private_agent_works_at_once_for_its_account(
    services: Services, tier: TierCode
) -> None:
    owner, agent_id = await make_private(tier)
    agent = await get_agent(agent_id)

    assert (agent.kind, agent.status, agent.price_amount) == (
        AgentKind.CUSTOM,
        AgentStatus.PUBLISHED,
        0,
    )
    assert (agent.creator_id, agent.account_id) == (None, owner.actor.account_id)
    assert decide_access(owner.actor, agent, None).can_use


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER, TierCode.PRO])
async def test_lower_tiers_make_no_private_agents(services: Services, tier: TierCode) -> None:
    person = await make_person("zoe", tier)
    before = await fingerprint()

    with pytest.raises(PlanRequired) as refused:
        await create_agent(person.actor, private_input())

    assert refused.value.feature is Feature.CUSTOM_AGENTS
    assert refused.value.cheapest_tier is get_tier(TierCode.BUSINESS)
    assert await fingerprint() == before


async def test_a_private_agent_has_no_price(services: Services) -> None:
    owner, agent_id = await make_private()

    with pytest.raises(InvalidState, match="no price"):
        await create_agent(owner.actor, private_input(900))
    price = PriceInput(PriceType.ONE_TIME, 900)
    with pytest.raises(InvalidState, match="no price"):
        await update_agent(owner.actor, agent_id, ListingFields(), price)


async def test_a_private_agent_is_not_submitted(services: Services) -> None:
    owner, agent_id = await make_private()
    before = await fingerprint()

    with pytest.raises(InvalidState):
        await submit_agent(owner.actor, agent_id)

    assert await fingerprint() == before


async def test_members_see_it_and_nobody_else_does(services: Services) -> None:
    owner, agent_id = await make_private()
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", owner.actor.account_id)
    member = await make_member(owner, "max", AccountRole.MEMBER)
    other = await make_person("other", TierCode.BUSINESS)
    agent = await get_agent(agent_id)

    assert await find_viewer_role(member.actor, agent) is ViewerRole.MAKER
    assert await find_viewer_role(other.actor, agent) is None
    assert not decide_access(other.actor, agent, None).can_use
    with pytest.raises(NotFound):
        await update_agent(other.actor, agent_id, ListingFields(name="Volé"), None)


async def test_changes_and_versions_count_at_once(services: Services) -> None:
    owner, agent_id = await make_private()

    await update_agent(owner.actor, agent_id, ListingFields(name="Autre nom"), None)
    await create_version(owner.actor, agent_id, "1.1.0", "Mieux.", MANIFEST)

    agent = await get_agent(agent_id)
    assert (agent.name, agent.status) == ("Autre nom", AgentStatus.PUBLISHED)
    assert agent.current_version is not None


async def test_after_a_downgrade_it_can_only_be_read(services: Services) -> None:
    owner, agent_id = await make_private()
    owner = await fall_to(owner, TierCode.PRO)
    agent = await get_agent(agent_id)
    assert agent.current_version is not None
    [version] = await list_versions_by_id([agent.current_version])
    before = await fingerprint()

    with pytest.raises(PlanRequired):
        await update_agent(owner.actor, agent_id, ListingFields(name="Autre nom"), None)
    with pytest.raises(PlanRequired):
        await create_version(owner.actor, agent_id, "1.1.0", "Mieux.", MANIFEST)

    access = decide_access(owner.actor, agent, None)
    assert not access.can_use
    assert isinstance(access.refusal, PlanRequired)
    assert await find_readable_manifest(owner.actor, agent, version) is not None
    assert await fingerprint() == before


async def test_it_comes_back_with_the_plan(services: Services) -> None:
    owner, agent_id = await make_private()
    await fall_to(owner, TierCode.PRO)
    owner = await fall_to(owner, TierCode.BUSINESS)

    await update_agent(owner.actor, agent_id, ListingFields(name="Autre nom"), None)

    account_id = owner.actor.account_id
    assert account_id is not None
    assert await count_custom_agents(account_id) == 1
    assert decide_access(owner.actor, await get_agent(agent_id), None).can_use
