"""What an account may, for the support desk: the plan's rights and the overrides of them."""

import asyncio
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.overrides import (
    OverrideInput,
    list_overrides,
    remove_override,
    set_override,
)
from chenu.accounts.queries import find_account, list_accounts_of_member
from chenu.core.errors import NotFound
from chenu.tiers.catalogue import Feature
from chenu.tokens.entitlements import get_entitlements
from storefront.access import SUPPORT
from storefront.entitlement_words import feature_choices
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.typed_values import read_day, read_number

_SET = ("feature", "access", "limit", "expires_at", "reason")
_REMOVE = ("feature", "reason")


@get("/staff/accounts", opt=SUPPORT)
async def show_search(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Accounts by the address of somebody in them."""
    email = read_query(request).text("email").strip()
    found = await list_accounts_of_member(email) if email else []
    page = pages.show("staff/accounts.html", email=email, accounts=found)
    reads = [StaffRead("account", account.id) for account in found]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


@get("/staff/accounts/{account_id:uuid}", opt=SUPPORT)
async def show_account(pages: NamedDependency[Pages], account_id: FromPath[UUID]) -> Page:
    return await _render(pages, AccountId(account_id), FormView("override"))


async def _render(pages: Pages, account_id: AccountId, form: FormView, status: int = 200) -> Page:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    entitlements, overrides = await asyncio.gather(
        get_entitlements(account_id), list_overrides(account_id)
    )
    page = pages.show(
        "staff/account.html",
        status,
        account=account,
        entitlements=entitlements.entitlements,
        overrides=overrides,
        features=feature_choices(pages.locale),
        form=form,
        set_form=form if form.name == "override" else FormView("override"),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("account", account_id)])
    return page


@post("/staff/accounts/{account_id:uuid}/overrides", opt=SUPPORT)
async def save_override(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AccountId(account_id)
    try:
        await set_override(pages.request_context.actor, row_id, _read_override(fields))
    except REFUSALS as error:
        form = pages.refused("override", keep(fields, _SET), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/accounts/{row_id}?notice=override-set")


@post("/staff/accounts/{account_id:uuid}/overrides/remove", opt=SUPPORT)
async def end_override(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AccountId(account_id)
    try:
        feature = fields.read_choice("feature", Feature)
        await remove_override(pages.request_context.actor, row_id, feature, fields.text("reason"))
    except REFUSALS as error:
        name = f"remove-{fields.text('feature').lower()}"
        form = pages.refused(name, keep(fields, _REMOVE), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/accounts/{row_id}?notice=override-removed")


def _read_override(fields: Fields) -> OverrideInput:
    return OverrideInput(
        feature=fields.read_choice("feature", Feature),
        enabled=fields.text("access") != "off",
        limit=read_number(fields.text("limit"), "limit"),
        reason=fields.text("reason"),
        expires_at=read_day(fields.text("expires_at"), "expires_at"),
    )
