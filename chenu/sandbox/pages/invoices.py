"""Invoices as PDF."""

from litestar import Response, Router, get
from litestar.params import FromPath

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.pages.hosted_invoice import find_invoice
from chenu.sandbox.pages.pdf import Text, write_pdf
from chenu.sandbox.pages.rendering import message_page, moment
from chenu.sandbox.pages.requests import HttpRequest
from chenu.sandbox.pages.translations import ENGLISH, FRENCH, euros, language_of

_LEFT, _RIGHT = 56, 540


@get("/i/{token:str}/pdf", sync_to_thread=False)
def download_invoice(request: HttpRequest, token: FromPath[str]) -> Response[bytes] | Response[str]:
    language = language_of(request)
    invoice = find_invoice(request, token)
    if invoice is None or invoice.body["number"] is None:
        return message_page(language, "unknown", 404)
    name = f"invoice-{invoice.body['number']}.pdf"
    return Response(
        invoice_pdf(invoice.body, language),
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def invoice_pdf(invoice: Json, language: str) -> bytes:
    """One page; lines that do not fit are left out, the total includes them."""
    words = FRENCH if language == "fr" else ENGLISH
    title = f"{words['invoice']} {invoice['number']}"
    payer = invoice["customer_name"] or invoice["customer_email"] or invoice["customer"]
    lines = [
        Text(_LEFT, 80, 20, title, is_bold=True),
        Text(_LEFT, 106, 10, f"{words['date']}: {moment(invoice['created'])}"),
        Text(_LEFT, 122, 10, f"{words['invoice_to']}: {payer}"),
        Text(_LEFT, 166, 10, words["description"], is_bold=True),
        Text(_RIGHT, 166, 10, words["amount"], is_bold=True, is_right=True),
    ]
    height = 186
    for line in invoice["lines"]["data"][:30]:
        text = f"{line['description']} × {line['quantity']}"
        lines.append(Text(_LEFT, height, 10, text[:80]))
        amount = euros(line["amount"], language)
        lines.append(Text(_RIGHT, height, 10, amount, is_right=True))
        height += 18
    total = euros(invoice["total"], language)
    lines.append(Text(_LEFT, height + 16, 12, words["total"], is_bold=True))
    lines.append(Text(_RIGHT, height + 16, 12, total, is_bold=True, is_right=True))
    if invoice["status"] == "paid":
        lines.append(Text(_LEFT, height + 40, 10, words["invoice_paid"]))
    return write_pdf(title, lines)


router = Router("/", route_handlers=[download_invoice])
