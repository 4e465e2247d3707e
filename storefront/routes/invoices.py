"""Stripe's invoices of the account, each with our copy of its PDF."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.billing.documents import file_name, find_document
from chenu.billing.invoices import InvoiceId, InvoiceRow, get_own_invoice, list_invoices
from chenu.billing.refunds import (
    CreditNoteRow,
    InvoiceRefundRow,
    list_credit_notes,
    list_refunds_of_invoices,
)
from chenu.core.errors import NotFound
from chenu.core.i18n import mark
from chenu.core.paging import Key
from storefront.access import for_right
from storefront.forms import HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.visitor import account_of

PAGE_SIZE = 20

_Row = TypeVar("_Row", InvoiceRefundRow, CreditNoteRow)


@get("/account/invoices", opt=for_right(Right.READ_INVOICES))
async def show_invoices(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    actor = pages.request_context.actor
    account_id = account_of(actor)
    cursors = pages.cursors.of_list("invoices", account_id)
    pager = Pager(cursors, "/account/invoices", PAGE_SIZE)
    found = await list_invoices(account_id, pager.read(read_query(request)))
    ids = [invoice.id for invoice in found.rows]
    refunds, notes = await asyncio.gather(list_refunds_of_invoices(ids), list_credit_notes(ids))
    return pages.show(
        "invoices/page.html",
        invoices=found.rows,
        refunds=_by_invoice(refunds),
        credit_notes=_by_invoice(notes),
        links=pager.links(found, _key_of_invoice),
    )


def _by_invoice(rows: Sequence[_Row]) -> dict[InvoiceId, list[_Row]]:
    found: defaultdict[InvoiceId, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(row)
    return found


def _key_of_invoice(invoice: InvoiceRow) -> Key:
    return (str(invoice.id), str(invoice.id))


@get("/account/invoices/{file:str}", opt=for_right(Right.READ_INVOICES))
async def send_invoice(pages: NamedDependency[Pages], file: FromPath[str]) -> Page:
    """`<invoice id>.pdf`: our copy, or a page that says where the PDF is until we have it."""
    invoice = await get_own_invoice(account_of(pages.request_context.actor), _read_name(file))
    document = await find_document(invoice.stripe_invoice_id) if invoice.has_document else None
    if document is None:
        return pages.show("invoices/not_stored.html", 202, invoice=invoice)
    name = file_name(pages.say(mark("invoice")), invoice.number)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Cookie",
    }
    return Page(document.content, media_type="application/pdf", headers=headers)


def _read_name(file: str) -> InvoiceId:
    stem, _, ending = file.rpartition(".")
    try:
        invoice_id = UUID(stem)
    except ValueError:
        raise NotFound("There is no such invoice") from None
    if ending != "pdf":
        raise NotFound("There is no such invoice")
    return InvoiceId(invoice_id)
