"""How an affiliate is paid: the country of the payout account, and Stripe's pages of it."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.affiliates.affiliates import find_affiliate_of, get_own_affiliate
from chenu.billing import connect_accounts
from chenu.core.errors import ProviderUnavailable
from chenu.flows.affiliates.onboarding import (
    PATH,
    choose_country,
    make_payout_bank_link,
    make_payout_setup_link,
    refresh_own_payouts,
)
from chenu.flows.services import Services
from storefront.access import SIGNED_IN
from storefront.forms import REFUSALS, Fields, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.affiliate import render_affiliate

_PAGE = "/affiliate"
_PAYOUTS = f"{_PAGE}#payouts"


@post(f"{_PAGE}/country", opt=SIGNED_IN)
async def save_country(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await choose_country(pages.request_context.actor, fields.text("country"))
    except REFUSALS as error:
        affiliate = await get_own_affiliate(pages.request_context.actor)
        form = pages.refused("country", keep(fields, ("country",)), error)
        return await render_affiliate(pages, affiliate, Fields({}), form, pages.status(error))
    return pages.go(PATH)


async def _find_page_before_onboarding(pages: Pages) -> Page | None:
    """Onboarding asks Stripe: not for a HEAD request, nor before the country is known."""
    user_id = pages.request_context.actor.require_user()
    if await find_affiliate_of(user_id) is None:
        return pages.go("/affiliates")
    has_account = await connect_accounts.find_of_user(user_id) is not None
    return pages.go(_PAYOUTS) if pages.request_context.is_head or not has_account else None


@get(PATH, opt=SIGNED_IN)
async def open_payout_setup(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Redirects to Stripe's single-use page, whose link is created for this click."""
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    link = await make_payout_setup_link(services, pages.request_context.actor)
    return pages.go(link or f"{_PAGE}?notice=affiliate-ready")


@get(f"{PATH}/account", opt=SIGNED_IN)
async def open_bank_page(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Redirects to Stripe's page of the account, for another bank account; made for this click.

    Each is in the audit trail, so that a link of another site leads to the page.
    """
    if not pages.request_context.origin_ok:
        return pages.go(_PAYOUTS)
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    link = await make_payout_bank_link(services, pages.request_context.actor)
    return pages.go(link or PATH)


@get(f"{PATH}/return", opt=SIGNED_IN)
async def return_from_setup(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Returning from Stripe does not prove completion, so that Stripe is asked."""
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    try:
        is_ready = await refresh_own_payouts(services, pages.request_context.actor)
    except ProviderUnavailable:
        is_ready = False
    return pages.go(f"{_PAGE}?notice={'affiliate-ready' if is_ready else 'payouts-waiting'}")
