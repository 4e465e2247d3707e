"""Access to agents: grants, what an actor may do with an agent, and the first use of a purchase."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chenu.accounts.actor import AccountId, Actor, ActorKind, ApiScope, Staff
from chenu.accounts.roles import Right
from chenu.agents.errors import NotInLibrary
from chenu.agents.model import AgentId, AgentKind, GrantId, GrantSource, PurchaseId, VersionId
from chenu.agents.queries import is_maker, is_own, lock_agent
from chenu.agents.rows import AgentRow, VersionRow
from chenu.agents.sale import find_sale_refusal
from chenu.agents.tables import AccessGrant
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, NotFound, Unauthenticated
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.tiers.catalogue import AgentLevel, Feature
from chenu.tiers.entitlements import (
    find_refusal,
    includes_platform_agent,
    platform_agent_refusal,
)


class GrantRow(msgspec.Struct, frozen=True):
    """`ends_at` and `revoked_at` None: usable without limit. `version_id` None: the newest."""

    id: GrantId
    account_id: AccountId
    agent_id: AgentId
    purchase_id: PurchaseId | None
    version_id: VersionId | None
    source: str
    starts_at: datetime
    ends_at: datetime | None
    first_used_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None
    put_away_at: datetime | None

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.ends_at is None or self.ends_at > now)


_COLUMNS = Columns(
    GrantRow,
    AccessGrant,
    account_id="account",
    agent_id="agent",
    purchase_id="purchase",
    version_id="version",
).select()
_SELECT = f"SELECT {_COLUMNS} FROM access_grant"  # noqa: S608 - own columns


def choose_version(agent: AgentRow, grant: GrantRow | None) -> VersionId | None:
    """What the account uses: what it bought or accepted last, else the newest that is on sale."""
    accepted = None if grant is None else grant.version_id
    return accepted or agent.current_version


async def list_usable_grants(account_id: AccountId, agent_ids: Sequence[AgentId]) -> list[GrantRow]:
    """Grants that are usable now, at most one per agent."""
    sql = f"""
        {_SELECT} WHERE account = $1 AND agent = ANY($2) AND revoked_at IS NULL
            AND (ends_at IS NULL OR ends_at > $3) ORDER BY id
    """
    return await db.fetch_all(GrantRow, sql, account_id, list(agent_ids), business_now())


async def has_usable_grant(account_id: AccountId, agent_id: AgentId) -> bool:
    return bool(await list_usable_grants(account_id, [agent_id]))


async def list_grants_by_id(grant_ids: Sequence[GrantId]) -> list[GrantRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(GrantRow, f"{_SELECT} WHERE id = ANY($1)", list(grant_ids))


async def give_access(
    account_id: AccountId, agent_id: AgentId, source: GrantSource, purchase_id: PurchaseId | None
) -> bool:
    """Once per purchase, in the caller's transaction; it is of the newest version.

    An account's first grant counts as an install.
    """
    # The lock FOR NO KEY UPDATE, because the agent's count of installs may be written below.
    await lock_agent(agent_id)
    held = "SELECT 1 FROM access_grant WHERE account = $1 AND agent = $2 LIMIT 1"
    is_install = not await db.fetch_value(held, account_id, agent_id)
    newest = "SELECT current_version FROM agent WHERE id = $1"
    grant = {
        "id": new_id(),
        "account": account_id,
        "agent": agent_id,
        "purchase": purchase_id,
        "version": await db.fetch_value(newest, agent_id),
        "source": source,
        "starts_at": business_now(),
    }
    given = await insert(AccessGrant, grant, "ON CONFLICT (purchase) DO NOTHING")
    if given and is_install:
        await db.execute("UPDATE agent SET installs = installs + 1 WHERE id = $1", agent_id)
    return bool(given)


async def move_access_end(purchase_id: PurchaseId, ends_at: datetime | None) -> None:
    """Of what was bought by the month; None while it is renewed."""
    sql = """
        UPDATE access_grant SET ends_at = $2 WHERE purchase = $1 AND ends_at IS DISTINCT FROM $2
    """
    await db.execute(sql, purchase_id, ends_at)


async def stop_access(purchase_id: PurchaseId, at: datetime) -> None:
    """It ends then, unless it has ended before."""
    sql = """
        UPDATE access_grant SET ends_at = $2
        WHERE purchase = $1 AND (ends_at IS NULL OR ends_at > $2)
    """
    await db.execute(sql, purchase_id, at)


async def revoke_access(purchase_id: PurchaseId, reason: str) -> None:
    sql = """
        UPDATE access_grant SET revoked_at = $2, revoked_reason = $3
        WHERE purchase = $1 AND revoked_at IS NULL
    """
    await db.execute(sql, purchase_id, business_now(), reason)


async def restore_access(purchase_id: PurchaseId, reason: str) -> None:
    """What was revoked for that reason; the caller knows that nothing else gives access."""
    sql = """
        UPDATE access_grant SET revoked_at = NULL, revoked_reason = NULL
        WHERE purchase = $1 AND revoked_reason = $2
    """
    await db.execute(sql, purchase_id, reason)


async def find_grant_of_purchase(purchase_id: PurchaseId, *, lock: bool = False) -> GrantRow | None:
    """`lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(GrantRow, f"{_SELECT} WHERE purchase = $1{suffix}", purchase_id)


async def get_own_grant(
    account_id: AccountId, grant_id: GrantId, *, lock: bool = False
) -> GrantRow:
    """Raises NotFound, also for another account's; `lock` holds it until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_SELECT} WHERE id = $1 AND account = $2{suffix}"
    found = await db.find_one(GrantRow, sql, grant_id, account_id)
    if found is None:
        raise NotFound("There is no such thing in this library", path=("id",))
    return found


class AgentAccess(msgspec.Struct, frozen=True):
    """`refusal` says what would allow it."""

    can_use: bool
    grant: GrantRow | None = None
    refusal: ChenuError | None = None


def decide_access(actor: Actor, agent: AgentRow, grant: GrantRow | None) -> AgentAccess:
    """What the actor may do with an agent; `grant` is the account's usable grant, if any."""
    if grant is not None or is_own(actor, agent):
        return _decide_own(actor, agent, grant)
    if actor.account_id is None:
        return AgentAccess(False, refusal=Unauthenticated("Please sign in first"))
    if agent.kind is AgentKind.PLATFORM:
        return _decide_platform(actor, agent)
    refusal = find_sale_refusal(agent)
    if refusal is not None:
        return AgentAccess(can_use=False, refusal=refusal)
    missing = find_refusal(actor.entitlements, Feature.MARKETPLACE)
    if missing is not None:
        return AgentAccess(can_use=False, refusal=missing)
    return AgentAccess(False, refusal=NotInLibrary("This agent is not in your library yet"))


def _decide_own(actor: Actor, agent: AgentRow, grant: GrantRow | None) -> AgentAccess:
    """A private agent whose account has no such entitlement any more can only be read."""
    missing = find_refusal(actor.entitlements, Feature.CUSTOM_AGENTS)
    if agent.kind is AgentKind.CUSTOM and missing is not None:
        return AgentAccess(can_use=False, refusal=missing)
    return AgentAccess(can_use=True, grant=grant)


def _decide_platform(actor: Actor, agent: AgentRow) -> AgentAccess:
    level, rank = AgentLevel(agent.level), agent.platform_rank or 0
    if includes_platform_agent(actor.entitlements, level, rank):
        return AgentAccess(can_use=True)
    return AgentAccess(
        can_use=False, refusal=platform_agent_refusal(actor.entitlements, level, rank)
    )


class ReadableManifest(msgspec.Struct, frozen=True):
    """`first_use` is the grant that would be used for the first time.

    `by_staff` is for the audit log.

    Callers that show the manifest call `record_first_use` once the answer is complete.
    """

    manifest: dict[str, Any]
    first_use: GrantId | None = None
    by_staff: bool = False


async def find_readable_manifest(
    actor: Actor, agent: AgentRow, version: VersionRow
) -> ReadableManifest | None:
    """For its creator, holders of a grant and reviewers; None for everybody else.

    A creator's key needs READ or AGENTS, a holder's READ. Reading with a service key is not the
    buyer's own use (product rules: opening it is the first use, which ends the right of
    withdrawal).
    """
    if is_maker(actor, agent):
        return ReadableManifest(version.manifest)
    grant = await _find_grant(actor, agent) if version.is_published else None
    if grant is not None:
        is_first_use = grant.first_used_at is None and actor.kind is not ActorKind.SERVICE_KEY
        return ReadableManifest(version.manifest, grant.id if is_first_use else None)
    if actor.has_staff(Staff.REVIEWER):
        return ReadableManifest(version.manifest, by_staff=True)
    return None


async def _find_grant(actor: Actor, agent: AgentRow) -> GrantRow | None:
    """The grant by which the account may read: keys need READ, members the right to use agents."""
    if actor.account_id is None or not actor.may(ApiScope.READ):
        return None
    if not actor.has_right(Right.USE_AGENTS):
        return None
    grants = await list_usable_grants(actor.account_id, [agent.id])
    return grants[0] if grants else None


async def record_first_use(grant_ids: Sequence[GrantId]) -> None:
    """Records the first use of a purchase, which ends the right of withdrawal.

    Later uses change nothing.
    """
    sql = """
        UPDATE access_grant SET first_used_at = $2 WHERE id IN (
            SELECT id FROM access_grant WHERE id = ANY($1) AND first_used_at IS NULL
            ORDER BY id FOR NO KEY UPDATE)
    """
    await db.execute(sql, list(grant_ids), business_now())
