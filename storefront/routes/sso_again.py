"""Signing in again at the provider, and the page of another tab that says that it is done."""

from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency

from chenu.core.errors import InvalidState, NotFound, RateLimited
from chenu.flows.services import Services
from chenu.flows.sso.confirming import begin_confirming
from storefront.access import SIGNED_IN
from storefront.forms import HttpRequest, read_query
from storefront.fresh_sign_in import AGAIN_PATH, DONE_PATH, PROVIDER_PATH
from storefront.pages import Page, Pages
from storefront.routes.sso_sign_in import browser_cookie_of, send_to, show_refusal


@get(PROVIDER_PATH, opt=SIGNED_IN)
async def go_to_provider(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Who has none is asked for the password."""
    wanted = read_query(request).text("next")
    try:
        sent = await begin_confirming(
            services,
            pages.request_context.actor,
            cookie=browser_cookie_of(request, pages.settings),
            next_path=wanted,
        )
    except NotFound:
        return pages.go(f"{AGAIN_PATH}?{urlencode({'next': wanted})}")
    except (InvalidState, RateLimited) as error:
        return show_refusal(pages, error)
    return send_to(pages, sent)


@get(DONE_PATH, opt=SIGNED_IN)
async def show_done(pages: NamedDependency[Pages]) -> Page:
    return pages.show("sso/confirmed.html")
