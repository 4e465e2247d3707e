"""Edits and versions of a published agent wait for a reviewer while the live one stays up."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentId, AgentKind, AgentStatus, PriceType
from chenu.agents.queries import find_change, list_review_queue
from chenu.agents.rows import AgentRow
from chenu.agents.version_heads import list_version_heads
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.errors import AlreadyExists, Invalid, InvalidState
from chenu.core.paging import PageRequest
from chenu.flows.creators.edit_agent import PriceInput, create_agent, create_version, update_agent
from chenu.flows.creators.review_agent import archive_agent, decide_review, submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.sales import Market, open_quiet_market
from tests.people import MANIFEST, Person, agent_input, get_agent, make_person
from tests.rows import count, count_jobs, fingerprint, mails_to

REASON = "Dites ce que l'agent fait de nos données."
NEW_MANIFEST = {**MANIFEST, "permissions": ["files:read", "files:write"]}


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_quiet_market(services)


async def rename(market: Market, name: str = "Neuf") -> None:
    await update_agent(market.creator.actor, market.agent.id, ListingFields(name=name), None)


async def add_version(market: Market, number: str = "1.1.0", changelog: str = "Mieux.") -> None:
    actor = market.creator.actor
    await create_version(actor, market.agent.id, number, changelog, NEW_MANIFEST)


async def decide(reviewer: Person, agent_id: AgentId, *, approve: bool) -> None:
    reason = None if approve else REASON
    await decide_review(reviewer.actor, agent_id, approve=approve, reason=reason)


async def versions_of(agent: AgentRow) -> dict[str, str]:
    """Every version's state by its number, oldest first."""
    heads = await list_version_heads([agent.id], all_states=True)
    return {head.number: head.status for head in reversed(heads)}


async def test_an_edit_waits_and_what_is_on_sale_stays_as_it_was(market: Market) -> None:
    before = await get_agent(market.agent.id)

    await rename(market)

    assert await get_agent(market.agent.id) == before
    change = await find_change(market.agent.id)
    assert change is not None
    assert (change.status, change.fields) == (AgentStatus.PENDING_REVIEW, {"name": "Neuf"})


async def test_edits_and_a_version_are_one_change_that_is_adopted_whole(
    market: Market, reviewer: Person
) -> None:
    await rename(market, "Neuf")
    await add_version(market)
    await rename(market, "Plus neuf")

    await decide(reviewer, market.agent.id, approve=True)

    agent = await get_agent(market.agent.id)
    current = (await list_version_heads([agent.id], all_states=False))[0]
    assert (agent.name, agent.permissions) == ("Plus neuf", ["files:read", "files:write"])
    assert (current.id, current.number) == (agent.current_version, "1.1.0")
    assert current.changelog == "Mieux."
    assert await find_change(agent.id) is None


async def test_a_rejected_change_leaves_what_is_on_sale_and_says_why(
    market: Market, reviewer: Person
) -> None:
    before = await get_agent(market.agent.id)
    await rename(market)
    await add_version(market)

    await decide(reviewer, market.agent.id, approve=False)

    change = await find_change(market.agent.id)
    assert change is not None
    assert (change.status, change.rejection_reason) == (AgentStatus.REJECTED, REASON)
    assert await get_agent(market.agent.id) == before
    assert await versions_of(before) == {"1.0.0": "PUBLISHED", "1.1.0": "REJECTED"}
    with pytest.raises(InvalidState):
        await submit_agent(market.creator.actor, market.agent.id)
    with pytest.raises(InvalidState):
        await decide(reviewer, market.agent.id, approve=True)


async def test_a_rejected_change_waits_again_once_it_is_edited(
    market: Market, reviewer: Person
) -> None:
    await rename(market)
    await decide(reviewer, market.agent.id, approve=False)

    await rename(market, "Encore")
    await decide(reviewer, market.agent.id, approve=True)

    assert (await get_agent(market.agent.id)).name == "Encore"


async def test_a_newer_version_takes_the_place_of_the_one_that_waits(
    market: Market, reviewer: Person
) -> None:
    await add_version(market, "1.1.0")
    await add_version(market, "1.2.0")

    await decide(reviewer, market.agent.id, approve=True)

    states = {"1.0.0": "PUBLISHED", "1.1.0": "ARCHIVED", "1.2.0": "PUBLISHED"}
    assert await versions_of(market.agent) == states


@pytest.mark.parametrize("number", ["1.0.0", "0.9.9", "1.0", "1.0.0.1", "v1.1.0", "1.01.0", ""])
async def test_versions_only_go_up(market: Market, number: str) -> None:
    before = await fingerprint()

    with pytest.raises(Invalid) as raised:
        await add_version(market, number)

    assert raised.value.path == ("number",)
    assert await fingerprint() == before


async def test_a_rejected_number_is_taken_and_a_lower_one_is_free(
    market: Market, reviewer: Person
) -> None:
    await add_version(market, "2.0.0")
    await decide(reviewer, market.agent.id, approve=False)

    with pytest.raises(AlreadyExists):
        await add_version(market, "2.0.0")
    await add_version(market, "1.1.0")

    assert (await versions_of(market.agent))["1.1.0"] == "PENDING_REVIEW"


@pytest.mark.parametrize("changelog", ["", "  ", "x" * 5001, "a\x00b"])
async def test_a_version_says_what_is_new(market: Market, changelog: str) -> None:
    with pytest.raises(Invalid) as raised:
        await add_version(market, changelog=changelog)

    assert raised.value.path == ("changelog",)
    assert await count("agent_version") == 1


async def test_a_new_price_needs_no_review_and_a_price_of_its_own_at_stripe(
    market: Market,
) -> None:
    request = PriceInput(PriceType.ONE_TIME, 1500)

    await update_agent(market.creator.actor, market.agent.id, ListingFields(), request)

    agent = await get_agent(market.agent.id)
    assert (agent.price_amount, agent.stripe_price_id) == (1500, None)
    assert agent.price_version == market.agent.price_version + 1
    key = f"price:{agent.id}:v{agent.price_version}"
    assert await count("operation", "business_key = $1 AND amount = 1500", key) == 1
    assert await find_change(agent.id) is None


async def test_archiving_drops_the_change_and_closes_the_pages(
    market: Market, reviewer: Person
) -> None:
    await rename(market)

    await archive_agent(market.creator.actor, market.agent.id)

    assert await find_change(market.agent.id) is None
    assert await count_jobs("close_checkouts") == 1
    with pytest.raises(InvalidState):
        await decide(reviewer, market.agent.id, approve=True)


async def test_a_reviewer_decides_on_what_they_read(market: Market, reviewer: Person) -> None:
    await rename(market)
    [read] = (await list_review_queue(PageRequest(10))).rows
    await advance_clock(timedelta(minutes=1))
    await rename(market, "Autre chose")

    with pytest.raises(InvalidState, match="read it again"):
        await decide_review(
            reviewer.actor, market.agent.id, approve=True, reason=None, seen_at=read.queued_at
        )

    [now] = (await list_review_queue(PageRequest(10))).rows
    await decide_review(
        reviewer.actor, market.agent.id, approve=True, reason=None, seen_at=now.queued_at
    )
    assert (await get_agent(market.agent.id)).name == "Autre chose"


async def test_the_queue_is_one_line_oldest_first(market: Market) -> None:
    first = await create_agent(market.creator.actor, agent_input(name="Premier"))
    await submit_agent(market.creator.actor, first)
    await advance_clock(timedelta(minutes=1))
    await rename(market)
    await advance_clock(timedelta(minutes=1))
    last = await create_agent(market.creator.actor, agent_input(name="Dernier"))
    await submit_agent(market.creator.actor, last)

    queue = (await list_review_queue(PageRequest(10))).rows

    assert [agent.id for agent in queue] == [first, market.agent.id, last]
    assert [agent.is_change for agent in queue] == [False, True, False]


async def test_submitting_again_keeps_the_place_in_the_line(market: Market) -> None:
    agent_id = await create_agent(market.creator.actor, agent_input())
    await submit_agent(market.creator.actor, agent_id)
    before = await fingerprint()
    await advance_clock(timedelta(minutes=1))

    await submit_agent(market.creator.actor, agent_id)

    after = await fingerprint()
    assert after["agent"] == before["agent"]


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 2001, "a\x00b"])
async def test_a_rejection_says_why(market: Market, reviewer: Person, reason: str | None) -> None:
    await rename(market)
    before = await fingerprint()

    with pytest.raises(Invalid) as raised:
        await decide_review(reviewer.actor, market.agent.id, approve=False, reason=reason)

    assert raised.value.path == ("reason",)
    assert await fingerprint() == before


async def test_of_two_reviewers_at_once_one_decides(market: Market, reviewer: Person) -> None:
    await rename(market)
    mailed = len(await mails_to(market.creator.email))

    tries = (decide(reviewer, market.agent.id, approve=approve) for approve in (True, False))
    answers = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(answer, InvalidState) for answer in answers) == 1
    assert len(await mails_to(market.creator.email)) == mailed + 1


async def test_each_decision_is_mailed_and_on_record(market: Market, reviewer: Person) -> None:
    for approve in (False, True):
        await rename(market)
        await decide(reviewer, market.agent.id, approve=approve)

    kinds = (await mails_to(market.creator.email))[-2:]
    assert kinds == ["AGENT_REJECTED", "AGENT_APPROVED"]
    sql = "SELECT params::text FROM outbox_mail WHERE kind = 'AGENT_REJECTED'"
    assert msgspec.json.decode(await db.fetch_value(sql))["facts"] == REASON
    assert await count("audit_event", "action IN ('agent.reject', 'agent.approve')") == 3


async def test_a_private_agent_changes_at_once_and_is_never_sold(services: Services) -> None:
    maker = (await make_person("maker", TierCode.BUSINESS)).actor
    request = msgspec.structs.replace(agent_input(price=0), custom=True)
    agent_id = await create_agent(maker, request)

    await update_agent(maker, agent_id, ListingFields(name="À nous"), None)
    await create_version(maker, agent_id, "1.1.0", "Mieux.", NEW_MANIFEST)
    with pytest.raises(InvalidState):
        await submit_agent(maker, agent_id)
    price = PriceInput(PriceType.ONE_TIME, 900)
    with pytest.raises(InvalidState):
        await update_agent(maker, agent_id, ListingFields(), price)

    agent = await get_agent(agent_id)
    assert (agent.kind, agent.name) == (AgentKind.CUSTOM, "À nous")
    assert not agent.is_on_sale
    assert await versions_of(agent) == {"1.0.0": "PUBLISHED", "1.1.0": "PUBLISHED"}
