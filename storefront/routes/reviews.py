"""All reviews of an agent, with the buyer's form and the creator's replies."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import Actor
from chenu.accounts.roles import Right
from chenu.agents.buyer_reviews import ReviewRow, find_review_of, get_shown_review
from chenu.agents.model import ReviewId
from chenu.agents.queries import get_own_agent, is_own
from chenu.agents.ratings import STARS
from chenu.agents.rows import AgentRow
from chenu.core.paging import Key
from chenu.flows.agent_reviews import create_review, may_review, reply_to_review
from chenu.moderation.decisions import DecisionRow, find_latest_decision
from chenu.moderation.model import DecisionKind
from storefront.access import PUBLIC, for_right
from storefront.agent_parts import REVIEWS
from storefront.forms import (
    REFUSALS,
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.review_view import show_reviews
from storefront.routes.store import get_shown_agent, head_of

PAGE_SIZE = 20


@get("/agents/{slug:str}/reviews", opt=PUBLIC)
async def show_all(
    request: HttpRequest, pages: NamedDependency[Pages], slug: FromPath[str]
) -> Page:
    agent = await get_shown_agent(pages, slug)
    return await _render(pages, agent, read_query(request))


async def _render(
    pages: Pages,
    agent: AgentRow,
    query: Fields,
    form: FormView | None = None,
    replied: FormView | None = None,
    status: int = 200,
) -> Page:
    actor = pages.request_context.actor
    cursors = pages.cursors.of_list("reviews", agent.id)
    pager = Pager(cursors, f"/agents/{agent.slug}/reviews", PAGE_SIZE)
    reviews = await show_reviews(agent, pager.read(query))
    return pages.show(
        "agents/reviews.html",
        status,
        reviews=reviews,
        links=pager.links(reviews.page, _key),
        may_review=form is not None or await may_review(actor, agent),
        is_maker=is_own(actor, agent),
        removal=await _find_removal(actor, agent),
        reply_forms={row.id: _reply_form(row, replied) for row in reviews.page.rows},
        **await head_of(pages, agent, REVIEWS, form or await _fill_in(actor, agent)),
    )


async def _fill_in(actor: Actor, agent: AgentRow) -> FormView:
    """With the account's earlier review, which a new one replaces."""
    own = await find_review_of(actor.account_id, agent.id) if actor.account_id else None
    values = {} if own is None else {"rating": str(own.rating), "body": own.body}
    return FormView("review", values)


async def _find_removal(actor: Actor, agent: AgentRow) -> DecisionRow | None:
    """Why the visitor's own review is removed, for who wrote it."""
    own = await find_review_of(actor.account_id, agent.id) if actor.account_id else None
    if own is None or own.removed_at is None or own.author_id != actor.user_id:
        return None
    return await find_latest_decision(DecisionKind.REVIEW_REMOVED, own.id)


def _reply_form(review: ReviewRow, replied: FormView | None) -> FormView:
    """The form that was sent and refused, where it belongs."""
    name = f"reply-{review.id}"
    return replied if replied is not None and replied.name == name else FormView(name)


def _key(review: ReviewRow) -> Key:
    return (str(review.id), str(review.id))


@post("/agents/{slug:str}/reviews", opt=for_right(Right.BUY_AGENTS))
async def send_review(
    request: HttpRequest, pages: NamedDependency[Pages], slug: FromPath[str]
) -> Page:
    agent = await get_shown_agent(pages, slug)
    fields = await read_form(request)
    try:
        rating = _read_rating(fields)
        await create_review(pages.request_context.actor, agent.id, rating, fields.text("body"))
    except REFUSED_TRIES as error:
        form = pages.refused("review", keep(fields, ("rating", "body")), error)
        return await _render(pages, agent, Fields({}), form, status=pages.status(error))
    return pages.go(f"/agents/{agent.slug}/reviews?notice=reviewed")


def _read_rating(fields: Fields) -> int:
    """0, which is refused with what is allowed, for what is no single digit."""
    typed = fields.text("rating")
    return int(typed) if typed in {str(each) for each in range(1, STARS + 1)} else 0


@post("/creator/reviews/{review_id:uuid}", opt=for_right(Right.MAKE_AGENTS))
async def send_reply(
    request: HttpRequest, pages: NamedDependency[Pages], review_id: FromPath[UUID]
) -> Page:
    actor = pages.request_context.actor
    fields = await read_form(request)
    review = await get_shown_review(ReviewId(review_id))
    agent = await get_own_agent(actor, review.agent_id)
    try:
        await reply_to_review(actor, review.id, fields.text("body"))
    except REFUSALS as error:
        form = pages.refused(f"reply-{review.id}", keep(fields, ("body",)), error)
        status = pages.status(error)
        return await _render(pages, agent, Fields({}), replied=form, status=status)
    return pages.go(f"/agents/{agent.slug}/reviews?notice=replied")
