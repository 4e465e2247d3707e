"""Staff decide about an appeal: another person than who took the decision."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.users import get_user
from chenu.agents.model import AgentId
from chenu.agents.queries import find_agent
from chenu.core import db
from chenu.core.errors import Forbidden, InvalidState, reject_if_any
from chenu.core.i18n import known_locale
from chenu.core.mail import MailKind, queue_mail
from chenu.core.moderation_mail_params import AppealParams
from chenu.core.text import tidy
from chenu.flows.appeals.take_back import take_back
from chenu.flows.creators.review_agent import is_of_reviewer
from chenu.moderation.appeals import AppealRow, close_appeal, get_appeal
from chenu.moderation.decisions import DecisionRow, check_facts, get_decision
from chenu.moderation.model import AppealId, AppealState, DecisionKind


async def decide_appeal(actor: Actor, appeal_id: AppealId, *, overturn: bool, answer: str) -> None:
    """The decision stands, or is taken back: an agent is on sale or in review again.

    Raises Forbidden, also for whoever has a part in the decision, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_facts(answer))

    async def decide() -> None:
        appeal = await get_appeal(appeal_id, lock=True)
        decision = await get_decision(appeal.decision)
        await _require_apart(actor, appeal, decision)
        if not appeal.is_waiting:
            raise InvalidState("This appeal is decided")
        if overturn:
            await take_back(decision)
        state = AppealState.OVERTURNED if overturn else AppealState.UPHELD
        await close_appeal(appeal_id, state, actor.require_user(), answer)
        act = StaffAct.APPEAL_OVERTURN if overturn else StaffAct.APPEAL_UPHOLD
        await record_staff_act(actor, act, appeal_id, answer, decision=str(decision.id))
        await _mail_answer(appeal, decision, tidy(answer), is_overturned=overturn)

    await db.run_in_transaction(decide)


async def _require_apart(actor: Actor, appeal: AppealRow, decision: DecisionRow) -> None:
    """Neither whoever decided, nor whoever is concerned."""
    is_apart = actor.require_user() not in (decision.decided_by, appeal.appellant)
    if is_apart and decision.kind is not DecisionKind.REVIEW_REMOVED:
        agent = await find_agent(AgentId(decision.subject))
        is_apart = agent is None or not await is_of_reviewer(actor, agent)
    if not is_apart:
        raise Forbidden("You have a part in this decision: somebody else decides about the appeal")


async def _mail_answer(
    appeal: AppealRow, decision: DecisionRow, answer: str, *, is_overturned: bool
) -> None:
    appellant = await get_user(appeal.appellant)
    params = AppealParams(
        name=appellant.mail_name,
        subject=decision.subject_name,
        answer=answer,
        is_overturned=is_overturned,
        decision=str(decision.id),
    )
    locale, key = known_locale(appellant.locale), f"appeal:{appeal.id}"
    await queue_mail(MailKind.APPEAL_DECIDED, appellant.email, locale, key, params)
