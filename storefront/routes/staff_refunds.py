"""Money that goes back: an account's invoices for the support desk, refunds, and second persons."""

import asyncio
from collections import defaultdict
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.queries import find_account
from chenu.agents.refund_requests import SaleRequestRow, list_waiting_sale_requests
from chenu.agents.refunds import list_failed_refunds
from chenu.billing.invoices import (
    InvoiceId,
    InvoiceRow,
    get_invoice,
    list_invoice_payments,
    list_invoices,
    list_invoices_by_id,
)
from chenu.billing.refund_requests import (
    RefundRequestId,
    RefundRequestRow,
    get_refund_request,
    list_refund_requests,
    list_waiting_requests,
)
from chenu.billing.refunds import (
    InvoiceRefundRow,
    list_credit_notes,
    list_refunds,
    list_refunds_of_invoices,
)
from chenu.core.errors import BrokenRequest, NotFound
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.paging import Key
from chenu.flows.packs.refunds import find_pack_offer
from chenu.flows.second_person import SECOND_PERSON_ABOVE, expires_at
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import (
    RefundInput,
    decide_refund,
    request_refund,
)
from chenu.flows.subscriptions.refunds import list_refundable
from storefront.access import SUPPORT
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.money_input import parse_euros
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.refund_decisions import name_people, read_decision

_PAGE_SIZE = 25
_REFUSED = (*REFUSALS, BrokenRequest)


@get("/staff/refunds", opt=SUPPORT)
async def show_refunds(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """What waits for a second person, what banks sent back, and what was returned."""
    query = read_query(request)
    pager = Pager(pages.cursors.of_list("refunds"), "/staff/refunds", _PAGE_SIZE)
    made_cursors = pages.cursors.of_list("made refunds")
    made_pager = Pager(made_cursors, "/staff/refunds", _PAGE_SIZE, "made_", "#made")
    sale_cursors = pages.cursors.of_list("refunds of sales")
    sale_pager = Pager(sale_cursors, "/staff/refunds", _PAGE_SIZE, "sales_")
    waiting, waiting_sales, made, failed = await asyncio.gather(
        list_waiting_requests(pager.read(query)),
        list_waiting_sale_requests(sale_pager.read(query)),
        list_refunds(made_pager.read(query)),
        list_failed_refunds(),
    )
    named = {row.invoice_id for row in waiting.rows} | {row.invoice_id for row in made.rows}
    invoices = await list_invoices_by_id(sorted(named))
    page = pages.show(
        "staff/refunds.html",
        waiting=waiting.rows,
        invoices={invoice.id: invoice for invoice in invoices},
        names=await name_people([*waiting.rows, *waiting_sales.rows]),
        links=pager.links(waiting, _key_of),
        waiting_sales=waiting_sales.rows,
        sale_links=sale_pager.links(waiting_sales, _key_of),
        waits_until=expires_at,
        form=FormView("refunds"),
        failed=failed,
        made=made.rows,
        made_links=made_pager.links(made, _key_of),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "refunds")])
    return page


def _key_of(row: RefundRequestRow | SaleRequestRow | InvoiceRefundRow | InvoiceRow) -> Key:
    return (str(row.id), str(row.id))


@get("/staff/customers/{account_id:uuid}/invoices", opt=SUPPORT)
async def show_account_invoices(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    account = await find_account(AccountId(account_id))
    if account is None:
        raise NotFound("There is no such account")
    cursors = pages.cursors.of_list("account invoices", account.id)
    pager = Pager(cursors, f"/staff/customers/{account.id}/invoices", _PAGE_SIZE)
    found = await list_invoices(account.id, pager.read(read_query(request)))
    refunds = await list_refunds_of_invoices([invoice.id for invoice in found.rows])
    returned: defaultdict[InvoiceId, int] = defaultdict(int)
    for refund in refunds:
        returned[refund.invoice_id] += 0 if refund.failed_at else refund.amount
    page = pages.show(
        "staff/account_invoices.html",
        account=account,
        invoices=found.rows,
        returned=returned,
        links=pager.links(found, _key_of),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("invoices", account.id)])
    return page


@get("/staff/invoices/{invoice_id:uuid}", opt=SUPPORT)
async def show_invoice(pages: NamedDependency[Pages], invoice_id: FromPath[UUID]) -> Page:
    return await _render(pages, InvoiceId(invoice_id), FormView("refund"))


async def _render(pages: Pages, invoice_id: InvoiceId, form: FormView, status: int = 200) -> Page:
    invoice = await get_invoice(invoice_id)
    account, payments, refunds, requests, notes = await asyncio.gather(
        find_account(invoice.account_id),
        list_invoice_payments([invoice.id]),
        list_refunds_of_invoices([invoice.id]),
        list_refund_requests([invoice.id]),
        list_credit_notes([invoice.id]),
    )
    pack = await find_pack_offer(payments)
    refundable = await list_refundable(payments)
    left = max((each.left for each in refundable.values()), default=0)
    page = pages.show(
        "staff/invoice.html",
        status,
        invoice=invoice,
        account=account,
        refunds=refunds,
        requests=requests,
        credit_notes=notes,
        names=await name_people(requests),
        pack=pack,
        left=min(left, pack.amount) if pack else left,
        limit=SECOND_PERSON_ABOVE,
        waits_until=expires_at,
        form=form,
        refund_form=form if form.name == "refund" else FormView("refund"),
        idempotency_key=new_id().hex,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("invoice", invoice.id)])
    return page


@post("/staff/invoices/{invoice_id:uuid}/refund", opt=SUPPORT)
async def refund(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    invoice_id: FromPath[UUID],
) -> Page:
    fields, row_id = await read_form(request), InvoiceId(invoice_id)
    await get_invoice(row_id)
    try:
        amount = Cents(parse_euros(fields.text("amount"), "amount"))
        data = RefundInput(row_id, amount, fields.text("reason"))
        actor, key = pages.request_context.actor, fields.text("idempotency_key")
        row = await request_refund(services, actor, data, key)
    except _REFUSED as error:
        form = pages.refused("refund", keep(fields, ("amount", "reason")), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/invoices/{row_id}?notice=refund-{row.state.lower()}")


@post("/staff/refunds/{refund_id:uuid}/decide", opt=SUPPORT)
async def decide(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    refund_id: FromPath[UUID],
) -> Page:
    fields = await read_form(request)
    row = await get_refund_request(RefundRequestId(refund_id))
    try:
        row = await decide_refund(
            services,
            pages.request_context.actor,
            row.id,
            approve=read_decision(fields),
            reason=fields.text("reason"),
        )
    except _REFUSED as error:
        form = pages.refused(f"decide-{row.id}", keep(fields, ("reason",)), error)
        return await _render(pages, row.invoice_id, form, pages.status(error))
    return pages.go(f"/staff/invoices/{row.invoice_id}?notice=refund-{row.state.lower()}")
