"""Staff take an agent off sale with reasons, and put it back. Buyers keep what they bought.

Monthly subscriptions of buyers end with their period: flows/agent_subscriptions/stops.py.
"""

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.users import get_user
from chenu.agents.drafts import write_columns
from chenu.agents.model import AgentId, AgentKind, AgentStatus
from chenu.agents.rows import AgentRow
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy
from chenu.flows.creators.review_agent import lock_for_reviewer
from chenu.moderation.decisions import Statement, check_facts
from chenu.moderation.model import DecisionGround, DecisionKind
from chenu.moderation.statements import state_reasons


async def suspend_agent(
    actor: Actor, agent_id: AgentId, ground: DecisionGround, reason: str
) -> None:
    """Off sale until somebody puts it back; the creator gets the statement of reasons.

    Raises Forbidden, also about an agent of the reviewer's own, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_facts(reason))

    async def suspend() -> None:
        agent, owner = await _lock(actor, agent_id)
        if agent.status is not AgentStatus.PUBLISHED:
            raise InvalidState("Only an agent that is on sale can be suspended")
        await _set_status(agent, AgentStatus.SUSPENDED)
        await queue.enqueue(queue.Job.CLOSE_CHECKOUTS, str(agent_id))
        kind = DecisionKind.AGENT_SUSPENDED
        statement = Statement(kind, agent_id, agent.name, owner, ground, reason)
        decision = await state_reasons(actor, statement)
        act = StaffAct.AGENT_SUSPEND
        await record_staff_act(actor, act, agent_id, reason, decision=str(decision.id))

    await db.run_in_transaction(suspend)


async def reinstate_agent(actor: Actor, agent_id: AgentId, reason: str) -> None:
    """On sale again, as it was. Subscriptions that were to end can be taken up again until then.

    Raises Forbidden, also about an agent of the reviewer's own, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_facts(reason))

    async def reinstate() -> None:
        agent, owner = await _lock(actor, agent_id)
        if agent.status is not AgentStatus.SUSPENDED:
            raise InvalidState("This agent is not suspended")
        await put_back_on_sale(agent)
        await record_staff_act(actor, StaffAct.AGENT_REINSTATE, agent_id, reason)
        await _mail_reinstatement(agent, owner, tidy(reason))

    await db.run_in_transaction(reinstate)


async def put_back_on_sale(agent: AgentRow) -> None:
    """In the caller's transaction, which holds the agent's lock."""
    await _set_status(agent, AgentStatus.PUBLISHED)


async def _lock(actor: Actor, agent_id: AgentId) -> tuple[AgentRow, UserId]:
    """With its creator's owner. Raises as its callers do."""
    agent = await lock_for_reviewer(actor, agent_id)
    if agent.kind is not AgentKind.MARKETPLACE or agent.creator_owner is None:
        raise InvalidState("Only agents that creators sell can be suspended")
    return agent, agent.creator_owner


async def _set_status(agent: AgentRow, status: AgentStatus) -> None:
    await write_columns(agent.id, {"status": status.value})
    await queue.enqueue(queue.Job.SYNC_AGENT, str(agent.id))  # Stripe's product


async def _mail_reinstatement(agent: AgentRow, owner_id: UserId, reason: str) -> None:
    owner = await get_user(owner_id)
    params = {"name": owner.mail_name, "agent": agent.name, "slug": agent.slug, "reason": reason}
    key = f"reinstated:{agent.id}:{business_now().isoformat()}"
    await queue_mail(MailKind.AGENT_REINSTATED, owner.email, owner.locale, key, params)
