"""A creator's work on an agent: draft, edit, new version, price. Drafts are saved at once.

A published agent's words and versions wait in its one pending change; its price changes at once.
"""

from typing import Any

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope
from chenu.agents.creators import get_own_creator
from chenu.agents.drafts import (
    NewAgent,
    insert_agent,
    insert_version,
    put_change,
    require_higher_number,
    to_columns,
    write_columns,
)
from chenu.agents.errors import PayoutsNotReady
from chenu.agents.listing import ListingFields, check_changelog, check_listing
from chenu.agents.manifest import check_manifest
from chenu.agents.model import (
    FREE,
    AgentId,
    AgentKind,
    AgentStatus,
    Price,
    PriceType,
    VersionId,
)
from chenu.agents.pricing import make_price
from chenu.agents.queries import find_agent, find_change, get_own_agent
from chenu.agents.reviews import set_version_status
from chenu.agents.rows import AgentRow
from chenu.core import db, queue
from chenu.core.errors import ChenuError, InvalidState, reject_if_any
from chenu.core.ids import new_id
from chenu.flows.mirrors.agent_price import price_operation
from chenu.ledger.operations import create_operation
from chenu.tiers.catalogue import AgentLevel, Feature
from chenu.tiers.entitlements import require_feature

_EDITABLE = (AgentStatus.DRAFT, AgentStatus.REJECTED)


class PriceInput(msgspec.Struct, frozen=True):
    """`amount` in cents; None or 0 for FREE."""

    type: PriceType
    amount: int | None = None


class AgentInput(msgspec.Struct, frozen=True):
    """Everything a new agent needs; `custom` makes one that is private to the account."""

    fields: ListingFields
    level: AgentLevel
    price: PriceInput
    manifest: Any
    custom: bool = False


async def create_agent(actor: Actor, data: AgentInput) -> AgentId:
    """A draft with version 1.0.0. Raises PlanRequired, InvalidState, Invalid, Rejected."""
    actor.require_user()
    account_id = actor.require_account(ApiScope.AGENTS)
    require_feature(
        actor.entitlements, Feature.CUSTOM_AGENTS if data.custom else Feature.MARKETPLACE
    )
    creator = None if data.custom else await get_own_creator(actor)
    price, manifest = _check_input(data)

    async def write() -> AgentId:
        agent_id = await insert_agent(
            NewAgent(
                kind=AgentKind.CUSTOM if data.custom else AgentKind.MARKETPLACE,
                status=AgentStatus.PUBLISHED if data.custom else AgentStatus.DRAFT,
                creator_id=creator.id if creator else None,
                account_id=account_id,
                fields=data.fields,
                level=data.level,
                price=price,
                manifest=manifest,
            )
        )
        await audit.record(actor, "agent.create", agent_id)
        return agent_id

    return await db.run_in_transaction(write)


def _check_input(data: AgentInput) -> tuple[Price, dict[str, Any]]:
    """The price and the manifest, or every error of the whole request at once."""
    errors = check_listing(data.fields)
    price, manifest = FREE, dict[str, Any]()
    try:
        price = _make_price(data.price, custom=data.custom)
    except ChenuError as error:
        errors += error.each
    try:
        manifest = check_manifest(data.manifest)
    except ChenuError as error:
        errors += error.each
    reject_if_any(errors)
    return price, manifest


def _make_price(data: PriceInput, *, custom: bool) -> Price:
    if custom and data.type is not PriceType.FREE:
        raise InvalidState("A private agent has no price", path=("price", "type"))
    return make_price(data.type, data.amount)


async def update_agent(
    actor: Actor, agent_id: AgentId, fields: ListingFields, price: PriceInput | None
) -> None:
    """Only what is given changes. Raises NotFound, InvalidState, PlanRequired, Invalid."""
    require_maker(actor)
    errors = check_listing(fields)
    new_price: Price | None = None
    try:
        new_price = make_price(price.type, price.amount) if price else None
    except ChenuError as error:
        errors += error.each
    reject_if_any(errors)

    async def write() -> None:
        agent = await get_own_agent(actor, agent_id, lock=True)
        require_editable(actor, agent)
        if not fields.is_empty:
            await _write_fields(agent, fields)
        if new_price is not None and new_price != agent.price:
            await _change_price(agent, new_price)
        await audit.record(actor, "agent.update", agent_id)

    await db.run_in_transaction(write)


def require_maker(actor: Actor) -> None:
    """Raises Unauthenticated, Forbidden for a key without the scope."""
    actor.require_user()
    actor.require_account(ApiScope.AGENTS)


def require_editable(actor: Actor, agent: AgentRow) -> None:
    """Raises PlanRequired, InvalidState."""
    is_custom = agent.kind is AgentKind.CUSTOM
    require_feature(actor.entitlements, Feature.CUSTOM_AGENTS if is_custom else Feature.MARKETPLACE)
    if agent.status is AgentStatus.PENDING_REVIEW:
        raise InvalidState("This agent is being reviewed: please wait for the decision")
    if agent.status in (AgentStatus.ARCHIVED, AgentStatus.SUSPENDED):
        raise InvalidState("This agent is archived or suspended and cannot be changed")


async def _write_fields(agent: AgentRow, fields: ListingFields) -> None:
    await write_or_queue(agent, to_columns(fields))


async def write_or_queue(agent: AgentRow, columns: dict[str, Any]) -> None:
    """Of a draft at once, of a published agent in its waiting change."""
    if agent.status in _EDITABLE or agent.kind is AgentKind.CUSTOM:
        await write_columns(agent.id, columns)
    else:
        await put_change(agent, columns, None)


async def _change_price(agent: AgentRow, price: Price) -> None:
    """At once, also on a published agent; open payment pages of the old price are closed."""
    if agent.kind is AgentKind.CUSTOM:
        raise InvalidState("A private agent has no price", path=("price", "type"))
    is_live = agent.status is AgentStatus.PUBLISHED
    if is_live and price.type is not PriceType.FREE and not agent.payouts_ready:
        raise PayoutsNotReady("Please finish your payout set-up before you sell this agent")
    columns = {
        "price_type": price.type.value,
        "price": price.amount,
        "price_version": agent.price_version + 1,
        "stripe_price_id": None,
    }
    await write_columns(agent.id, columns)
    if is_live:
        await queue.enqueue(queue.Job.CLOSE_CHECKOUTS, str(agent.id))
        await project_price(await _reread(agent.id))


async def project_price(agent: AgentRow) -> None:
    """Have Stripe's product and price made, in the caller's transaction."""
    if agent.price.type is not PriceType.FREE:
        operation = await create_operation(price_operation(agent))
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


async def _reread(agent_id: AgentId) -> AgentRow:
    found = await find_agent(agent_id)
    if found is None:
        raise RuntimeError(f"agent {agent_id} vanished")
    return found


async def create_version(
    actor: Actor, agent_id: AgentId, number: str, changelog: str, manifest: Any
) -> None:
    """A draft's version replaces the one it has; a published agent's waits for a reviewer.

    Raises NotFound, InvalidState, PlanRequired, Invalid, AlreadyExists.
    """
    require_maker(actor)
    reject_if_any(check_changelog(changelog))
    checked = check_manifest(manifest)

    async def write() -> None:
        agent = await get_own_agent(actor, agent_id, lock=True)
        require_editable(actor, agent)
        await require_higher_number(agent_id, number)
        version_id = VersionId(new_id())
        is_draft = agent.status in _EDITABLE or agent.kind is AgentKind.CUSTOM
        status = agent.status if is_draft else AgentStatus.PENDING_REVIEW
        await insert_version(agent_id, version_id, number, changelog, checked, status)
        if is_draft:
            columns = {"current_version": version_id, "permissions": checked["permissions"]}
            await write_columns(agent_id, columns)
        else:
            await _supersede_pending(agent_id)
            await put_change(agent, {"permissions": checked["permissions"]}, version_id)
        await audit.record(actor, "agent.version", agent_id, number=number)

    await db.run_in_transaction(write)


async def _supersede_pending(agent_id: AgentId) -> None:
    """A newer version takes the place of one that still waited."""
    change = await find_change(agent_id, lock=True)
    if change is not None and change.version_id is not None:
        await set_version_status(change.version_id, AgentStatus.ARCHIVED)
