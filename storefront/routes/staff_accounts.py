"""What an account may, for the support desk: the plan's rights and the overrides of them."""

import asyncio
from datetime import UTC, date, datetime, time
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.entitlements import get_entitlements
from chenu.accounts.overrides import (
    OverrideInput,
    list_overrides,
    remove_override,
    set_override,
)
from chenu.accounts.queries import find_account, list_accounts_of_member
from chenu.core.errors import Invalid, NotFound
from chenu.core.i18n import mark
from chenu.tiers.catalogue import Feature
from storefront.access import SUPPORT
from storefront.entitlement_words import feature_choices
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages

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
        feature = _read_feature(fields)
        await remove_override(pages.request_context.actor, row_id, feature, fields.text("reason"))
    except REFUSALS as error:
        name = f"remove-{fields.text('feature').lower()}"
        form = pages.refused(name, keep(fields, _REMOVE), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/accounts/{row_id}?notice=override-removed")


def _read_override(fields: Fields) -> OverrideInput:
    return OverrideInput(
        feature=_read_feature(fields),
        enabled=fields.text("access") != "off",
        limit=_read_limit(fields),
        reason=fields.text("reason"),
        expires_at=_read_end(fields),
    )


def _read_feature(fields: Fields) -> Feature:
    try:
        return Feature(fields.text("feature"))
    except ValueError:
        allowed = ", ".join(Feature)
        message = mark("Please choose one of {allowed}")
        raise Invalid(message, path=("feature",), allowed=allowed) from None


def _read_limit(fields: Fields) -> int | None:
    """Empty for none."""
    typed = "".join(fields.text("limit").split())
    if not typed:
        return None
    try:
        return int(typed)
    except ValueError:
        raise Invalid("Please enter a whole number", path=("limit",)) from None


def _read_end(fields: Fields) -> datetime | None:
    """The beginning of the day, UTC; empty for no end."""
    typed = fields.text("expires_at").strip()
    if not typed:
        return None
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError:
        message = mark("Please enter a date such as 2026-12-31")
        raise Invalid(message, path=("expires_at",)) from None
