"""Customers, for support and finance: found by whatever is known, with all that happened."""

import asyncio
from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId, Staff
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.overrides import (
    OverrideInput,
    list_overrides,
    remove_override,
    set_override,
)
from chenu.accounts.queries import find_account
from chenu.accounts.users import get_user
from chenu.core.errors import NotFound
from chenu.core.ids import find_id
from chenu.core.time_line import Line
from chenu.flows.customers.search import MOST_FOUND, find_customers
from chenu.flows.customers.time_line import LineKind, list_time_line
from chenu.ledger.operation_list import find_operation
from chenu.tiers.catalogue import Feature
from chenu.tokens.entitlements import get_entitlements
from storefront import time_line_words
from storefront.access import SUPPORT, SUPPORT_OR_FINANCE
from storefront.entitlement_words import feature_choices
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.stripe_links import find_stripe_url
from storefront.typed_values import read_day, read_number

_PATH = "/staff/customers"
_OLD = "/staff/accounts"
_SET = ("feature", "access", "limit", "expires_at", "reason")
_REMOVE = ("feature", "reason")
_PAGE_SIZE = 50


@get(_PATH, opt=SUPPORT_OR_FINANCE)
async def show_search(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Whoever is found alone is opened."""
    typed = read_query(request).text("q").strip()
    found = await find_customers(typed)
    if len(found) == 1:
        return pages.go(f"{_PATH}/{found[0].account.id}")
    if not found and (operation := await _find_operation(pages, typed)):
        return pages.go(operation)
    page = pages.show(
        "staff/customers.html",
        typed=typed,
        found=found,
        most=MOST_FOUND,
        line_words=time_line_words,
    )
    reads = [StaffRead("account", each.account.id) for each in found]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


async def _find_operation(pages: Pages, typed: str) -> str | None:
    """The page of a call to Stripe that is made for nobody's account."""
    operation_id = find_id(typed)
    if operation_id is None or not pages.request_context.actor.has_staff(Staff.FINANCE):
        return None
    found = await find_operation(operation_id)
    return None if found is None else f"/staff/payments/operations/{found.id}"


@get(
    [_OLD, *(f"{_OLD}/{{account_id:uuid}}{rest}" for rest in ("", "/invoices", "/contracts"))],
    opt=SUPPORT_OR_FINANCE,
)
async def follow_old_address(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Customers were called accounts here."""
    path = request.scope["path"].replace(_OLD, _PATH, 1)
    email = read_query(request).text("email")
    return pages.go(f"{path}?{urlencode({'q': email})}" if email else path)


@get(f"{_PATH}/{{account_id:uuid}}", opt=SUPPORT_OR_FINANCE)
async def show_customer(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    return await _render(request, pages, AccountId(account_id), FormView("override"))


async def _render(
    request: HttpRequest, pages: Pages, account_id: AccountId, form: FormView, status: int = 200
) -> Page:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    query, actor = read_query(request), pages.request_context.actor
    kinds = _read_kinds(query)
    pager = _pager(pages, account_id, kinds)
    entitlements, overrides, owner, lines = await asyncio.gather(
        get_entitlements(account_id),
        list_overrides(account_id),
        get_user(account.owner_id),
        list_time_line(actor, account_id, kinds, pager.read(query)),
    )
    page = pages.show(
        "staff/customer.html",
        status,
        account=account,
        owner=owner,
        lines=lines.rows,
        links=pager.links(lines, lambda line: line.key),
        kind=kinds[0] if kinds else None,
        line_words=time_line_words,
        stripe_url=lambda stripe_id: find_stripe_url(pages.settings.stripe.mode, stripe_id),
        page_of=lambda line: _find_page(pages, line),
        entitlements=entitlements.entitlements,
        overrides=overrides,
        features=feature_choices(pages.locale),
        form=form,
        set_form=form if form.name == "override" else FormView("override"),
    )
    await record_staff_reads(actor, [StaffRead("account", account_id)])
    return page


def _read_kinds(query: Fields) -> tuple[LineKind, ...]:
    """One, or all where none is named that there is."""
    kind = query.text("kind")
    return (LineKind(kind),) if kind in set(LineKind) else ()


def _pager(pages: Pages, account_id: AccountId, kinds: tuple[LineKind, ...]) -> Pager:
    stem = f"{_PATH}/{account_id}{f'?kind={kinds[0]}' if kinds else ''}"
    cursors = pages.cursors.of_list("time line", str(account_id), *kinds)
    return Pager(cursors, stem, _PAGE_SIZE, anchor="#time-line")


def _find_page(pages: Pages, line: Line) -> str | None:
    """None for a line without a page, and where it is not open to the visitor."""
    found = time_line_words.PAGES.get(line.source)
    if found is None or not pages.request_context.actor.has_staff(found.role):
        return None
    if "{" not in found.path:
        return found.path
    return found.path.format(line.page_id) if line.page_id else None


@post(f"{_PATH}/{{account_id:uuid}}/overrides", opt=SUPPORT)
async def save_override(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AccountId(account_id)
    try:
        await set_override(pages.request_context.actor, row_id, _read_override(fields))
    except REFUSALS as error:
        form = pages.refused("override", keep(fields, _SET), error)
        return await _render(request, pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=override-set")


@post(f"{_PATH}/{{account_id:uuid}}/overrides/remove", opt=SUPPORT)
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
        return await _render(request, pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=override-removed")


def _read_override(fields: Fields) -> OverrideInput:
    return OverrideInput(
        feature=fields.read_choice("feature", Feature),
        enabled=fields.text("access") != "off",
        limit=read_number(fields.text("limit"), "limit"),
        reason=fields.text("reason"),
        expires_at=read_day(fields.text("expires_at"), "expires_at"),
    )
