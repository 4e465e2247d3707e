"""The hosted Checkout page, its confirmation by the card's owner, and the receipt."""

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.objects.checkout_session import (
    authenticate,
    find_waiting_intent,
    pay,
)
from chenu.sandbox.objects.checkout_subscription import needs_card
from chenu.sandbox.objects.payment_intent import Attempt
from chenu.sandbox.objects.session_tax import asks_country, asks_tax_id
from chenu.sandbox.pages.card_form import EnteredCard, InvalidCard, Payer, read_card, read_payer
from chenu.sandbox.pages.checkout_location import known_country, read_location
from chenu.sandbox.pages.checkout_terms import renewal_of, trial_end_of
from chenu.sandbox.pages.declines import message_key
from chenu.sandbox.pages.rendering import message_page, render
from chenu.sandbox.pages.requests import HttpRequest, form_of, pressed_button, sandbox_of
from chenu.sandbox.pages.translations import language_of


@get("/c/pay/{session_id:str}", sync_to_thread=False)
def show_checkout(request: HttpRequest, session_id: FromPath[str]) -> Response[str]:
    session = _find(request, session_id)
    return _closed(request, session) or _form(request, session)


def _find(request: HttpRequest, session_id: str) -> Record | None:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    return sandbox.store.find("checkout.session", session_id, PLATFORM)


def _closed(request: HttpRequest, session: Record | None) -> Response[str] | None:
    """The page that is shown instead when there is nothing to pay."""
    if session is None or _is_without_customer(request, session):
        return message_page(language_of(request), "unknown", 404)
    language = language_of(request, session.body["locale"])
    if session.body["status"] == "complete":
        return message_page(language, "completed", 200)
    if session.body["status"] == "expired":
        return message_page(language, "expired", 410)
    return None


def _is_without_customer(request: HttpRequest, session: Record) -> bool:
    customer, store = session.body["customer"], sandbox_of(request).store
    is_open = session.body["status"] == "open"
    return is_open and bool(customer) and store.find("customer", customer, PLATFORM) is None


def _form(
    request: HttpRequest,
    session: Record | None,
    *,
    problem: str | None = None,
    field: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    body: Json = session.body if session else {}
    known = body["customer_details"] or {}
    return render(
        "checkout.html",
        language_of(request, body["locale"]),
        402 if problem else 200,
        session=body,
        lines=session.internal["lines"] if session else [],
        ask_email=not known.get("email"),
        needs_card=body["mode"] == "payment" or needs_card(body),
        asks_country=session is not None and asks_country(session),
        country=known_country(sandbox_of(request).store, session) if session else None,
        asks_tax_id=session is not None and asks_tax_id(session),
        renewal=renewal_of(session),
        trial_end=trial_end_of(session),
        problem=problem,
        field=field,
        typed=typed or {},
    )


@post("/c/pay/{session_id:str}", status_code=200)
async def submit_checkout(
    request: HttpRequest, session_id: FromPath[str]
) -> Response[str] | Redirect:
    session = _find(request, session_id)
    closed = _closed(request, session)
    if closed is not None or session is None:
        return closed or message_page("en", "unknown", 404)
    sandbox, typed = sandbox_of(request), await form_of(request)
    shown = {name: typed.get(name, "") for name in ("name", "email", "country", "tax_id")}
    with sandbox.engine.unit() as unit:
        try:
            given = _read(session, typed, unit.on_clock_of(session).now)
            location = read_location(sandbox.store, session, typed)
        except InvalidCard as error:
            return _form(
                request, session, problem=error.message_key, field=error.field, typed=shown
            )
        session = unit.get("checkout.session", session_id)
        if session.body["status"] != "open":
            return _closed(request, session) or message_page("en", "unknown", 404)
        payer = {"name": given.name, "email": given.email, **location}
        card = (given.card, given.expiry) if isinstance(given, EnteredCard) else None
        attempt = pay(unit, session, card, payer)
    return _after(request, session, attempt, shown)


def _read(session: Record, typed: dict[str, str], now: int) -> EnteredCard | Payer:
    """Raises InvalidCard. Where nothing is due an empty card means none."""
    body = session.body
    if (
        body["mode"] == "subscription"
        and not needs_card(body)
        and not typed.get("card", "").strip()
    ):
        return read_payer(typed)
    return read_card(typed, now)


def _after(
    request: HttpRequest, session: Record, attempt: Attempt, typed: dict[str, str]
) -> Response[str] | Redirect:
    if attempt.status == "requires_action":
        return Redirect(f"/c/pay/{session.id}/confirm", status_code=303)
    if attempt.decline is not None:
        return _form(request, session, problem=message_key(attempt), typed=typed)
    return _success(session)


def _success(session: Record) -> Redirect:
    url = session.body["success_url"].replace("{CHECKOUT_SESSION_ID}", session.id)
    return Redirect(url, status_code=303)


@get("/c/pay/{session_id:str}/confirm", sync_to_thread=False)
def show_confirmation(request: HttpRequest, session_id: FromPath[str]) -> Response[str] | Redirect:
    session = _find(request, session_id)
    closed = _closed(request, session)
    if closed is not None or session is None:
        return closed or message_page("en", "unknown", 404)
    if not _awaits_confirmation(request, session):
        return Redirect(f"/c/pay/{session_id}", status_code=303)
    language = language_of(request, session.body["locale"])
    return render("confirm.html", language, amount=session.body["amount_total"])


def _awaits_confirmation(request: HttpRequest, session: Record) -> bool:
    return find_waiting_intent(sandbox_of(request).store, session) is not None


@post("/c/pay/{session_id:str}/confirm", status_code=200)
async def submit_confirmation(
    request: HttpRequest, session_id: FromPath[str]
) -> Response[str] | Redirect:
    session = _find(request, session_id)
    closed = _closed(request, session)
    if closed is not None or session is None:
        return closed or message_page("en", "unknown", 404)
    if not _awaits_confirmation(request, session):
        return Redirect(f"/c/pay/{session_id}", status_code=303)
    choice = pressed_button(await form_of(request), "complete", "fail")
    with sandbox_of(request).engine.unit() as unit:
        session = unit.get("checkout.session", session_id)
        attempt = authenticate(unit, session, succeed=choice == "complete")
    return _after(request, session, attempt, {})


@get("/receipts/{charge_id:str}/{secret:str}", sync_to_thread=False)
def show_receipt(
    request: HttpRequest, charge_id: FromPath[str], secret: FromPath[str]
) -> Response[str]:
    charge = sandbox_of(request).store.find("charge", charge_id, PLATFORM)
    language = language_of(request)
    if charge is None or charge.internal.get("secret") != secret:
        return message_page(language, "unknown", 404)
    return render("receipt.html", language, charge=charge.body)


router = Router(
    "/",
    route_handlers=[
        show_checkout,
        submit_checkout,
        show_confirmation,
        submit_confirmation,
        show_receipt,
    ],
)
