"""Where a PaymentIntent of the API sends the card's owner to confirm it (3D Secure)."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.charge import settle
from chenu.sandbox.objects.payment_intent import attempt_payment, fail_authentication
from chenu.sandbox.pages.rendering import message_page, render
from chenu.sandbox.pages.requests import HttpRequest, form_of, pressed_button, sandbox_of
from chenu.sandbox.pages.translations import language_of


@get("/authenticate/{intent_id:str}/{secret:str}", sync_to_thread=False)
def show_authentication(
    request: HttpRequest, intent_id: FromPath[str], secret: FromPath[str]
) -> Response[str]:
    language = language_of(request)
    intent = _find(request, intent_id, secret)
    if intent is None:
        return message_page(language, "unknown", 404)
    return render("confirm.html", language, amount=intent.body["amount"])


def _find(request: HttpRequest, intent_id: str, secret: str) -> Record | None:
    """A PaymentIntent that waits for its owner."""
    intent = sandbox_of(request).store.find("payment_intent", intent_id, PLATFORM)
    if intent is None or intent.internal["secret"] != secret:
        return None
    return intent if intent.body["status"] == "requires_action" else None


@post("/authenticate/{intent_id:str}/{secret:str}", status_code=200)
async def submit_authentication(
    request: HttpRequest, intent_id: FromPath[str], secret: FromPath[str]
) -> Response[str] | Redirect:
    choice = pressed_button(await form_of(request), "complete", "fail")
    if _find(request, intent_id, secret) is None:
        return message_page(language_of(request), "unknown", 404)
    with sandbox_of(request).engine.unit() as unit:
        intent = unit.get("payment_intent", intent_id)
        _conclude(unit.on_clock_of(intent), intent, is_confirmed=choice == "complete")
    return Redirect(_back(intent), status_code=303)


def _conclude(unit: UnitOfWork, intent: Record, *, is_confirmed: bool) -> None:
    if not is_confirmed:
        fail_authentication(unit, intent)
        return
    method = unit.get("payment_method", intent.body["payment_method"])
    attempt = attempt_payment(unit, intent, method, authenticated=True)
    if attempt.status == "succeeded" and attempt.charge is not None:
        settle(unit, attempt.charge)


def _back(intent: Record) -> str:
    """The return URL with the parameters that Stripe adds."""
    parts = urlsplit(str(intent.internal["return_url"]))
    succeeded = intent.body["status"] == "succeeded"
    added = urlencode(
        {
            "payment_intent": intent.id,
            "payment_intent_client_secret": intent.body["client_secret"],
            "redirect_status": "succeeded" if succeeded else "failed",
        }
    )
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


router = Router("/", route_handlers=[show_authentication, submit_authentication])
