"""Affiliates, for finance: who they are, whom they brought, and what staff do about fraud."""

from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.affiliates.commissions import list_commissions
from chenu.affiliates.model import AffiliateId, ReferralId
from chenu.affiliates.payouts import list_payouts
from chenu.affiliates.referrals import get_referral
from chenu.affiliates.transfer_words import transfer_failure_text
from chenu.core.paging import Key, PageRequest
from chenu.core.paging import Page as Rows
from chenu.flows.affiliates.attribution import attribute_account
from chenu.flows.affiliates.desk import (
    AffiliateView,
    ReferralView,
    find_affiliate_views,
    get_affiliate_view,
    get_figures,
    list_affiliate_views,
    list_referral_views,
)
from chenu.flows.affiliates.held_referrals import hold_referral, release_referral
from chenu.flows.affiliates.standing import reinstate_affiliate, suspend_affiliate
from storefront import affiliate_staff_words
from storefront.access import FINANCE
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PATH = "/staff/affiliates"
_ONE = f"{_PATH}/{{affiliate_id:uuid}}"
_REFERRAL = "/staff/referrals/{referral_id:uuid}"
_PAGE_SIZE = 25


@get(_PATH, opt=FINANCE)
async def show_affiliates(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """All, or the one with this code, e-mail address or id."""
    query = read_query(request)
    asked = query.text("q").strip()
    stem = f"{_PATH}?{urlencode({'q': asked})}" if asked else _PATH
    pager = Pager(pages.cursors.of_list("affiliates", asked), stem, _PAGE_SIZE)
    found = await _find(asked, pager.read(query))
    page = pages.show(
        "staff/affiliates.html",
        asked=asked,
        affiliates=found.rows,
        links=pager.links(found, lambda each: _key(each.row.id)),
        standings=affiliate_staff_words.STANDINGS,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "affiliates")])
    return page


async def _find(asked: str, request: PageRequest) -> Rows[AffiliateView]:
    if not asked:
        return await list_affiliate_views(request)
    return Rows(await find_affiliate_views(asked), has_next=False, has_previous=False)


def _key(row_id: UUID) -> Key:
    return (str(row_id), str(row_id))


def _key_of_referral(view: ReferralView) -> Key:
    return _key(view.row.id)


@get(_ONE, opt=FINANCE)
async def show_affiliate(
    request: HttpRequest, pages: NamedDependency[Pages], affiliate_id: FromPath[UUID]
) -> Page:
    return await _render(request, pages, AffiliateId(affiliate_id), FormView("standing"))


async def _render(
    request: HttpRequest,
    pages: Pages,
    affiliate_id: AffiliateId,
    form: FormView,
    status: int = 200,
) -> Page:
    view = await get_affiliate_view(affiliate_id)
    page = pages.show(
        "staff/affiliate.html",
        status,
        view=view,
        figures=await get_figures(view),
        form=form,
        attribute_form=form if form.name == "attribute" else FormView("attribute"),
        standing_form=form if form.name == "standing" else FormView("standing"),
        words_of=affiliate_staff_words,
        transfer_failure=transfer_failure_text,
        **await _read_lists(pages, affiliate_id, read_query(request)),
    )
    reads = [StaffRead("affiliate", affiliate_id)]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


async def _read_lists(pages: Pages, affiliate_id: AffiliateId, query: Fields) -> dict[str, object]:
    brought = _pager(pages, affiliate_id, "referrals")
    referrals = await list_referral_views(affiliate_id, brought.read(query))
    earned = _pager(pages, affiliate_id, "commissions")
    commissions = await list_commissions(affiliate_id, earned.read(query))
    paid = _pager(pages, affiliate_id, "payouts")
    payouts = await list_payouts(affiliate_id, paid.read(query))
    return {
        "referrals": referrals.rows,
        "links": brought.links(referrals, _key_of_referral),
        "commissions": commissions.rows,
        "commission_links": earned.links(commissions, lambda row: _key(row.id)),
        "payouts": payouts.rows,
        "payout_links": paid.links(payouts, lambda row: _key(row.id)),
    }


def _pager(pages: Pages, affiliate_id: AffiliateId, name: str) -> Pager:
    """Of one list on an affiliate's page."""
    cursors = pages.cursors.of_list(f"staff {name}", str(affiliate_id))
    stem, anchor = f"{_PATH}/{affiliate_id}", f"#{name}-title"
    return Pager(cursors, stem, _PAGE_SIZE, f"{name}_", anchor)


@post(f"{_ONE}/suspend", opt=FINANCE)
async def suspend(
    request: HttpRequest, pages: NamedDependency[Pages], affiliate_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AffiliateId(affiliate_id)
    try:
        await suspend_affiliate(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("standing", keep(fields, ("reason",)), error)
        return await _render(request, pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=affiliate-suspended")


@post(f"{_ONE}/reinstate", opt=FINANCE)
async def reinstate(
    request: HttpRequest, pages: NamedDependency[Pages], affiliate_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AffiliateId(affiliate_id)
    try:
        await reinstate_affiliate(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("standing", keep(fields, ("reason",)), error)
        return await _render(request, pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=affiliate-reinstated")


@post(f"{_ONE}/customers", opt=FINANCE)
async def attribute(
    request: HttpRequest, pages: NamedDependency[Pages], affiliate_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AffiliateId(affiliate_id)
    try:
        customer, reason = fields.text("customer"), fields.text("reason")
        await attribute_account(pages.request_context.actor, row_id, customer, reason)
    except REFUSALS as error:
        form = pages.refused("attribute", keep(fields, ("customer", "reason")), error)
        return await _render(request, pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=referral-attributed")


@post(f"{_REFERRAL}/hold", opt=FINANCE)
async def hold(
    request: HttpRequest, pages: NamedDependency[Pages], referral_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), ReferralId(referral_id)
    referral = await get_referral(row_id)
    try:
        await hold_referral(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"hold-{row_id}", keep(fields, ("reason",)), error)
        return await _render(request, pages, referral.affiliate_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{referral.affiliate_id}?notice=referral-held")


@post(f"{_REFERRAL}/release", opt=FINANCE)
async def release(
    request: HttpRequest, pages: NamedDependency[Pages], referral_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), ReferralId(referral_id)
    referral = await get_referral(row_id)
    try:
        await release_referral(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"release-{row_id}", keep(fields, ("reason",)), error)
        return await _render(request, pages, referral.affiliate_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{referral.affiliate_id}?notice=referral-released")
