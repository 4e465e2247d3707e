"""What people report: one line for each agent or review, and the decision about it."""

from collections.abc import Sequence
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.users import list_users
from chenu.agents.buyer_reviews import ReviewRow
from chenu.agents.model import AgentId, ReviewId
from chenu.agents.queries import list_agents_by_id
from chenu.agents.review_removal import get_review
from chenu.core.errors import ChenuError, NotFound
from chenu.core.paging import Key
from chenu.flows.content_reports.decide import decide_case
from chenu.flows.content_reports.removals import remove_review, restore_review
from chenu.moderation.model import DecisionGround
from chenu.moderation.report_cases import CaseRow, GroundCount, count_grounds, get_case, list_cases
from chenu.moderation.report_model import CaseId, CaseState, ReportedKind
from chenu.moderation.reports import ReportRow, list_reports
from storefront import moderation_words, report_words
from storefront.access import REVIEWER
from storefront.forms import (
    REFUSALS,
    Fields,
    FormView,
    HttpRequest,
    forms_of_page,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PAGE_SIZE = 25
_PATH = "/staff/reports"
_FORMS = ("decide", "remove", "restore")


@get(_PATH, opt=REVIEWER)
async def show_reports(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    pager = Pager(pages.cursors.of_list("reports"), _PATH, _PAGE_SIZE)
    found = await list_cases(pager.read(read_query(request)))
    page = pages.show(
        "staff/reports.html",
        cases=found.rows,
        counts=await _count(found.rows),
        names=await _name_agents(pages, found.rows),
        links=pager.links(found, _key_of_case),
        report_words=report_words,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "reports")])
    return page


async def _count(cases: Sequence[CaseRow]) -> dict[CaseId, list[GroundCount]]:
    counts: dict[CaseId, list[GroundCount]] = {case.id: [] for case in cases}
    for count in await count_grounds(list(counts)):
        counts[count.case_id].append(count)
    return counts


async def _name_agents(pages: Pages, cases: Sequence[CaseRow]) -> dict[UUID, str]:
    agents = await list_agents_by_id([AgentId(case.agent) for case in cases])
    return {agent.id: agent.text(pages.locale).name for agent in agents}


def _key_of_case(case: CaseRow) -> Key:
    return (case.place, str(case.id))


@get("/staff/reports/{case_id:uuid}", opt=REVIEWER)
async def show_case(
    request: HttpRequest, pages: NamedDependency[Pages], case_id: FromPath[UUID]
) -> Page:
    return await _render(pages, CaseId(case_id), read_query(request), FormView("decide"))


async def _render(
    pages: Pages, case_id: CaseId, query: Fields, form: FormView, status: int = 200
) -> Page:
    case = await get_case(case_id)
    pager = Pager(pages.cursors.of_list("reports", case.id), f"{_PATH}/{case.id}", _PAGE_SIZE)
    found = await list_reports(case.id, pager.read(query))
    [agent] = await list_agents_by_id([AgentId(case.agent)])
    page = pages.show(
        "staff/report.html",
        status,
        case=case,
        grounds=moderation_words.ground_choices(pages.locale),
        **await _show_review(case),
        agent=agent,
        name=agent.text(pages.locale).name,
        counts=(await _count([case]))[case.id],
        reports=found.rows,
        links=pager.links(found, _key_of_report),
        report_words=report_words,
        form=form,
        forms=forms_of_page(form, _FORMS),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("report", case.id)])
    return page


async def _show_review(case: CaseRow) -> dict[str, ReviewRow | str | None]:
    """What is reported, as it is now, and who wrote it; nothing of an agent, which has a page."""
    if case.kind is not ReportedKind.REVIEW:
        return {"review": None}
    review = await get_review(ReviewId(case.subject))
    [author] = await list_users([review.author_id])
    return {"review": review, "author": author.display_name}


def _key_of_report(report: ReportRow) -> Key:
    return (str(report.id), str(report.id))


@post("/staff/reports/{case_id:uuid}/decide", opt=REVIEWER)
async def decide(
    request: HttpRequest, pages: NamedDependency[Pages], case_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), CaseId(case_id)
    await get_case(row_id)
    try:
        outcome = fields.read_choice("outcome", CaseState)
        await decide_case(pages.request_context.actor, row_id, outcome, fields.text("reason"))
    except REFUSALS as error:
        return await _refuse(pages, row_id, "decide", fields, error)
    return pages.go(f"{_PATH}?notice=reports-decided")


@post("/staff/reports/{case_id:uuid}/remove", opt=REVIEWER)
async def remove(
    request: HttpRequest, pages: NamedDependency[Pages], case_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), CaseId(case_id)
    review_id = await _get_review_id(row_id)
    try:
        ground = fields.read_choice("ground", DecisionGround)
        await remove_review(pages.request_context.actor, review_id, ground, fields.text("reason"))
    except REFUSALS as error:
        return await _refuse(pages, row_id, "remove", fields, error)
    return pages.go(f"{_PATH}/{row_id}?notice=review-removed")


@post("/staff/reports/{case_id:uuid}/restore", opt=REVIEWER)
async def restore(
    request: HttpRequest, pages: NamedDependency[Pages], case_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), CaseId(case_id)
    review_id = await _get_review_id(row_id)
    try:
        await restore_review(pages.request_context.actor, review_id, fields.text("reason"))
    except REFUSALS as error:
        return await _refuse(pages, row_id, "restore", fields, error)
    return pages.go(f"{_PATH}/{row_id}?notice=review-restored")


async def _refuse(
    pages: Pages, case_id: CaseId, name: str, fields: Fields, error: ChenuError
) -> Page:
    """The page again, with what was typed into this form."""
    form = pages.refused(name, keep(fields, ("outcome", "ground", "reason")), error)
    return await _render(pages, case_id, Fields({}), form, pages.status(error))


async def _get_review_id(case_id: CaseId) -> ReviewId:
    case = await get_case(case_id)
    if case.kind is not ReportedKind.REVIEW:
        raise NotFound("There is no such review")
    return ReviewId(case.subject)
