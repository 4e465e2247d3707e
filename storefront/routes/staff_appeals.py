"""The queue of appeals: each is decided by another person than who took the decision."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.errors import Invalid
from chenu.core.paging import Key
from chenu.flows.appeals.decide import decide_appeal
from chenu.moderation.appeals import WaitingAppeal, get_appeal, list_waiting_appeals
from chenu.moderation.model import AppealId
from storefront.access import REVIEWER
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PATH = "/staff/appeals"
_PAGE_SIZE = 25


@get(_PATH, opt=REVIEWER)
async def show_appeals(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await _render(request, pages, FormView("appeal"))


async def _render(request: HttpRequest, pages: Pages, form: FormView, status: int = 200) -> Page:
    pager = Pager(pages.cursors.of_list("appeals"), _PATH, _PAGE_SIZE)
    waiting = await list_waiting_appeals(pager.read(read_query(request)))
    links = pager.links(waiting, _key)
    page = pages.show("staff/appeals.html", status, waiting=waiting.rows, links=links, form=form)
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "appeals")])
    return page


def _key(appeal: WaitingAppeal) -> Key:
    return (str(appeal.id), str(appeal.id))


@post(f"{_PATH}/{{appeal_id:uuid}}/decide", opt=REVIEWER)
async def decide(
    request: HttpRequest, pages: NamedDependency[Pages], appeal_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AppealId(appeal_id)
    await get_appeal(row_id)
    try:
        overturn, actor = _read_decision(fields), pages.request_context.actor
        await decide_appeal(actor, row_id, overturn=overturn, answer=fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"appeal-{row_id}", keep(fields, ("reason",)), error)
        return await _render(request, pages, form, pages.status(error))
    return pages.go(f"{_PATH}?notice=appeal-decided")


def _read_decision(fields: Fields) -> bool:
    decision = fields.text("decision")
    if decision not in ("uphold", "overturn"):
        raise Invalid("The decision is uphold or overturn", path=("decision",))
    return decision == "overturn"
