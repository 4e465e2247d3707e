"""The support desk's page of disputes, and of early fraud warnings that wait for a decision."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.billing.dispute_words import reason_text
from chenu.billing.disputes import list_disputes
from chenu.billing.fraud_warnings import list_open_warnings
from chenu.flows.disputes.warnings import decide_warning
from storefront.access import SUPPORT
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages


@get("/staff/disputes", opt=SUPPORT)
async def show_disputes(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, {})


async def _render(pages: Pages, refused: dict[UUID, FormView], status: int = 200) -> Page:
    """`refused`: the form that was sent and refused, by its warning."""
    disputes = await list_disputes()
    warnings = await list_open_warnings()
    page = pages.show(
        "staff/disputes.html",
        status,
        disputes=disputes,
        reasons={each.id: reason_text(each.reason) for each in disputes},
        warnings=warnings,
        forms={
            each.id: refused.get(each.id) or FormView(f"warning-{each.id}") for each in warnings
        },
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "disputes")])
    return page


@post("/staff/warnings/{warning_id:uuid}", opt=SUPPORT)
async def decide(
    request: HttpRequest, pages: NamedDependency[Pages], warning_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    try:
        await decide_warning(pages.request_context.actor, warning_id, fields.text("decision"))
    except REFUSALS as error:
        form = pages.refused("warning", keep(fields, ("decision",)), error)
        return await _render(pages, {warning_id: form}, pages.status(error))
    return pages.go("/staff/disputes?notice=warning")
