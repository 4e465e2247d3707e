"""Reporting an agent or a review, open to everybody; and the receipt, for who has its address."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import ActorKind
from chenu.accounts.users import list_users
from chenu.agents.buyer_reviews import ReviewRow, get_shown_review
from chenu.agents.model import AgentId, ReviewId
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.text import storable
from chenu.flows.content_reports.send import report_agent, report_review
from chenu.moderation.report_cases import get_case
from chenu.moderation.report_model import ReportGround
from chenu.moderation.reports import SHORTEST, ReportInput, get_report_by_receipt
from storefront import report_words
from storefront.access import PUBLIC
from storefront.forms import REFUSED_TRIES, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.sessions import with_retry
from storefront.routes.store import get_shown_agent

_TYPED = ("ground", "body", "email", "idempotency_key")
_Send = Callable[[ReportInput], Awaitable[str]]


class _Target(msgspec.Struct, frozen=True):
    """What is reported, and where its form is sent. `review` None: the agent itself."""

    path: str
    agent: AgentRow
    review: ReviewRow | None = None
    author: str = ""


@get("/agents/{slug:str}/report", opt=PUBLIC)
async def show_agent_form(pages: NamedDependency[Pages], slug: FromPath[str]) -> Page:
    return _render(pages, await _find_agent(pages, slug))


@post("/agents/{slug:str}/report", opt=PUBLIC)
async def send_agent_report(
    request: HttpRequest, pages: NamedDependency[Pages], slug: FromPath[str]
) -> Page:
    target = await _find_agent(pages, slug)

    async def send(data: ReportInput) -> str:
        return await report_agent(pages.request_context.actor, target.agent.id, data)

    return await _answer(request, pages, target, send)


async def _find_agent(pages: Pages, slug: str) -> _Target:
    agent = await get_shown_agent(pages, slug)
    return _Target(f"/agents/{agent.slug}/report", agent)


@get("/reviews/{review_id:uuid}/report", opt=PUBLIC)
async def show_review_form(pages: NamedDependency[Pages], review_id: FromPath[UUID]) -> Page:
    return _render(pages, await _find_review(pages, ReviewId(review_id)))


@post("/reviews/{review_id:uuid}/report", opt=PUBLIC)
async def send_review_report(
    request: HttpRequest, pages: NamedDependency[Pages], review_id: FromPath[UUID]
) -> Page:
    row_id = ReviewId(review_id)
    target = await _find_review(pages, row_id)

    async def send(data: ReportInput) -> str:
        return await report_review(pages.request_context.actor, row_id, data)

    return await _answer(request, pages, target, send)


async def _find_review(pages: Pages, review_id: ReviewId) -> _Target:
    review = await get_shown_review(review_id)
    found = await find_agent(review.agent_id)
    if found is None:
        raise NotFound("There is no such review")
    agent = await get_shown_agent(pages, found.slug)
    [author] = await list_users([review.author_id])
    return _Target(f"/reviews/{review.id}/report", agent, review, author.display_name)


def _render(pages: Pages, target: _Target, form: FormView | None = None, status: int = 200) -> Page:
    return pages.show(
        "reports/form.html",
        status,
        target=target,
        name=target.agent.text(pages.locale).name,
        grounds=report_words.ground_choices(pages.locale),
        shortest=SHORTEST,
        is_signed_in=pages.request_context.actor.kind is ActorKind.SESSION,
        form=form or FormView("report", {"idempotency_key": new_id().hex}),
    )


async def _answer(request: HttpRequest, pages: Pages, target: _Target, send: _Send) -> Page:
    fields = await read_form(request)
    if fields.text("website"):  # a field that people do not see
        return pages.go(f"/agents/{target.agent.slug}?notice=reported")
    try:
        receipt = await send(_read(fields, pages))
    except REFUSED_TRIES as error:
        form = pages.refused("report", keep(fields, _TYPED), error)
        return with_retry(_render(pages, target, form, pages.status(error)), error)
    return pages.go(f"/reports/{receipt}")


def _read(fields: Fields, pages: Pages) -> ReportInput:
    return ReportInput(
        ground=fields.read_choice("ground", ReportGround),
        body=fields.text("body"),
        email=fields.text("email"),
        key=fields.text("idempotency_key"),
        locale=pages.locale,
    )


@get("/reports/{receipt:str}", opt=PUBLIC)
async def show_receipt(pages: NamedDependency[Pages], receipt: FromPath[str]) -> Page:
    """Without what was written and by whom: its address may be passed on."""
    report = await get_report_by_receipt(storable(receipt))
    case = await get_case(report.case_id)
    agent = await find_agent(AgentId(case.agent))
    if agent is None:
        raise NotFound("There is no such report")
    return pages.show(
        "reports/receipt.html",
        report=report,
        case=case,
        name=agent.text(pages.locale).name,
        slug=agent.slug if agent.is_on_sale else None,
        gets_answer=report.email is not None or report.reporter_id is not None,
        report_words=report_words,
    )
