"""Submission, the reviewer's decision, and archiving."""

from datetime import datetime

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope, Staff
from chenu.accounts.queries import is_member
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.users import get_user
from chenu.accounts.validation import check_text
from chenu.agents.drafts import write_columns
from chenu.agents.errors import PayoutsNotReady
from chenu.agents.model import AgentId, AgentKind, AgentStatus, PriceType
from chenu.agents.queries import (
    find_agent,
    find_change,
    get_own_agent,
    is_own,
    lock_agent,
)
from chenu.agents.reviews import delete_change, reject_change, set_version_status
from chenu.agents.rows import AgentRow, ChangeRow
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    reject_if_any,
)
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy, visible_part
from chenu.flows.creators.begin_agent import require_complete
from chenu.flows.creators.edit_agent import project_price
from chenu.moderation.decisions import Statement
from chenu.moderation.model import DecisionGround, DecisionKind
from chenu.moderation.statements import state_reasons
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

MAX_REASON = 2000


async def submit_agent(actor: Actor, agent_id: AgentId) -> None:
    """A draft joins the review queue; again, or for a change that waits already, changes nothing.

    Raises NotFound, PlanRequired, InvalidState, PayoutsNotReady.
    """
    actor.require_user()
    actor.require_account(ApiScope.AGENTS)

    async def submit() -> None:
        agent = await get_own_agent(actor, agent_id, lock=True)
        refusal = find_submit_refusal(actor, agent)
        if refusal is not None:
            raise refusal
        if agent.status in (AgentStatus.DRAFT, AgentStatus.REJECTED):
            await queue_for_review(agent)
            await audit.record(actor, "agent.submit", agent_id)
        elif agent.status is AgentStatus.PUBLISHED:
            await _require_waiting_change(agent)
        elif agent.status is not AgentStatus.PENDING_REVIEW:
            raise InvalidState("This agent is archived or suspended and cannot be changed")

    await db.run_in_transaction(submit)


def find_submit_refusal(actor: Actor, agent: AgentRow) -> ChenuError | None:
    """What the creator has to do before a reviewer reads this; None when nothing is missing."""
    try:
        require_feature(actor.entitlements, Feature.MARKETPLACE)
        actor.require_verified()
        _require_sellable(agent)
        require_complete(agent)
    except ChenuError as refusal:
        return refusal
    return None


def _require_sellable(agent: AgentRow) -> None:
    if agent.kind is not AgentKind.MARKETPLACE:
        raise InvalidState("A private agent is not sold and needs no review")
    if agent.price.type is not PriceType.FREE and not agent.payouts_ready:
        raise PayoutsNotReady("Please finish your payout set-up before you sell this agent")


async def queue_for_review(agent: AgentRow) -> None:
    """In the caller's transaction, which holds the agent's lock."""
    columns = {
        "status": AgentStatus.PENDING_REVIEW.value,
        "submitted_at": business_now(),
        "rejection_reason": None,
    }
    await write_columns(agent.id, columns)
    await set_version_status(agent.current_version, AgentStatus.PENDING_REVIEW)


async def _require_waiting_change(agent: AgentRow) -> None:
    """Edits of a published agent wait for a reviewer from the moment they are saved."""
    change = await find_change(agent.id, lock=True)
    if change is None:
        raise InvalidState("There is nothing to review: this agent is published as it is")
    if change.status is AgentStatus.REJECTED:
        raise InvalidState("This change was rejected: please edit it before you submit it again")


async def decide_review(
    actor: Actor,
    agent_id: AgentId,
    *,
    approve: bool,
    reason: str | None,
    seen_at: datetime | None = None,
    ground: DecisionGround = DecisionGround.OTHER,
) -> None:
    """Publish, adopt the pending change, or reject with a reason and the ground that it rests on.

    `seen_at` is the submission that the reviewer read: a later edit makes it InvalidState. Without
    it what is newest is decided, and the audit trail says that nothing was named. Raises Forbidden,
    also about an agent of the reviewer's own, NotFound, InvalidState, Invalid, PayoutsNotReady.
    """
    actor.require_staff(Staff.REVIEWER)
    text = _check_reason(approve, reason)

    async def decide() -> None:
        agent = await lock_for_reviewer(actor, agent_id)
        change = await find_change(agent_id, lock=True)
        is_change = change is not None and change.status is AgentStatus.PENDING_REVIEW
        if agent.status is AgentStatus.PENDING_REVIEW:
            _require_same(seen_at, agent.submitted_at)
            await _decide_new(agent, approve, text)
        elif change is not None and is_change and agent.status is AgentStatus.PUBLISHED:
            _require_same(seen_at, change.submitted_at)
            await _decide_change(agent, change, approve, text)
        else:
            raise InvalidState("This agent is not waiting for a review")
        act = StaffAct.AGENT_APPROVE if approve else StaffAct.AGENT_REJECT
        seen = "nothing named" if seen_at is None else seen_at.isoformat()
        await record_staff_act(actor, act, agent_id, text, seen_at=seen)
        if approve:
            await _mail_approval(agent, text)
        else:
            await _state_rejection(actor, agent, ground, text)

    await db.run_in_transaction(decide)


async def lock_for_reviewer(actor: Actor, agent_id: AgentId) -> AgentRow:
    """Until the transaction ends. Raises NotFound, Forbidden about what the reviewer would sell."""
    await lock_agent(agent_id)
    agent = await find_agent(agent_id)
    if agent is None:
        raise NotFound("There is no such agent", path=("agent_id",))
    if await is_of_reviewer(actor, agent):
        raise Forbidden("You have a part in this agent: another reviewer decides about it")
    return agent


async def is_of_reviewer(actor: Actor, agent: AgentRow) -> bool:
    """Four eyes: nobody decides about what they, or an account that they are in, would sell."""
    if is_own(actor, agent):
        return True
    account_id = agent.account_id or agent.creator_account
    return account_id is not None and await is_member(account_id, actor.require_user())


def _check_reason(approve: bool, reason: str | None) -> str:
    """A program may approve without a word, a form does not."""
    text = tidy(reason or "")
    if not approve and not visible_part(text):
        raise Invalid("Please say why, so that the creator can mend it", path=("reason",))
    is_needed = reason is not None
    reject_if_any(check_text(text, path=("reason",), longest=MAX_REASON, is_needed=is_needed))
    return text


def _require_same(seen_at: datetime | None, submitted_at: datetime | None) -> None:
    if seen_at is not None and seen_at != submitted_at:
        raise InvalidState("The creator has changed this since you opened it: please read it again")


async def _decide_new(agent: AgentRow, approve: bool, reason: str) -> None:
    status = AgentStatus.PUBLISHED if approve else AgentStatus.REJECTED
    await set_version_status(agent.current_version, status)
    if not approve:
        await write_columns(agent.id, {"status": status.value, "rejection_reason": reason})
        return
    _require_sellable(agent)
    await write_columns(agent.id, {"status": status.value, "published_at": business_now()})
    await project_price(agent)


async def _decide_change(agent: AgentRow, change: ChangeRow, approve: bool, reason: str) -> None:
    status = AgentStatus.PUBLISHED if approve else AgentStatus.REJECTED
    if change.version_id is not None:
        await set_version_status(change.version_id, status)
    if not approve:
        await reject_change(change.id, reason)
        return
    columns = dict(change.fields)
    if change.version_id is not None:
        columns["current_version"] = change.version_id
    await write_columns(agent.id, columns)
    await delete_change(agent.id)
    if "name" in columns:
        await queue.enqueue(queue.Job.SYNC_AGENT, str(agent.id))  # Stripe's product


async def _mail_approval(agent: AgentRow, reason: str) -> None:
    if agent.creator_owner is None:
        return
    owner = await get_user(agent.creator_owner)
    params = {"name": owner.display_name, "agent": agent.name, "slug": agent.slug, "reason": reason}
    key = f"review:{agent.id}:{business_now().isoformat()}"
    await queue_mail(MailKind.AGENT_APPROVED, owner.email, owner.locale, key, params)


async def _state_rejection(
    actor: Actor, agent: AgentRow, ground: DecisionGround, facts: str
) -> None:
    if agent.creator_owner is not None:
        kind = DecisionKind.AGENT_REJECTED
        recipient = agent.creator_owner
        statement = Statement(kind, agent.id, agent.name, recipient, ground, facts)
        await state_reasons(actor, statement)


async def archive_agent(actor: Actor, agent_id: AgentId) -> None:
    """Off sale for good; buyers keep what they bought. Again changes nothing.

    Raises NotFound, InvalidState for a suspended one.
    """
    actor.require_user()
    actor.require_account(ApiScope.AGENTS)

    async def archive() -> None:
        agent = await get_own_agent(actor, agent_id, lock=True)
        if agent.status is AgentStatus.ARCHIVED:
            return
        if agent.status is AgentStatus.SUSPENDED:
            raise InvalidState("This agent is archived or suspended and cannot be changed")
        await write_columns(agent_id, {"status": AgentStatus.ARCHIVED.value})
        await delete_change(agent_id)
        await queue.enqueue(queue.Job.CLOSE_CHECKOUTS, str(agent_id))
        await queue.enqueue(queue.Job.SYNC_AGENT, str(agent_id))  # Stripe's product
        await audit.record(actor, "agent.archive", agent_id)

    await db.run_in_transaction(archive)
