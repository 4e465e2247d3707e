"""The second factor of one's own account: on, off, and new recovery codes."""

from collections.abc import Sequence

import segno
from litestar import get, post
from litestar.di import NamedDependency
from markupsafe import Markup

from chenu.accounts.impersonation import ImpersonationRow, list_impersonations
from chenu.accounts.second_factor import (
    begin_factor,
    confirm_factor,
    get_factor,
    renew_recovery_codes,
    turn_factor_off,
)
from chenu.accounts.users import get_user
from chenu.core.paging import Key, PageRequest
from chenu.flows.sso.confirming import find_own_ways
from storefront.access import SIGNED_IN
from storefront.forms import REFUSED_TRIES, Fields, FormView, HttpRequest, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.sessions import with_retry

_PATH = "/account/security"
_PAGE_SIZE = 10


@get(_PATH, opt=SIGNED_IN)
async def show_security(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("confirm"), query=read_query(request))


async def _render(
    pages: Pages, form: FormView, status: int = 200, query: Fields | None = None
) -> Page:
    actor = pages.request_context.actor
    cursors = pages.cursors.of_list("impersonations", actor.require_user())
    pager = Pager(cursors, _PATH, _PAGE_SIZE, anchor="#looks-title")
    asked = PageRequest(_PAGE_SIZE) if query is None else pager.read(query)
    looks = await list_impersonations(actor.require_user(), asked)
    user = await get_user(actor.require_user())
    factor = await get_factor(actor, user.email, pages.settings.secret)
    picture = None if factor.app_key is None else draw_code(factor.app_key.uri)
    return pages.show(
        "account/security.html",
        status,
        form=form,
        factor=factor,
        picture=picture,
        ways=await find_own_ways(actor),
        looks=looks.rows,
        look_links=pager.links(looks, _key_of),
    )


def _key_of(row: ImpersonationRow) -> Key:
    return (str(row.id), str(row.id))


def draw_code(uri: str) -> Markup:
    """Black on white in both colour schemes: cameras want it so. Holds shapes, no text."""
    drawn = segno.make(uri, error="m", micro=False).svg_inline(
        scale=5, light="#fff", border=4, omitsize=False
    )
    return Markup(drawn)  # noqa: S704 - drawn by us


@post(f"{_PATH}/begin", opt=SIGNED_IN)
async def begin(pages: NamedDependency[Pages]) -> Page:
    try:
        await begin_factor(pages.request_context.actor, pages.settings.secret)
    except REFUSED_TRIES as error:
        return await _render(pages, pages.refused("begin", {}, error), pages.status(error))
    return pages.go(f"{_PATH}#confirm-title")


@post(f"{_PATH}/confirm", opt=SIGNED_IN)
async def confirm(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Shows the recovery codes once, in this response."""
    code = (await read_form(request)).text("code")
    try:
        codes = await confirm_factor(pages.request_context.actor, code, pages.settings.secret)
    except REFUSED_TRIES as error:
        page = await _render(pages, pages.refused("confirm", {}, error), pages.status(error))
        return with_retry(page, error)
    return _show_codes(pages, codes)


def _show_codes(pages: Pages, codes: Sequence[str]) -> Page:
    return pages.show("account/recovery_codes.html", codes=codes)


@post(f"{_PATH}/codes", opt=SIGNED_IN)
async def renew_codes(pages: NamedDependency[Pages]) -> Page:
    try:
        codes = await renew_recovery_codes(pages.request_context.actor)
    except REFUSED_TRIES as error:
        return await _render(pages, pages.refused("codes", {}, error), pages.status(error))
    return _show_codes(pages, codes)


@post(f"{_PATH}/off", opt=SIGNED_IN)
async def turn_off(pages: NamedDependency[Pages]) -> Page:
    try:
        await turn_factor_off(pages.request_context.actor)
    except REFUSED_TRIES as error:
        return await _render(pages, pages.refused("off", {}, error), pages.status(error))
    return pages.go(f"{_PATH}?notice=factor-off")
