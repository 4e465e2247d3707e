"""To a provider and back: pages for people who are not signed in yet."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import ActorKind
from chenu.accounts.errors import CodeNeeded
from chenu.accounts.request_context import (
    provider_cookie,
    provider_cookie_name,
    session_cookie,
)
from chenu.accounts.second_factor import CodeGiven
from chenu.accounts.sessions import NewSession
from chenu.core.errors import ChenuError, InvalidState, RateLimited, Unavailable
from chenu.flows.services import Services
from chenu.flows.sso.confirming import Confirmed
from chenu.flows.sso.joining import LinkMailed, SignedIn
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.flows.sso.proving import join_by_link
from chenu.flows.sso.signing_in import begin_sign_in, finish_sign_in
from chenu.settings import Settings
from chenu.sso.errors import SsoRefused
from chenu.sso.identities import find_join
from chenu.sso.model import ConnectionId
from storefront.access import PUBLIC
from storefront.forms import REFUSED_TRIES, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.routes.sessions import change_over, with_retry
from storefront.sign_in_path import safe_next
from storefront.visitor import browser_of

ONE = "/sign-in/provider/{connection_id:uuid}"
_LONGEST_EMAIL = 254


def browser_cookie_of(request: HttpRequest, settings: Settings) -> str:
    """By which the provider's answer is known to be this browser's; empty without one."""
    return request.cookies.get(provider_cookie_name(settings), "")[:100]


def send_to(pages: Pages, sent: SentAway) -> Page:
    return pages.go(sent.url, cookie=provider_cookie(pages.settings, sent.browser))


@get(ONE, opt=PUBLIC)
async def begin(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Raises NotFound for a connection that there is not."""
    query = read_query(request)
    try:
        sent = await begin_sign_in(
            services,
            ConnectionId(connection_id),
            browser_of(pages.request_context),
            cookie=browser_cookie_of(request, pages.settings),
            next_path=query.text("next"),
            email=query.text("email")[:_LONGEST_EMAIL],
        )
    except (InvalidState, RateLimited) as error:
        return show_refusal(pages, error)
    return send_to(pages, sent)


@get(f"{ONE}/callback", opt=PUBLIC)
async def answer(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Whom the provider has verified is signed in, or the page says why not."""
    query = read_query(request)
    answered = Answered(
        query.text("state"), query.text("code"), query.text("error"), query.text("iss")
    )
    return await finish(request, pages, services, ConnectionId(connection_id), answered)


async def finish(
    request: HttpRequest,
    pages: Pages,
    services: Services,
    connection_id: ConnectionId,
    answered: Answered,
) -> Page:
    """The page after an answer, of a provider of any kind. Raises NotFound."""
    try:
        outcome = await finish_sign_in(
            services,
            pages.request_context.actor,
            connection_id,
            answered,
            browser_of(pages.request_context),
            browser_cookie_of(request, pages.settings),
        )
    except (SsoRefused, RateLimited, Unavailable) as error:
        return show_refusal(pages, error)
    if isinstance(outcome.result, SignedIn):
        return await _enter(pages, outcome.result.session, outcome.next_path)
    if isinstance(outcome.result, Confirmed):
        return pages.go(safe_next(outcome.next_path))
    if isinstance(outcome.result, LinkMailed):
        return pages.show("sso/mailed.html", email=outcome.result.email)
    return pages.go(f"/account/sign-in/connections/{connection_id}?notice=connection-tried")


async def _enter(pages: Pages, session: NewSession, next_path: str) -> Page:
    devices = await change_over(pages, session)
    cookie = session_cookie(pages.settings, session.token)
    return pages.go(safe_next(next_path), cookie=cookie, devices=devices)


def show_refusal(pages: Pages, error: ChenuError) -> Page:
    """What to do, and the code that support asks for; the way back is the page of sign-in."""
    code = error.refusal.value if isinstance(error, SsoRefused) else error.code
    page = pages.show(
        "sso/refused.html",
        pages.status(error),
        advice=pages.explain(error),
        code=code,
        is_signed_in=pages.request_context.actor.kind is ActorKind.SESSION,
    )
    return with_retry(page, error)


@get("/sign-in/join", opt=PUBLIC)
async def show_join(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    token = read_query(request).text("token")
    return await _show_join(pages, FormView("join", {"token": token}))


async def _show_join(
    pages: Pages, form: FormView, status: int = 200, *, asks_code: bool = False
) -> Page:
    is_good = await find_join(form.value("token")) is not None
    status = status if is_good or status != 200 else 422
    return pages.show("sso/join.html", status, form=form, is_good=is_good, asks_code=asks_code)


@post("/sign-in/join", opt=PUBLIC)
async def join(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    given = CodeGiven(fields.text("code") or None, pages.settings.secret)
    try:
        session = await join_by_link(
            fields.text("token"),
            fields.text("password"),
            given,
            browser_of(pages.request_context),
        )
    except REFUSED_TRIES as error:
        form = pages.refused("join", keep(fields, ("token",)), error)
        asks_code = isinstance(error, CodeNeeded) or "code" in fields
        page = await _show_join(pages, form, pages.status(error), asks_code=asks_code)
        return with_retry(page, error)
    return await _enter(pages, session, "")
