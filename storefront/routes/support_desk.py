"""The support desk: what waits for an answer, by when it is due, answered by mail and closed."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.users import get_user
from chenu.core.paging import Key
from chenu.support.requests import (
    RequestId,
    RequestRow,
    answer_request,
    close_request,
    get_request,
    list_queue,
)
from storefront.access import SUPPORT
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.support import answers_by_request

_PAGE_SIZE = 25


@get("/staff/support", opt=SUPPORT)
async def show_queue(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    cursors = pages.cursors.of_list("support queue")
    pager = Pager(cursors, "/staff/support", _PAGE_SIZE)
    queue = await list_queue(pager.read(read_query(request)))
    page = pages.show("staff/support.html", queue=queue.rows, links=pager.links(queue, _key))
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "support_queue")])
    return page


def _key(request: RequestRow) -> Key:
    return (request.due_at.isoformat(), str(request.id))


@get("/staff/support/{request_id:uuid}", opt=SUPPORT)
async def show_request(pages: NamedDependency[Pages], request_id: FromPath[UUID]) -> Page:
    return await _render(pages, RequestId(request_id), FormView("answer"))


async def _render(pages: Pages, request_id: RequestId, form: FormView, status: int = 200) -> Page:
    found = await get_request(request_id)
    page = pages.show(
        "staff/support_request.html",
        status,
        request=found,
        requester=await get_user(found.requester_id),
        answers=(await answers_by_request([found.id])).get(found.id, []),
        form=form,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("support", found.id)])
    return page


@post("/staff/support/{request_id:uuid}/answer", opt=SUPPORT)
async def answer(
    request: HttpRequest, pages: NamedDependency[Pages], request_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), RequestId(request_id)
    await get_request(row_id)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await answer_request(actor, row_id, fields.text("answer"), reason)
    except REFUSALS as error:
        form = pages.refused("answer", keep(fields, ("answer", "reason")), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/support/{row_id}?notice=support-answered")


@post("/staff/support/{request_id:uuid}/close", opt=SUPPORT)
async def close(
    request: HttpRequest, pages: NamedDependency[Pages], request_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), RequestId(request_id)
    await get_request(row_id)
    try:
        await close_request(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("close", keep(fields, ("reason",)), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go("/staff/support?notice=support-closed")
