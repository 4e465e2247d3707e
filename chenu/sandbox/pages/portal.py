"""The hosted customer portal: card, subscriptions, invoices and billing details."""

from collections.abc import Callable

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects import portal_actions
from chenu.sandbox.objects.payment_intent import Attempt
from chenu.sandbox.objects.payment_method import new_method
from chenu.sandbox.objects.portal_session import find_open_session
from chenu.sandbox.objects.subscription import default_method
from chenu.sandbox.objects.subscription_item import items_of, period_end
from chenu.sandbox.pages.card_form import InvalidCard, read_card
from chenu.sandbox.pages.declines import message_key
from chenu.sandbox.pages.rendering import message_page, render
from chenu.sandbox.pages.requests import HttpRequest, form_of, pressed_button, sandbox_of
from chenu.sandbox.pages.translations import language_of

Action = Callable[[UnitOfWork, Record, dict[str, str]], None]

_ACTIONS: dict[str, Action] = {
    "add_tax_id": lambda unit, session, typed: portal_actions.add_tax_id(
        unit, session, typed.get("value", "")
    ),
    "cancel": lambda unit, session, typed: portal_actions.cancel(
        unit,
        session,
        typed.get("subscription", ""),
        typed.get("feedback", ""),
        typed.get("comment", ""),
    ),
    "confirm_update": lambda unit, session, typed: portal_actions.confirm_update(unit, session),
    "details": portal_actions.change_details,
    "remove_tax_id": lambda unit, session, typed: portal_actions.remove_tax_id(
        unit, session, typed.get("tax_id", "")
    ),
    "resume": lambda unit, session, typed: portal_actions.resume(
        unit, session, typed.get("subscription", "")
    ),
}
_FLOW_OF = {
    "cancel": "subscription_cancel",
    "card": "payment_method_update",
    "confirm_update": "subscription_update_confirm",
}
"""The flow that an action completes."""


class _Refused(Exception):
    """Undoes what an action has begun; `key` names the text for the customer."""

    def __init__(self, key: str, field: str | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.field = field


@get("/p/session/{session_id:str}", sync_to_thread=False)
def show_portal(request: HttpRequest, session_id: FromPath[str]) -> Response[str]:
    return _page(request, session_id)


def _page(
    request: HttpRequest, session_id: str, problem: str | None = None, field: str | None = None
) -> Response[str]:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    with sandbox.engine.unit() as unit:
        session = find_open_session(unit, session_id)
        if session is None:
            return message_page(language_of(request), "unknown", 404)
        shown = _shown(unit, session)
    return render(
        "portal.html",
        language_of(request, session.body["locale"]),
        402 if problem else 200,
        problem=problem,
        field=field,
        feedback=portal_actions.FEEDBACK,
        **shown,
    )


def _shown(unit: UnitOfWork, session: Record) -> Json:
    customer = unit.get("customer", session.body["customer"])
    theirs = [Filter("customer", "=", customer.id)]
    invoices = unit.store.select("invoice", unit.account, theirs, limit=20)
    method = default_method(unit, None, customer.id)
    return {
        "session": session.body,
        "features": portal_actions.features_of(unit, session),
        "customer": customer.body,
        "address": customer.body["address"] or {},
        "card": method.body["card"] if method else None,
        "subscriptions": [
            _row(unit, one) for one in portal_actions.subscriptions_of(unit, session)
        ],
        "invoices": [one.body for one in invoices if one.body["number"]],
        "tax_ids": [one.body for one in unit.store.select("tax_id", unit.account, theirs)],
    }


def _row(unit: UnitOfWork, subscription: Record) -> Json:
    body = subscription.body
    items = items_of(body)
    product = unit.find("product", items[0]["price"]["product"])
    return {
        "id": body["id"],
        "name": product.body["name"] if product else body["id"],
        "status": body["status"],
        "ends": body["cancel_at"],
        "renews": period_end(body),
        "amount": sum(one["price"]["unit_amount"] * one["quantity"] for one in items),
        "is_managed": bool(body["schedule"]),
    }


@post("/p/session/{session_id:str}", status_code=200)
async def submit_portal(
    request: HttpRequest, session_id: FromPath[str]
) -> Response[str] | Redirect:
    typed = await form_of(request)
    action = pressed_button(typed, "card", *_ACTIONS)
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    try:
        with sandbox.engine.unit() as unit:
            session = find_open_session(unit, session_id)
            if session is None:
                return message_page(language_of(request), "unknown", 404)
            attempt = _act(unit.on_clock_of(session), session, action, typed)
    except _Refused as refusal:
        return _page(request, session_id, refusal.key, refusal.field)
    if attempt is not None and attempt.status == "requires_action":
        return Redirect(f"/p/session/{session_id}/confirm", status_code=303)
    if attempt is not None and attempt.status == "declined":
        return _page(request, session_id, message_key(attempt))
    return _after(request, session, action)


def _act(
    unit: UnitOfWork, session: Record, action: str | None, typed: dict[str, str]
) -> Attempt | None:
    """The attempt to save a card, if that was asked for. Raises _Refused."""
    try:
        if action == "card":
            return _save_card(unit, session, typed)
        if action in _ACTIONS:
            _ACTIONS[action](unit, session, typed)
    except ApiError as error:
        known = {"email_invalid", "tax_id_invalid"}
        raise _Refused(str(error.code) if error.code in known else "portal_refused") from error
    return None


def _save_card(unit: UnitOfWork, session: Record, typed: dict[str, str]) -> Attempt:
    try:
        given = read_card(typed, unit.now)
    except InvalidCard as error:
        raise _Refused(error.message_key, error.field) from error
    customer = unit.get("customer", session.body["customer"])
    details = {"email": customer.body["email"], "name": given.name}
    method = new_method(unit, given.card, given.expiry, details)
    return portal_actions.save_card(unit, session, method)


def _after(request: HttpRequest, session: Record, action: str | None) -> Response[str] | Redirect:
    """Back to the portal, or where the session's flow ends."""
    flow = session.body["flow"]
    if flow and _FLOW_OF.get(str(action)) == flow["type"]:
        completion = flow["after_completion"]
        if completion["redirect"] and completion["type"] == "redirect":
            return Redirect(completion["redirect"]["return_url"], status_code=303)
        if completion["type"] == "hosted_confirmation":
            language = language_of(request, session.body["locale"])
            return message_page(language, "portal_done", 200)
    return Redirect(f"/p/session/{session.id}", status_code=303)


@get("/p/session/{session_id:str}/confirm", sync_to_thread=False)
def show_portal_confirmation(
    request: HttpRequest, session_id: FromPath[str]
) -> Response[str] | Redirect:
    with sandbox_of(request).engine.unit() as unit:
        session = find_open_session(unit, session_id)
        if session is None:
            return message_page(language_of(request), "unknown", 404)
        if portal_actions.find_setup(unit, session) is None:
            return Redirect(f"/p/session/{session_id}", status_code=303)
    return render("confirm.html", language_of(request, session.body["locale"]), amount=0)


@post("/p/session/{session_id:str}/confirm", status_code=200)
async def submit_portal_confirmation(
    request: HttpRequest, session_id: FromPath[str]
) -> Response[str] | Redirect:
    succeeds = pressed_button(await form_of(request), "complete", "fail") == "complete"
    with sandbox_of(request).engine.unit() as unit:
        session = find_open_session(unit, session_id)
        if session is None:
            return message_page(language_of(request), "unknown", 404)
        intent = portal_actions.find_setup(unit, session)
        if intent is None:
            return Redirect(f"/p/session/{session_id}", status_code=303)
        on_clock = unit.on_clock_of(session)
        portal_actions.confirm_card(on_clock, session, intent, succeed=succeeds)
    if not succeeds:
        return _page(request, session_id, "authentication_failed")
    return _after(request, session, "card")


router = Router(
    "/",
    route_handlers=[
        show_portal,
        show_portal_confirmation,
        submit_portal,
        submit_portal_confirmation,
    ],
)
