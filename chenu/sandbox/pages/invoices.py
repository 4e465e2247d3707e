"""Invoices and credit notes as PDF."""

from litestar import Response, Router, get
from litestar.params import FromPath

from chenu.sandbox.engine.faults import Effect
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM
from chenu.sandbox.pages.hosted_invoice import find_invoice
from chenu.sandbox.pages.pdf import Text, write_pdf
from chenu.sandbox.pages.rendering import message_page, moment
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.pages.translations import ENGLISH, FRENCH, euros, language_of

_LEFT, _RIGHT = 56, 540


@get("/i/{token:str}/pdf", sync_to_thread=False)
def download_invoice(request: HttpRequest, token: FromPath[str]) -> Response[bytes] | Response[str]:
    language = language_of(request)
    invoice = find_invoice(request, token)
    if invoice is None or invoice.body["number"] is None:
        return message_page(language, "unknown", 404)
    content = invoice_pdf(invoice.body, language)
    return _send(request, content, f"invoice-{invoice.body['number']}.pdf")


def _send(request: HttpRequest, content: bytes, name: str) -> Response[bytes]:
    """Fault rules count here too: a document that does not come, or comes cut off."""
    rule = sandbox_of(request).faults.match(request.method, request.url.path)
    if rule is not None and not rule.effect.executes:
        return Response(b"", status_code=rule.error().status, media_type="text/plain")
    if rule is not None and rule.effect is Effect.TRUNCATED:
        content = content[: len(content) // 2]
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


def invoice_pdf(invoice: Json, language: str) -> bytes:
    """One page; lines that do not fit are left out, the total includes them."""
    words = FRENCH if language == "fr" else ENGLISH
    return _document(
        f"{words['invoice']} {invoice['number']}",
        invoice,
        payer_of(invoice),
        sum(one["amount"] for one in invoice["total_discount_amounts"]),
        language,
        words["invoice_paid"] if invoice["status"] == "paid" else "",
    )


def payer_of(invoice: Json) -> str:
    return str(invoice["customer_name"] or invoice["customer_email"] or invoice["customer"])


@get("/credit_notes/{token:str}/pdf", sync_to_thread=False)
def download_credit_note(
    request: HttpRequest, token: FromPath[str]
) -> Response[bytes] | Response[str]:
    """`token` is the credit note's id and its secret."""
    language, store = language_of(request), sandbox_of(request).store
    document_id, _, secret = token.partition(".")
    note = store.find("credit_note", document_id, PLATFORM)
    invoice = store.find("invoice", note.body["invoice"], PLATFORM) if note else None
    if note is None or invoice is None or note.internal["secret"] != secret:
        return message_page(language, "unknown", 404)
    words = FRENCH if language == "fr" else ENGLISH
    title = f"{words['credit_note']} {note.body['number']}"
    off = note.body["discount_amount"]
    of_invoice = f"{words['invoice']} {invoice.body['number']}"
    content = _document(title, note.body, payer_of(invoice.body), off, language, of_invoice)
    return _send(request, content, f"credit-note-{note.body['number']}.pdf")


def _document(title: str, body: Json, payer: str, off: int, language: str, footer: str) -> bytes:
    """An invoice or a credit note. `off`: what discounts take off its lines."""
    words = FRENCH if language == "fr" else ENGLISH
    lines = [
        Text(_LEFT, 80, 20, title, is_bold=True),
        Text(_LEFT, 106, 10, f"{words['date']}: {moment(body['created'])}"),
        Text(_LEFT, 122, 10, f"{words['invoice_to']}: {payer}"),
        Text(_LEFT, 166, 10, words["description"], is_bold=True),
        Text(_RIGHT, 166, 10, words["amount"], is_bold=True, is_right=True),
    ]
    rows = [
        (f"{line['description']} × {line['quantity'] or 1}", line["amount"])
        for line in body["lines"]["data"][:30]
    ]
    if off:
        rows.append((words["discount"], -off))
    height = 186
    for text, amount in rows:
        lines.append(Text(_LEFT, height, 10, text[:80]))
        lines.append(Text(_RIGHT, height, 10, euros(amount, language), is_right=True))
        height += 18
    total = euros(body["total"], language)
    lines.append(Text(_LEFT, height + 16, 12, words["total"], is_bold=True))
    lines.append(Text(_RIGHT, height + 16, 12, total, is_bold=True, is_right=True))
    tax = sum(one["amount"] for one in body["total_taxes"])
    if tax:
        lines.append(Text(_LEFT, height + 34, 10, words["tax"]))
        lines.append(Text(_RIGHT, height + 34, 10, euros(tax, language), is_right=True))
    if footer:
        lines.append(Text(_LEFT, height + 58, 10, footer))
    return write_pdf(title, lines)


router = Router("/", route_handlers=[download_credit_note, download_invoice])
