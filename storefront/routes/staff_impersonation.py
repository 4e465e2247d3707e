"""Seeing the pages of a customer as they see them: begun with a reason, left with one button."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.impersonation import end_impersonation, start_impersonation
from chenu.accounts.queries import find_account
from chenu.accounts.request_context import LEAVE_PATH, impersonation_cookie
from chenu.core.errors import BrokenRequest, NotFound
from storefront.access import SIGNED_IN, SUPPORT
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages

_REFUSED = (*REFUSALS, BrokenRequest)
_PATH = "/staff/customers/{account_id:uuid}/impersonate"


@get(_PATH, opt=SUPPORT)
async def show_impersonation(pages: NamedDependency[Pages], account_id: FromPath[UUID]) -> Page:
    return await _render(pages, AccountId(account_id), FormView("impersonate"))


@post(_PATH, opt=SUPPORT)
async def impersonate(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AccountId(account_id)
    try:
        begun = await start_impersonation(
            pages.request_context.actor, row_id, fields.text("reason")
        )
    except _REFUSED as error:
        form = pages.refused("impersonate", keep(fields, ("reason",)), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go("/account", cookie=impersonation_cookie(pages.settings, begun.token))


async def _render(pages: Pages, account_id: AccountId, form: FormView, status: int = 200) -> Page:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    page = pages.show("staff/impersonate.html", status, account=account, form=form)
    await record_staff_reads(pages.request_context.actor, [StaffRead("account", account_id)])
    return page


@post(LEAVE_PATH, opt=SIGNED_IN)
async def leave(pages: NamedDependency[Pages]) -> Page:
    """For whoever sees nobody's pages it is no error."""
    account_id = await end_impersonation(pages.request_context.actor)
    path = "/" if account_id is None else f"/staff/customers/{account_id}"
    return pages.go(path, cookie=impersonation_cookie(pages.settings, None))
