"""Staff remove a review with a statement of reasons, and may bring it back."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.users import get_user
from chenu.agents.buyer_reviews import ReviewRow
from chenu.agents.model import ReviewId
from chenu.agents.queries import find_agent
from chenu.agents.review_removal import hide_review, lock_review, put_back_review
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.errors import Forbidden, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import known_locale
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import ReviewParams
from chenu.core.text import tidy
from chenu.flows.content_reports.decide import settle_case
from chenu.flows.creators.review_agent import is_of_reviewer
from chenu.moderation.decisions import Statement, check_facts
from chenu.moderation.model import DecisionGround, DecisionKind
from chenu.moderation.report_cases import find_open_case
from chenu.moderation.report_model import CaseState
from chenu.moderation.statements import state_reasons


async def remove_review(
    actor: Actor, review_id: ReviewId, ground: DecisionGround, reason: str
) -> None:
    """Its stars leave the rating, its author has the reasons, and reports of it are decided.

    Raises Forbidden, also for whoever has a part in the agent, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_facts(reason))

    async def remove() -> None:
        review, agent = await _lock(actor, review_id)
        if review.removed_at is not None:
            raise InvalidState("This review is removed already")
        await hide_review(review_id)
        author = await get_user(review.author_id)
        name = agent.text(known_locale(author.locale)).name
        kind = DecisionKind.REVIEW_REMOVED
        statement = Statement(kind, review_id, name, author.id, ground, reason)
        decision = await state_reasons(actor, statement)
        case = await find_open_case(review_id, lock=True)
        if case is not None:
            await settle_case(actor, case, CaseState.ACTED, reason)
        act = StaffAct.REVIEW_REMOVE
        await record_staff_act(actor, act, review_id, reason, decision=str(decision.id))

    await db.run_in_transaction(remove)


async def restore_review(actor: Actor, review_id: ReviewId, reason: str) -> None:
    """As it was; its author is told. Without an appeal: those are decided on their own desk.

    Raises Forbidden, also for whoever has a part in it, NotFound, Invalid, InvalidState.
    """
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_reason(reason))

    async def restore() -> None:
        review, agent = await _lock(actor, review_id)
        if review.removed_at is None:
            raise InvalidState("This review is not removed")
        await put_back_review(review_id)
        await record_staff_act(actor, StaffAct.REVIEW_RESTORE, review_id, reason)
        author = await get_user(review.author_id)
        locale = known_locale(author.locale)
        params = ReviewParams(
            name=author.mail_name,
            agent=agent.text(locale).name,
            slug=agent.slug,
            reason=tidy(reason),
        )
        removed_at = review.removed_at.isoformat()
        key = f"review-restored:{review_id}:{removed_at}"
        await queue_mail(MailKind.REVIEW_RESTORED, author.email, locale, key, params)

    await db.run_in_transaction(restore)


async def _lock(actor: Actor, review_id: ReviewId) -> tuple[ReviewRow, AgentRow]:
    """Four eyes: neither its author nor whoever has a part in the agent decides about it."""
    review = await lock_review(review_id)
    agent = await find_agent(review.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    if review.author_id == actor.require_user() or await is_of_reviewer(actor, agent):
        raise Forbidden("You have a part in this review: another reviewer decides about it")
    return review, agent
