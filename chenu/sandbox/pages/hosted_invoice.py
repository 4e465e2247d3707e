"""The hosted invoice: shown, paid with a card, and confirmed by the card's owner."""

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.objects.invoice_collection import confirm_on_page, pay_on_page
from chenu.sandbox.objects.invoice_payment import find_waiting_intent
from chenu.sandbox.objects.payment_intent import Attempt
from chenu.sandbox.objects.payment_method import new_method
from chenu.sandbox.pages.card_form import InvalidCard, read_card
from chenu.sandbox.pages.declines import message_key
from chenu.sandbox.pages.rendering import message_page, render
from chenu.sandbox.pages.requests import HttpRequest, form_of, pressed_button, sandbox_of
from chenu.sandbox.pages.translations import language_of

_PAYABLE = ("open", "uncollectible")


def find_invoice(request: HttpRequest, token: str) -> Record | None:
    """`token` is the invoice's id and its secret."""
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    invoice_id, _, secret = token.partition(".")
    invoice = sandbox.store.find("invoice", invoice_id, PLATFORM)
    return invoice if invoice is not None and invoice.internal["secret"] == secret else None


def _is_payable(request: HttpRequest, invoice: Record) -> bool:
    customer = sandbox_of(request).store.find("customer", invoice.body["customer"], PLATFORM)
    return invoice.body["status"] in _PAYABLE and customer is not None


@get("/i/{token:str}", sync_to_thread=False)
def show_invoice(request: HttpRequest, token: FromPath[str]) -> Response[str]:
    invoice = find_invoice(request, token)
    if invoice is None:
        return message_page(language_of(request), "unknown", 404)
    return _page(request, invoice)


def _page(
    request: HttpRequest,
    invoice: Record,
    *,
    problem: str | None = None,
    field: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    is_payable = _is_payable(request, invoice)
    return render(
        "invoice.html",
        language_of(request),
        402 if problem else 200,
        invoice=invoice.body,
        is_payable=is_payable,
        is_waiting=is_payable
        and find_waiting_intent(sandbox_of(request).store, invoice) is not None,
        problem=problem,
        field=field,
        typed=typed or {},
    )


@post("/i/{token:str}", status_code=200)
async def submit_payment(request: HttpRequest, token: FromPath[str]) -> Response[str] | Redirect:
    typed = await form_of(request)
    invoice = find_invoice(request, token)
    if invoice is None:
        return message_page(language_of(request), "unknown", 404)
    if not _is_payable(request, invoice):
        return _page(request, invoice)
    shown = {"name": typed.get("name", "")}
    with sandbox_of(request).engine.unit() as unit:
        unit = unit.on_clock_of(invoice)
        try:
            given = read_card(typed, unit.now)
        except InvalidCard as error:
            return _page(
                request, invoice, problem=error.message_key, field=error.field, typed=shown
            )
        details = {"email": invoice.body["customer_email"], "name": given.name}
        attempt = pay_on_page(unit, invoice, new_method(unit, given.card, given.expiry, details))
    return _after(request, token, attempt, shown)


def _after(
    request: HttpRequest, token: str, attempt: Attempt, typed: dict[str, str]
) -> Response[str] | Redirect:
    if attempt.status == "requires_action":
        return Redirect(f"/i/{token}/confirm", status_code=303)
    invoice = find_invoice(request, token)
    if attempt.status == "declined" and invoice is not None:
        return _page(request, invoice, problem=message_key(attempt), typed=typed)
    return Redirect(f"/i/{token}", status_code=303)


@get("/i/{token:str}/confirm", sync_to_thread=False)
def show_confirmation(request: HttpRequest, token: FromPath[str]) -> Response[str] | Redirect:
    invoice = find_invoice(request, token)
    language = language_of(request)
    if invoice is None:
        return message_page(language, "unknown", 404)
    intent = find_waiting_intent(sandbox_of(request).store, invoice)
    if intent is None:
        return Redirect(f"/i/{token}", status_code=303)
    return render("confirm.html", language, amount=intent.body["amount"])


@post("/i/{token:str}/confirm", status_code=200)
async def submit_confirmation(
    request: HttpRequest, token: FromPath[str]
) -> Response[str] | Redirect:
    choice = pressed_button(await form_of(request), "complete", "fail")
    invoice = find_invoice(request, token)
    if invoice is None:
        return message_page(language_of(request), "unknown", 404)
    with sandbox_of(request).engine.unit() as unit:
        unit = unit.on_clock_of(invoice)
        intent = find_waiting_intent(unit.store, invoice)
        if intent is None or invoice.body["status"] not in _PAYABLE:
            return Redirect(f"/i/{token}", status_code=303)
        attempt = confirm_on_page(unit, invoice, intent, succeed=choice == "complete")
    return _after(request, token, attempt, {})


router = Router(
    "/",
    route_handlers=[show_confirmation, show_invoice, submit_confirmation, submit_payment],
)
