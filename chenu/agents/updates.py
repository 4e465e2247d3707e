"""Newer versions of agents that an account has: it stays on its own until it accepts one."""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.accounts.roles import Right
from chenu.agents.access import GrantRow, get_own_grant
from chenu.agents.manifest_changes import Manifest, ManifestChanges, compare_manifests
from chenu.agents.model import AgentId, GrantId, VersionId
from chenu.agents.permission_changes import PermissionChanges, compare_permissions
from chenu.agents.queries import find_agent, list_versions_by_id
from chenu.agents.rows import AgentRow
from chenu.agents.version_heads import (
    VersionHead,
    list_version_heads,
    list_version_heads_by_id,
)
from chenu.agents.version_tables import VersionAcceptance
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound
from chenu.core.ids import new_id
from chenu.core.rows import insert


class AgentUpdate(msgspec.Struct, frozen=True):
    """`since` are the versions after the one in use, the newest first: none if it is the newest."""

    grant: GrantRow
    agent: AgentRow
    used: VersionHead
    since: list[VersionHead]
    permissions: PermissionChanges
    parts: ManifestChanges

    @property
    def newest(self) -> VersionHead:
        return self.since[0] if self.since else self.used


async def get_update(actor: Actor, grant_id: GrantId) -> AgentUpdate:
    """What accepting would change; raises NotFound, also for another account's, InvalidState."""
    grant, agent = await _get_usable(actor.require_account(ApiScope.READ), grant_id)
    used_id = grant.version_id or agent.current_version
    if used_id is None or agent.current_version is None:
        raise NotFound("There is no such version", path=("id",))
    [used] = await list_version_heads_by_id([used_id])
    published = await list_version_heads([agent.id], all_states=False)
    since = [head for head in published if used.id < head.id <= agent.current_version]
    old, new = await _read_manifests(used.id, agent.current_version)
    permissions = compare_permissions(old.get("permissions", ()), new.get("permissions", ()))
    return AgentUpdate(grant, agent, used, since, permissions, compare_manifests(old, new))


async def _read_manifests(old: VersionId, new: VersionId) -> tuple[Manifest, Manifest]:
    found = {row.id: row.manifest for row in await list_versions_by_id([old, new])}
    return found[old], found[new]


async def _get_usable(
    account_id: AccountId, grant_id: GrantId, *, lock: bool = False
) -> tuple[GrantRow, AgentRow]:
    grant = await get_own_grant(account_id, grant_id, lock=lock)
    agent = await find_agent(grant.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    if not grant.is_usable(business_now()):
        raise InvalidState(
            "Your access to this agent has ended: get it again to use its newest version"
        )
    return grant, agent


@db.transactional
async def accept_update(actor: Actor, grant_id: GrantId, version_id: VersionId) -> None:
    """Runs use that version from now on; again changes nothing.

    Raises NotFound, InvalidState where it is not the newest one any more.
    """
    account_id, user_id = actor.require_right(Right.BUY_AGENTS), actor.require_user()
    grant, agent = await _get_usable(account_id, grant_id, lock=True)
    if grant.version_id is None or grant.version_id == version_id:
        return
    if version_id != agent.current_version:
        raise InvalidState("Another version was published meanwhile: please read what it changes")
    await db.execute("UPDATE access_grant SET version = $2 WHERE id = $1", grant.id, version_id)
    acceptance = {
        "id": new_id(),
        "access_grant": grant.id,
        "account": account_id,
        "app_user": user_id,
        "replaced": grant.version_id,
        "version": version_id,
        "accepted_at": business_now(),
    }
    await insert(VersionAcceptance, acceptance)


async def list_offered(
    grants: Sequence[GrantRow], agents: Sequence[AgentRow]
) -> dict[GrantId, VersionHead]:
    """The newer version for each right that uses an older one: one statement for all of them."""
    newest = {agent.id: agent.current_version for agent in agents}
    behind = [grant for grant in grants if _is_behind(grant, newest)]
    wanted = [version_id for grant in behind if (version_id := newest[grant.agent_id])]
    heads = {head.agent_id: head for head in await list_version_heads_by_id(wanted)}
    return {grant.id: heads[grant.agent_id] for grant in behind}


def _is_behind(grant: GrantRow, newest: dict[AgentId, VersionId | None]) -> bool:
    current = newest.get(grant.agent_id)
    is_usable = grant.is_usable(business_now())
    return is_usable and None not in (current, grant.version_id) and current != grant.version_id
