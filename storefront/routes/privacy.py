"""What one may do with one's own data: have it exported, and have it deleted."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from chenu.accounts.factor_state import has_second_factor
from chenu.accounts.request_context import session_cookie
from chenu.core.errors import BrokenRequest, ChenuError, RateLimited
from chenu.flows.privacy.deletion import CONFIRMATION_WORD, delete_person
from chenu.flows.privacy.export import ARCHIVE_NAME
from chenu.flows.privacy.obstacles import find_obstacles
from chenu.flows.services import Services
from chenu.flows.sso.confirming import find_own_ways, read_password
from chenu.privacy.exports import (
    DataExport,
    find_last_export,
    open_last_export,
    read_archive,
    request_export,
)
from storefront.access import SIGNED_IN
from storefront.forms import REFUSED_TRIES, FormView, HttpRequest, forms_of_page, read_form
from storefront.pages import Page, Pages

_FORMS = ("export", "download", "delete")
PAGE = "/account/privacy"


@get(PAGE, opt=SIGNED_IN)
async def show_privacy(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("export"))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    return pages.show(
        "account/privacy.html",
        status,
        form=form,
        forms=forms_of_page(form, _FORMS),
        export=await find_last_export(actor.require_user()),
        obstacles=await find_obstacles(actor),
        word=pages.say(CONFIRMATION_WORD),
        has_factor=await has_second_factor(actor.require_user()),
        ways=await find_own_ways(actor),
    )


async def _show_again(pages: Pages, form: str, error: ChenuError) -> Page:
    page = await _render(pages, pages.refused(form, {}, error), pages.status(error))
    if isinstance(error, RateLimited):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


@post("/account/privacy/export", opt=SIGNED_IN)
async def ask_for_export(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Made by the worker, which writes a mail when it is ready."""
    fields, actor = await read_form(request), pages.request_context.actor
    try:
        password = await read_password(actor, fields.text("current_password"))
        await request_export(actor, password)
    except REFUSED_TRIES as error:
        return await _show_again(pages, "export", error)
    return pages.go(f"{PAGE}?notice=export-asked")


@post("/account/privacy/download", opt=SIGNED_IN)
async def download_export(
    request: HttpRequest, pages: NamedDependency[Pages]
) -> Response[bytes] | Stream:
    """By a form, because it may ask for the password."""
    fields, actor = await read_form(request), pages.request_context.actor
    try:
        password = await read_password(actor, fields.text("current_password"))
        export = await open_last_export(actor, password)
    except REFUSED_TRIES as error:
        return await _show_again(pages, "download", error)
    return _send(export)


def _send(export: DataExport) -> Stream:
    headers = {
        "Content-Disposition": f'attachment; filename="{ARCHIVE_NAME}"',
        "Content-Length": str(export.size),
        "Cache-Control": "no-store",
    }
    content = read_archive(export.id)
    return Stream(content, status_code=200, media_type="application/zip", headers=headers)


@post("/account/privacy/delete", opt=SIGNED_IN)
async def delete(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """The person's sessions are gone afterwards, this one too."""
    fields = await read_form(request)
    password, typed = fields.text("current_password"), fields.text("confirmation")
    actor, code = pages.request_context.actor, fields.text("code")
    try:
        await delete_person(services, actor, password, typed, code)
    except (*REFUSED_TRIES, BrokenRequest) as error:
        return await _show_again(pages, "delete", error)
    return pages.go("/?notice=deleted", cookie=session_cookie(pages.settings, None))
