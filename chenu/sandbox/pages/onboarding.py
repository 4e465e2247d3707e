"""Hosted onboarding of connected accounts, and the plain dashboard behind a login link."""

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.objects.account_link import find_link, finish, is_stale
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.pages.rendering import message_page, render
from chenu.sandbox.pages.requests import HttpRequest, form_of, pressed_button, sandbox_of
from chenu.sandbox.pages.translations import language_of

_COOKIE = "onboarding"
_BUTTONS = ("complete_with_review", "complete", "leave", "reject")


@get("/connect/onboarding/{token:str}", sync_to_thread=False)
def show_onboarding(request: HttpRequest, token: FromPath[str]) -> Response[str] | Redirect:
    """The first browser that opens the link owns it; others get a refresh."""
    language = language_of(request)
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    with sandbox.engine.unit() as unit:
        link = find_link(unit, token)
        if link is None:
            return message_page(language, "unknown", 404)
        visitor = link.internal.get("visitor")
        returning = visitor is not None and request.cookies.get(_COOKIE) == visitor
        if is_stale(unit, link) or (visitor is not None and not returning):
            return Redirect(link.internal["refresh_url"], status_code=303)
        link.internal["visitor"] = visitor or unit.token()
        unit.save(link)
        account = unit.get("v2.core.account", link.body["account"])
    page = render("onboarding.html", language, account=account.body)
    page.set_cookie(
        _COOKIE,
        link.internal["visitor"],
        path=f"/connect/onboarding/{token}",
        httponly=True,
        samesite="lax",
    )
    return page


@post("/connect/onboarding/{token:str}", status_code=200)
async def submit_onboarding(request: HttpRequest, token: FromPath[str]) -> Response[str] | Redirect:
    choice = pressed_button(await form_of(request), *_BUTTONS)
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    with sandbox.engine.unit() as unit:
        link = find_link(unit, token)
        if link is None or choice is None:
            return message_page(language_of(request), "unknown", 404 if link is None else 400)
        if is_stale(unit, link):
            return Redirect(link.internal["refresh_url"], status_code=303)
        return Redirect(finish(unit, link, choice), status_code=303)


@get("/express/{account_id:str}", sync_to_thread=False)
def show_express(request: HttpRequest, account_id: FromPath[str]) -> Response[str]:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    language = language_of(request)
    account: Record | None = sandbox.store.find("v2.core.account", account_id, PLATFORM)
    if account is None:
        return message_page(language, "unknown", 404)
    available, pending = read_balance(sandbox.store, account_id)
    return render(
        "express.html",
        language,
        account=account.body,
        transfers=account.internal["status"],
        available=available,
        pending=pending,
        payouts=[payout.body for payout in sandbox.store.select("payout", account_id, limit=20)],
    )


router = Router("/", route_handlers=[show_onboarding, submit_onboarding, show_express])
