"""Invoices and credit notes as PDF."""

import asyncio
from dataclasses import dataclass

from litestar import Response, Router, get
from litestar.params import FromPath

from chenu.sandbox.engine.faults import Effect
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Store
from chenu.sandbox.pages.hosted_invoice import find_invoice
from chenu.sandbox.pages.layout import find_layout
from chenu.sandbox.pages.pdf import Text, write_pdf
from chenu.sandbox.pages.rendering import message_page, moment, render_text
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.pages.translations import ENGLISH, FRENCH, euros, language_of

_LEFT, _RIGHT = 56, 540

Pdf = Response[bytes] | Response[str]


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note as it is printed; amounts in cents."""

    title: str
    language: str
    created: int
    payer: str
    rows: tuple[tuple[str, int], ...]
    total: int
    tax: int
    footer: str


@get("/i/{token:str}/pdf")
async def download_invoice(request: HttpRequest, token: FromPath[str]) -> Pdf:
    """In the customer's language, where Stripe knows it."""
    invoice = find_invoice(request, token)
    if invoice is None or invoice.body["number"] is None:
        return message_page(language_of(request), "unknown", 404)
    store = sandbox_of(request).store
    language = _language_for(store, invoice.body["customer"]) or language_of(request)
    document = describe_invoice(invoice.body, language)
    return await _send(request, document, f"invoice-{invoice.body['number']}.pdf")


def _language_for(store: Store, customer_id: str) -> str | None:
    customer = store.find("customer", customer_id, PLATFORM)
    languages = customer.body["preferred_locales"] if customer else None
    return str(languages[0])[:2] if languages else None


def describe_invoice(invoice: Json, language: str) -> Document:
    words = FRENCH if language == "fr" else ENGLISH
    return _describe(
        f"{words['invoice']} {invoice['number']}",
        invoice,
        payer_of(invoice),
        sum(one["amount"] for one in invoice["total_discount_amounts"]),
        language,
        words["invoice_paid"] if invoice["status"] == "paid" else "",
    )


def payer_of(invoice: Json) -> str:
    return str(invoice["customer_name"] or invoice["customer_email"] or invoice["customer"])


@get("/credit_notes/{token:str}/pdf")
async def download_credit_note(request: HttpRequest, token: FromPath[str]) -> Pdf:
    """`token` is the credit note's id and its secret."""
    language, store = language_of(request), sandbox_of(request).store
    document_id, _, secret = token.partition(".")
    note = store.find("credit_note", document_id, PLATFORM)
    invoice = store.find("invoice", note.body["invoice"], PLATFORM) if note else None
    if note is None or invoice is None or note.internal["secret"] != secret:
        return message_page(language, "unknown", 404)
    language = _language_for(store, invoice.body["customer"]) or language
    words = FRENCH if language == "fr" else ENGLISH
    document = _describe(
        f"{words['credit_note']} {note.body['number']}",
        note.body,
        payer_of(invoice.body),
        note.body["discount_amount"],
        language,
        f"{words['invoice']} {invoice.body['number']}",
    )
    return await _send(request, document, f"credit-note-{note.body['number']}.pdf")


def _describe(title: str, body: Json, payer: str, off: int, language: str, footer: str) -> Document:
    """`off`: what discounts take off the lines."""
    words = FRENCH if language == "fr" else ENGLISH
    rows = [
        (f"{line['description']} × {line['quantity'] or 1}", line["amount"])
        for line in body["lines"]["data"]
    ]
    if off:
        rows.append((words["discount"], -off))
    tax = sum(one["amount"] for one in body["total_taxes"])
    return Document(
        title, language, body["created"], payer, tuple(rows), body["total"], tax, footer
    )


async def _send(request: HttpRequest, document: Document, name: str) -> Response[bytes]:
    """Fault rules count here too: a document that does not come, or comes cut off."""
    sandbox = sandbox_of(request)
    rule = sandbox.faults.match(request.method, request.url.path)
    if rule is not None and not rule.effect.executes:
        return Response(b"", status_code=rule.error().status, media_type="text/plain")
    content = await print_document(document, is_laid_out=sandbox.config.laid_out_pdfs)
    if rule is not None and rule.effect is Effect.TRUNCATED:
        content = content[: len(content) // 2]
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


async def print_document(document: Document, *, is_laid_out: bool) -> bytes:
    """In a thread, where it takes its time."""
    layout = await asyncio.to_thread(find_layout) if is_laid_out else None
    if layout is None:
        return _print_plain(document)
    html = render_text("document.html", document.language, title=document.title, document=document)
    return await asyncio.to_thread(layout, html)


def _print_plain(document: Document) -> bytes:
    """One page; lines that do not fit are left out, the total includes them."""
    language = document.language
    words = FRENCH if language == "fr" else ENGLISH
    lines = [
        Text(_LEFT, 80, 20, document.title, is_bold=True),
        Text(_LEFT, 106, 10, f"{words['date']}: {moment(document.created)}"),
        Text(_LEFT, 122, 10, f"{words['invoice_to']}: {document.payer}"),
        Text(_LEFT, 166, 10, words["description"], is_bold=True),
        Text(_RIGHT, 166, 10, words["amount"], is_bold=True, is_right=True),
    ]
    height = 186
    for text, amount in document.rows[:30]:
        lines.append(Text(_LEFT, height, 10, text[:80]))
        lines.append(Text(_RIGHT, height, 10, euros(amount, language), is_right=True))
        height += 18
    total = euros(document.total, language)
    lines.append(Text(_LEFT, height + 16, 12, words["total"], is_bold=True))
    lines.append(Text(_RIGHT, height + 16, 12, total, is_bold=True, is_right=True))
    if document.tax:
        tax = euros(document.tax, language)
        lines.append(Text(_LEFT, height + 34, 10, words["tax"]))
        lines.append(Text(_RIGHT, height + 34, 10, tax, is_right=True))
    if document.footer:
        lines.append(Text(_LEFT, height + 58, 10, document.footer))
    return write_pdf(document.title, lines)


router = Router("/", route_handlers=[download_credit_note, download_invoice])
