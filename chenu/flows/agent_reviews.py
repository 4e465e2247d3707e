"""Reviews of agents: by accounts that bought them, one each, and the creator's reply."""

from datetime import timedelta

from chenu.accounts import attempts, audit
from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.accounts.attempts import Limit
from chenu.accounts.users import get_user
from chenu.accounts.validation import check_text
from chenu.agents.buyer_reviews import (
    ReviewRow,
    find_review_of,
    get_review_of,
    get_shown_review,
    insert_review,
    replace_review,
    write_reply,
)
from chenu.agents.model import AgentId, AgentKind, ReviewId
from chenu.agents.queries import get_visible_agent, is_own, lock_agent
from chenu.agents.ratings import STARS, has_bought
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    reject_if_any,
)
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.report_mail_params import ReviewWrittenParams
from chenu.core.text import tidy

MAX_REVIEW = 2000


PER_ACCOUNT = Limit("review_account", 10, timedelta(hours=24))
"""Reviews that an account writes or writes anew, of all agents together (A18)."""


async def create_review(actor: Actor, agent_id: AgentId, rating: int, body: str) -> ReviewRow:
    """In place of the account's earlier review; its reply stays.

    Raises NotFound, Invalid, Forbidden, RateLimited, InvalidState (not bought, returned, removed by
    staff).
    """
    account_id = actor.require_spender(ApiScope.MARKETPLACE)
    user_id = actor.require_user()
    agent = await get_visible_agent(actor, agent_id)
    reject_if_any(_check_review(rating, body))
    review = ReviewRow(
        id=ReviewId(new_id()),
        agent_id=agent_id,
        account_id=account_id,
        author_id=user_id,
        rating=rating,
        body=tidy(body),
        is_bought=True,
        removed_at=None,
        reply=None,
        replied_at=None,
        created_at=business_now(),
    )

    async def write() -> None:
        # What was bought is locked before the agent, as where a purchase is settled.
        is_bought = await has_bought(agent_id, account_id, lock=True)
        await lock_agent(agent_id)
        refusal = _find_refusal(actor, account_id, agent, is_bought=is_bought)
        if refusal is not None:
            raise refusal
        await attempts.count_attempt(PER_ACCOUNT, str(account_id))
        await _write_review(review, agent)
        await audit.record(actor, "review.create", agent_id, rating=rating)

    await db.run_in_transaction(write)
    return await get_review_of(account_id, agent_id)


async def _write_review(review: ReviewRow, agent: AgentRow) -> None:
    earlier = await find_review_of(review.account_id, review.agent_id)
    if earlier is not None and earlier.removed_at is not None:
        raise InvalidState("We removed your review of this agent. You may appeal, and write after")
    if earlier is None:
        await insert_review(review)
        await _tell_creator(review, agent)
    else:
        await replace_review(earlier, review)


async def _tell_creator(review: ReviewRow, agent: AgentRow) -> None:
    """Once a day for each agent, of the first; one that is written anew is not told."""
    if agent.creator_owner is None:
        return
    owner = await get_user(agent.creator_owner)
    params = ReviewWrittenParams(
        name=owner.mail_name,
        agent=agent.text(owner.locale).name,
        slug=agent.slug,
        rating=review.rating,
    )
    key = f"review:{agent.id}:{review.created_at.date().isoformat()}"
    await queue_mail(MailKind.REVIEW_WRITTEN, owner.email, owner.locale, key, params)


def _check_review(rating: int, body: str) -> list[ChenuError]:
    errors = check_text(body, path=("body",), longest=MAX_REVIEW)
    if not 1 <= rating <= STARS:
        errors.append(Invalid("Please choose 1 to {count} stars", path=("rating",), count=STARS))
    return errors


async def may_review(actor: Actor, agent: AgentRow) -> bool:
    """Whether the page offers the form; writing asks again, in its transaction."""
    try:
        account_id = actor.require_spender(ApiScope.MARKETPLACE)
    except ChenuError:
        return False
    earlier = await find_review_of(account_id, agent.id)
    if earlier is not None and earlier.removed_at is not None:
        return False
    is_bought = await has_bought(agent.id, account_id)
    return _find_refusal(actor, account_id, agent, is_bought=is_bought) is None


def _find_refusal(
    actor: Actor, account_id: AccountId, agent: AgentRow, *, is_bought: bool
) -> ChenuError | None:
    if agent.kind is not AgentKind.MARKETPLACE:
        return InvalidState("Only agents that are sold have reviews")
    if is_own(actor, agent) or agent.creator_account == account_id:
        return Forbidden("You made this agent: its buyers review it")
    if not is_bought:
        message = mark("Reviews are by those who bought: buy this agent first, or add it for free")
        return InvalidState(message, path=("agent_id",))
    return None


async def reply_to_review(actor: Actor, review_id: ReviewId, body: str) -> ReviewRow:
    """By the agent's creator, in place of an earlier reply.

    Raises NotFound, Forbidden for somebody else's agent, Invalid.
    """
    actor.require_account(ApiScope.AGENTS)
    review = await get_shown_review(review_id)
    try:
        agent = await get_visible_agent(actor, review.agent_id)
    except NotFound:
        raise NotFound("There is no such review", path=("review_id",)) from None
    if not is_own(actor, agent):
        raise Forbidden("Only the agent's creator replies to its reviews")
    reject_if_any(check_text(body, path=("body",), longest=MAX_REVIEW))

    async def write() -> None:
        await write_reply(review_id, tidy(body))
        await audit.record(actor, "review.reply", review_id)

    await db.run_in_transaction(write)
    return await get_shown_review(review_id)
