"""Payouts of affiliates, for finance: the list, and a run that is tried first and then made."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.affiliates.affiliates import list_affiliates_by_id
from chenu.affiliates.payouts import PayoutRow, list_all_payouts
from chenu.affiliates.transfer_words import transfer_failure_text
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of, read_month
from chenu.core.paging import Key
from chenu.flows.affiliates.payout_orders import (
    OrderedPayouts,
    PayoutOrder,
    foresee_payouts,
    order_payouts,
)
from storefront import affiliate_staff_words
from storefront.access import FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PATH = "/staff/affiliates/payouts"
_PAGE_SIZE = 25


@get(_PATH, opt=FINANCE)
async def show_payouts(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """With `month` also whom its run would pay, which changes nothing."""
    typed = read_query(request).text("month").strip()
    if not typed:
        return await _render(request, pages, FormView("payouts"))
    try:
        foreseen = await foresee_payouts(pages.request_context.actor, read_month(typed))
    except REFUSALS as refusal:
        form = pages.refused("payouts", {"month": typed}, refusal)
        return await _render(request, pages, form, status=pages.status(refusal))
    form = FormView("payouts", {"month": typed})
    return await _render(request, pages, form, foreseen)


async def _render(
    request: HttpRequest,
    pages: Pages,
    form: FormView,
    foreseen: OrderedPayouts | None = None,
    status: int = 200,
) -> Page:
    pager = Pager(pages.cursors.of_list("all payouts"), _PATH, _PAGE_SIZE)
    found = await list_all_payouts(pager.read(read_query(request)))
    shown = [*found.rows, *(foreseen.payouts if foreseen else ())]
    affiliates = await list_affiliates_by_id([row.affiliate_id for row in shown])
    page = pages.show(
        "staff/payouts.html",
        status,
        form=form,
        codes={affiliate.id: affiliate.code for affiliate in affiliates},
        foreseen=foreseen,
        payouts=found.rows,
        links=pager.links(found, _key_of),
        words_of=affiliate_staff_words,
        failure_text=transfer_failure_text,
        idempotency_key=str(new_id()),
        present=str(month_of(business_now())),
    )
    reads = [StaffRead("queue", "affiliate payouts")]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


def _key_of(row: PayoutRow) -> Key:
    return (str(row.id), str(row.id))


@post(f"{_PATH}/run", opt=FINANCE)
async def run_payouts(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        order = PayoutOrder(read_month(fields.text("month").strip()), fields.text("reason"))
        await order_payouts(pages.request_context.actor, order, fields.text("idempotency_key"))
    except REFUSALS as refusal:
        form = pages.refused("payouts", keep(fields, ("month", "reason")), refusal)
        return await _render(request, pages, form, status=pages.status(refusal))
    return pages.go(f"{_PATH}?notice=payouts-run")
