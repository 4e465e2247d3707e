"""What an affiliate sees: clicks, customers, commissions, links to share, the next payout."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from chenu.accounts.replica_reads import replica_reads
from chenu.affiliates.affiliates import AffiliateRow, find_affiliate_of, get_own_affiliate
from chenu.affiliates.commissions import CommissionRow, list_commissions
from chenu.affiliates.model import RATE, AffiliateId
from chenu.affiliates.payouts import PayoutRow, list_payouts
from chenu.affiliates.statistics import Step, get_statistics, list_steps
from chenu.affiliates.transfer_words import transfer_failure_text
from chenu.billing import connect_accounts
from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.core.months import month_of
from chenu.core.paging import Key, PageRequest
from chenu.core.staleness import ReadKind
from chenu.flows.affiliates.links import build_link, link_of
from chenu.flows.services import Services
from storefront import affiliate_words
from storefront.access import SIGNED_IN
from storefront.affiliate_chart import draw_steps, list_first_days
from storefront.affiliate_view import ShownCommission, show_commissions
from storefront.affiliate_words import COMMISSION_KINDS, COMMISSION_STATES, list_ready_texts
from storefront.csv_export import Cell, in_euros, send_csv
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

PATH = "/affiliate"
_COMMISSIONS = 20
_PAYOUTS = 12
_BATCH = 500
_FILE = mark("commissions")

HEAD = (
    mark("Time (UTC)"),
    mark("Kind"),
    mark("Why"),
    mark("Customer"),
    mark("Invoice"),
    mark("Invoiced"),
    mark("Paid"),
    mark("VAT in it"),
    mark("Base"),
    mark("Rate in %"),
    mark("Commission"),
    mark("State"),
    mark("Due (UTC)"),
    mark("Payout"),
)


@get(PATH, opt=SIGNED_IN)
async def show_affiliate(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    affiliate = await find_affiliate_of(pages.request_context.actor.require_user())
    if affiliate is None:
        return pages.go("/affiliates")
    return await render_affiliate(pages, affiliate, read_query(request), FormView("country"))


async def render_affiliate(
    pages: Pages, affiliate: AffiliateRow, query: Fields, form: FormView, status: int = 200
) -> Page:
    """`form` is that of the payouts' country; what is typed for a link stands in the query."""
    links = _build(pages, affiliate, query)
    refusal = links.form.refusal
    if refusal is not None:
        status = pages.status(refusal)
    return pages.show(
        "affiliate/page.html",
        status,
        affiliate=affiliate,
        affiliate_words=affiliate_words,
        rate=RATE,
        statistics=await get_statistics(affiliate.id),
        chart=await _draw(affiliate, query),
        account=await connect_accounts.find_of_user(affiliate.member),
        next_run=month_of(business_now()).next().first_day,
        form=form,
        link=links.link,
        link_form=links.form,
        typed=links.typed,
        texts=list_ready_texts(links.link),
        **await _read_commissions(pages, affiliate, query),
        **await _read_payouts(pages, affiliate, query),
    )


class _Links(msgspec.Struct, frozen=True):
    """`typed` is the address that `link` leads to; empty for the home page."""

    link: str
    typed: str
    form: FormView


def _build(pages: Pages, affiliate: AffiliateRow, query: Fields) -> _Links:
    """To the page whose address was typed; to the home page until one was."""
    typed = query.text("address").strip()
    values = {"address": typed}
    try:
        link = build_link(pages.settings.public_url, typed, affiliate.code)
    except REFUSALS as error:
        home = link_of(pages.settings.public_url, affiliate.code)
        return _Links(home, "", pages.refused("link", values, error))
    return _Links(link, typed, FormView("link", values))


async def _draw(affiliate: AffiliateRow, query: Fields) -> object:
    step = Step.MONTH if query.text("chart") == Step.MONTH.value else Step.DAY
    first_day = list_first_days(step)[0]
    return draw_steps(step, await list_steps(affiliate.id, first_day, step))


async def _read_commissions(
    pages: Pages, affiliate: AffiliateRow, query: Fields
) -> dict[str, object]:
    cursors = pages.cursors.of_list("commissions", affiliate.id)
    pager = Pager(cursors, PATH, _COMMISSIONS, "commissions_", "#commissions")
    found = await list_commissions(affiliate.id, pager.read(query))
    return {
        "commissions": await show_commissions(found.rows, pages.locale),
        "commission_links": pager.links(found, key_of_commission),
    }


async def _read_payouts(pages: Pages, affiliate: AffiliateRow, query: Fields) -> dict[str, object]:
    cursors = pages.cursors.of_list("payouts", affiliate.id)
    pager = Pager(cursors, PATH, _PAYOUTS, "payouts_", "#payout-list")
    found = await list_payouts(affiliate.id, pager.read(query))
    return {
        "payouts": found.rows,
        "payout_links": pager.links(found, _key_of_payout),
        "transfer_failure": transfer_failure_text,
    }


def _key_of_payout(row: PayoutRow) -> Key:
    return (str(row.id), str(row.id))


def key_of_commission(row: CommissionRow) -> Key:
    return (str(row.id), str(row.id))


@get(f"{PATH}/commissions.csv", opt=SIGNED_IN)
async def download_commissions(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Stream:
    affiliate = await get_own_affiliate(pages.request_context.actor)
    name = f"chenu-{pages.say(_FILE)}.csv"
    head = [pages.say(title) for title in HEAD]
    return send_csv(name, head, _list_rows(pages, services, affiliate.id), pages.locale)


async def _list_rows(
    pages: Pages, services: Services, affiliate_id: AffiliateId
) -> AsyncIterator[list[Sequence[Cell]]]:
    actor, writes = pages.request_context.actor, services.recent_writes
    key: Key | None = None
    while True:
        async with replica_reads(actor, writes, ReadKind.EXPORTS):
            batch = await list_commissions(affiliate_id, PageRequest(_BATCH, key))
            shown = await show_commissions(batch.rows, pages.locale)
        yield [_row(pages, each) for each in shown]
        if not batch.has_next:
            return
        key = key_of_commission(batch.rows[-1])


def _row(pages: Pages, shown: ShownCommission) -> Sequence[Cell]:
    row = shown.row
    return (
        row.created_at.isoformat(timespec="seconds"),
        pages.say(COMMISSION_KINDS[row.kind]),
        pages.say(shown.reason),
        shown.hint,
        shown.invoice_number,
        *(in_euros(amount) for amount in (row.total, row.paid, shown.tax, row.base)),
        in_euros(row.basis_points),
        in_euros(row.amount),
        pages.say(COMMISSION_STATES[row.status]),
        row.due_at.isoformat(timespec="seconds"),
        f"{shown.payout.month:%Y-%m}" if shown.payout else None,
    )
