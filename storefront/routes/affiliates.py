"""The affiliate programme: what it is, joining it, and the consent to its cookie."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import link_cookie, refused_link_cookie
from chenu.affiliates.affiliates import AffiliateRow, find_affiliate_of
from chenu.affiliates.click_tokens import read_click
from chenu.affiliates.model import ATTRIBUTION, HELD_FOR, MINIMUM_PAYOUT, RATE
from chenu.flows.affiliates.join import join_programme
from chenu.flows.affiliates.links import link_of
from chenu.flows.return_urls import is_local_path
from storefront.access import PUBLIC, SIGNED_IN, WITHOUT_METER
from storefront.forms import REFUSALS, FormView, HttpRequest, read_form
from storefront.pages import Page, Pages

PATH = "/affiliates"


@get(PATH, opt=PUBLIC)
async def show_programme(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("join"))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    affiliate = await _find_own(pages)
    link = "" if affiliate is None else link_of(pages.settings.public_url, affiliate.code)
    return pages.show(
        "affiliates/page.html",
        status,
        form=form,
        affiliate=affiliate,
        link=link,
        rate=RATE,
        held_days=HELD_FOR.days,
        attribution_days=ATTRIBUTION.days,
        minimum=MINIMUM_PAYOUT,
    )


async def _find_own(pages: Pages) -> AffiliateRow | None:
    actor = pages.request_context.actor
    if actor.kind is not ActorKind.SESSION:
        return None
    return await find_affiliate_of(actor.require_user())


@post("/affiliates/join", opt=SIGNED_IN)
async def join(pages: NamedDependency[Pages]) -> Page:
    try:
        await join_programme(pages.request_context.actor)
    except REFUSALS as error:
        return await _render(pages, pages.refused("join", {}, error), pages.status(error))
    return pages.go(f"{PATH}?notice=affiliate-joined")


@post("/affiliates/consent", opt=PUBLIC | WITHOUT_METER)
async def answer_consent(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Back to the page; only a yes to a click that we recorded sets a cookie that lasts."""
    fields = await read_form(request)
    token, wanted = fields.text("link"), fields.text("next")
    back = wanted if is_local_path(wanted) else "/"
    link = read_click(token, pages.settings.secret)
    if fields.text("answer") != "yes":
        return pages.go(back, cookie=refused_link_cookie(pages.settings))
    if link is None:
        return pages.go(back)
    return pages.go(back, cookie=link_cookie(pages.settings, token))
