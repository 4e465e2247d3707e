"""Reads of agents, creators and versions, and the rules of who may see them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from chenu.accounts.actor import AccountId, Actor, ApiScope, Staff, UserId
from chenu.agents.model import AgentId, AgentKind, CreatorId, VersionId
from chenu.agents.rows import (
    AGENT_COLUMNS,
    SELECT_AGENT,
    SELECT_CHANGE,
    SELECT_CREATOR,
    SELECT_PROFILE,
    SELECT_VERSION,
    AgentRow,
    ChangeRow,
    CreatorProfile,
    CreatorRow,
    VersionRow,
)
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.i18n import mark
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id, by_time, cut
from chenu.core.site import shows_agent
from chenu.core.text import storable

_NO_AGENT = mark("There is no such agent")


async def find_agent(agent_id: AgentId) -> AgentRow | None:
    """Without an access check: callers use `find_viewer_role`."""
    return await db.find_one(AgentRow, f"{SELECT_AGENT} WHERE a.id = $1", agent_id)


async def find_agent_by_slug(slug: str) -> AgentRow | None:
    return await db.find_one(AgentRow, f"{SELECT_AGENT} WHERE a.slug = $1", storable(slug))


async def list_agents_by_id(agent_ids: Sequence[AgentId]) -> list[AgentRow]:
    """In no particular order."""
    return await db.fetch_all(AgentRow, f"{SELECT_AGENT} WHERE a.id = ANY($1)", list(agent_ids))


async def get_visible_agent(actor: Actor, agent_id: AgentId) -> AgentRow:
    """Raises NotFound for an unknown agent, and for one that the actor may not see."""
    agent = await find_agent(agent_id)
    if agent is None or await find_viewer_role(actor, agent) is None:
        raise NotFound(_NO_AGENT, path=("agent_id",))
    return agent


async def get_own_agent(actor: Actor, agent_id: AgentId, *, lock: bool = False) -> AgentRow:
    """An agent that the actor created; raises NotFound for every other one."""
    suffix = " FOR NO KEY UPDATE OF a" if lock else ""
    agent = await db.find_one(AgentRow, f"{SELECT_AGENT} WHERE a.id = $1{suffix}", agent_id)
    if agent is None or not is_own(actor, agent):
        raise NotFound(_NO_AGENT, path=("agent_id",))
    return agent


def is_own(actor: Actor, agent: AgentRow) -> bool:
    if agent.kind is AgentKind.CUSTOM:
        return actor.account_id is not None and agent.account_id == actor.account_id
    return actor.user_id is not None and agent.creator_owner == actor.user_id


def is_maker(actor: Actor, agent: AgentRow) -> bool:
    """Whether the actor is the agent's creator or account; a key needs READ or AGENTS."""
    return is_own(actor, agent) and (actor.may(ApiScope.READ) or actor.may(ApiScope.AGENTS))


def sees_every_state(actor: Actor, agent: AgentRow) -> bool:
    """Versions and listings that are not public, too."""
    return is_maker(actor, agent) or actor.has_staff(Staff.REVIEWER)


class ViewerRole(StrEnum):
    """Why somebody may see an agent; STAFF is for the audit log."""

    PUBLIC = "PUBLIC"
    MAKER = "MAKER"
    HOLDER = "HOLDER"
    STAFF = "STAFF"


async def find_viewer_role(actor: Actor, agent: AgentRow) -> ViewerRole | None:
    """The one access rule for pages and GraphQL; None if the actor may not see the agent.

    On sale, on a site that shows it: everybody. Otherwise its creator, accounts that hold or held a
    grant (a key needs READ), and reviewers.
    """
    if agent.is_on_sale and shows_agent(agent.id):
        return ViewerRole.PUBLIC
    if is_maker(actor, agent):
        return ViewerRole.MAKER
    if await _ever_held(actor, agent):
        return ViewerRole.HOLDER
    return ViewerRole.STAFF if actor.has_staff(Staff.REVIEWER) else None


async def _ever_held(actor: Actor, agent: AgentRow) -> bool:
    if actor.account_id is None or agent.kind is AgentKind.CUSTOM or not actor.may(ApiScope.READ):
        return False
    sql = "SELECT 1 FROM access_grant WHERE account = $1 AND agent = $2 LIMIT 1"
    return bool(await db.fetch_value(sql, actor.account_id, agent.id))


async def count_custom_agents(account_id: AccountId) -> int:
    """The account's private agents that are not archived."""
    sql = """
        SELECT count(*) FROM agent
        WHERE account = $1 AND kind = 'CUSTOM' AND status <> 'ARCHIVED'
    """
    return int(await db.fetch_value(sql, account_id))


async def list_own_agents(creator_id: CreatorId, page: PageRequest) -> Page[AgentRow]:
    """All of a creator's agents in any state, newest first."""
    return await fetch_page(
        AgentRow, SELECT_AGENT, "a.creator = $1", creator_id, page=page, order=by_id("a.id")
    )


class PublicAddress(msgspec.Struct, frozen=True):
    """The URL of an agent for search engines, and when it last changed."""

    slug: str
    updated_at: datetime


async def list_public_addresses(*, limit: int) -> list[PublicAddress]:
    """Of the agents on sale, the latest changed first."""
    sql = """
        SELECT slug, updated_at FROM agent WHERE status = 'PUBLISHED' AND kind <> 'CUSTOM'
        ORDER BY updated_at DESC, id LIMIT $1
    """
    return await db.fetch_all(PublicAddress, sql, limit)


async def find_creator(creator_id: CreatorId) -> CreatorRow | None:
    return await db.find_one(CreatorRow, f"{SELECT_CREATOR} WHERE id = $1", creator_id)


async def find_creator_by_handle(handle: str) -> CreatorProfile | None:
    sql = f"{SELECT_PROFILE} WHERE handle = $1"
    return await db.find_one(CreatorProfile, sql, storable(handle))


async def find_creator_of(user_id: UserId) -> CreatorRow | None:
    return await db.find_one(CreatorRow, f"{SELECT_CREATOR} WHERE owner = $1", user_id)


async def list_creators(creator_ids: Sequence[CreatorId]) -> list[CreatorRow]:
    """In no particular order."""
    sql = f"{SELECT_CREATOR} WHERE id = ANY($1)"
    return await db.fetch_all(CreatorRow, sql, list(creator_ids))


async def list_versions_by_id(version_ids: Sequence[VersionId]) -> list[VersionRow]:
    """In no particular order."""
    sql = f"{SELECT_VERSION} WHERE id = ANY($1)"
    return await db.fetch_all(VersionRow, sql, list(version_ids))


async def list_versions(agent_ids: Sequence[AgentId], *, all_states: bool) -> list[VersionRow]:
    """Newest first. Published ones, or all states for the maker and reviewers."""
    sql = f"""
        {SELECT_VERSION} WHERE agent = ANY($1) AND ($2 OR status = 'PUBLISHED')
        ORDER BY agent, id DESC LIMIT 2000
    """
    return await db.fetch_all(VersionRow, sql, list(agent_ids), all_states)


async def list_changes(agent_ids: Sequence[AgentId]) -> list[ChangeRow]:
    """The pending changes of these agents, at most one each."""
    return await db.fetch_all(ChangeRow, f"{SELECT_CHANGE} WHERE agent = ANY($1)", list(agent_ids))


async def find_change(agent_id: AgentId, *, lock: bool = False) -> ChangeRow | None:
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(ChangeRow, f"{SELECT_CHANGE} WHERE agent = $1{suffix}", agent_id)


class QueuedAgent(AgentRow, frozen=True, dict=True):
    """An agent that waits for review, or whose change does; `queued_at` orders the queue."""

    queued_at: datetime
    is_change: bool


async def list_review_queue(page: PageRequest) -> Page[QueuedAgent]:
    """New agents and pending changes in one queue, the oldest first."""
    args: list[Any] = []
    order = by_time("q.queued_at", "q.id", descending=False)
    where = order.where(page, args)
    sql = f"""
        SELECT * FROM (
            SELECT {AGENT_COLUMNS}, a.submitted_at AS queued_at, false AS is_change
            FROM agent a LEFT JOIN creator c ON c.id = a.creator
            WHERE a.status = 'PENDING_REVIEW'
            UNION ALL
            SELECT {AGENT_COLUMNS}, p.submitted_at AS queued_at, true AS is_change
            FROM agent_change p JOIN agent a ON a.id = p.agent
            LEFT JOIN creator c ON c.id = a.creator
            WHERE p.status = 'PENDING_REVIEW' AND a.status = 'PUBLISHED'
        ) q WHERE {where} ORDER BY {order.order(page)} LIMIT {page.size + 1}
    """  # noqa: S608 - own fragments, values are arguments
    return cut(await db.fetch_all(QueuedAgent, sql, *args), page)


class _Id(msgspec.Struct, frozen=True):
    id: AgentId


async def list_sold_by(creator_id: CreatorId) -> list[AgentId]:
    """The creator's agents on sale that are not free."""
    sql = "SELECT id FROM agent WHERE creator = $1 AND status = 'PUBLISHED' AND price > 0"
    return [row.id for row in await db.fetch_all(_Id, sql, creator_id)]


async def lock_agent(agent_id: AgentId) -> None:
    """Locks the agent against changes until the transaction ends."""
    await db.execute("SELECT 1 FROM agent WHERE id = $1 FOR NO KEY UPDATE", agent_id)
