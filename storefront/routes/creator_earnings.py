"""A creator's earnings of a month: in all, by day, by agent, payment by payment, and as CSV."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from chenu.accounts.replica_reads import replica_reads
from chenu.agents.creators import get_own_creator
from chenu.agents.earnings import (
    AgentEarnings,
    Earnings,
    SoldPayment,
    find_first_sale,
    get_earnings,
    list_agent_earnings,
    list_sold_payments,
)
from chenu.agents.legal_details import find_legal_details
from chenu.agents.model import CreatorId
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.billing.payout_words import failure_text
from chenu.core.clock import business_now
from chenu.core.errors import ProviderUnavailable
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of, read_month
from chenu.core.paging import Key, PageRequest
from chenu.core.staleness import ReadKind
from chenu.flows.creators.balance import find_money_at_stripe, get_creator_balance
from chenu.flows.services import Services
from storefront.access import SIGNED_IN
from storefront.csv_export import Cell, in_euros, send_csv
from storefront.earnings_chart import EarningsChart, draw_days
from storefront.forms import Fields, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.creator_statements import read_statements
from storefront.routes.tokens import name_agents

_PATH = "/creator/earnings"
_AGENTS = 20
_PAYMENTS = 25
_BATCH = 1_000
_MOST_MONTHS = 36

HEAD = (
    mark("Time (UTC)"),
    mark("Agent"),
    mark("Price"),
    mark("Discount"),
    mark("Paid"),
    mark("Refunded"),
    mark("VAT"),
    mark("CHE·NU"),
    mark("Your share"),
    mark("Your share, after refunds"),
    mark("Rule"),
    mark("Payment"),
    mark("Transfer"),
)


@get(_PATH, opt=SIGNED_IN)
async def show_earnings(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    creator = await find_creator_of(pages.request_context.actor.require_user())
    if creator is None:
        return pages.go("/creator/join")
    query = read_query(request)
    month = _read_month(query)
    actor, writes = pages.request_context.actor, services.recent_writes
    async with replica_reads(actor, writes, ReadKind.FIGURES):
        earnings = await get_earnings(creator.id, month.first_day, month.last_day)
        lists = await _read_lists(pages, creator, month, query)
    return pages.show(
        "creator/earnings.html",
        200,
        month=month,
        months=await _list_months(creator.id, month),
        earnings=earnings,
        days=[point for point in earnings.series if point.net],
        chart=_draw(month, earnings),
        balance=await get_creator_balance(creator.id),
        legal_details=await find_legal_details(creator.id),
        **await _read_stripe(services, creator),
        **lists,
        **await read_statements(pages, creator, query, f"{_PATH}?month={month}"),
    )


async def _read_stripe(services: Services, creator: CreatorRow) -> dict[str, object]:
    """The page does without Stripe, and says so."""
    try:
        at_stripe = await find_money_at_stripe(services, creator.owner_id)
    except ProviderUnavailable:
        return {"at_stripe": None, "stripe_is_away": True}
    return {
        "at_stripe": at_stripe,
        "stripe_is_away": False,
        "payout_failure": failure_text,
    }


def _read_month(query: Fields) -> Month:
    """Raises Invalid."""
    text = query.text("month")
    return read_month(text) if text else month_of(business_now())


async def _list_months(creator_id: CreatorId, chosen: Month) -> list[Month]:
    """From now back to the first sale; the chosen one in any case."""
    month = month_of(business_now())
    first = await find_first_sale(creator_id)
    found = [month]
    while first and month > month_of(first) and len(found) < _MOST_MONTHS:
        month = month.previous()
        found.append(month)
    return found if chosen in found else sorted([*found, chosen], reverse=True)


def _draw(month: Month, earnings: Earnings) -> EarningsChart:
    length = (month.last_day - month.first_day).days + 1
    return draw_days(
        [month.first_day + timedelta(days=day) for day in range(length)], earnings.series
    )


async def _read_lists(
    pages: Pages, creator: CreatorRow, month: Month, query: Fields
) -> dict[str, object]:
    def pager(name: str, size: int, prefix: str) -> Pager:
        cursors = pages.cursors.of_list(f"earnings by {name}", creator.id, str(month))
        return Pager(cursors, f"{_PATH}?month={month}", size, prefix, f"#{name}")

    of_agents = pager("agents", _AGENTS, "agents_")
    of_payments = pager("payments", _PAYMENTS, "payments_")
    agents = await list_agent_earnings(creator.id, month, of_agents.read(query))
    payments = await list_sold_payments(creator.id, month, of_payments.read(query))
    ids = [row.agent_id for row in agents.rows] + [row.agent_id for row in payments.rows]
    return {
        "agents": agents.rows,
        "agent_links": of_agents.links(agents, _key_of_agent),
        "payments": payments.rows,
        "payment_links": of_payments.links(payments, _key_of_payment),
        "agent_names": await name_agents(pages, ids),
    }


def _key_of_agent(row: AgentEarnings) -> Key:
    return (str(row.agent_id), str(row.agent_id))


def _key_of_payment(payment: SoldPayment) -> Key:
    return (payment.paid_at.isoformat(), str(payment.id))


@get(f"{_PATH}.csv", opt=SIGNED_IN)
async def download_earnings(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Stream:
    creator = await get_own_creator(pages.request_context.actor)
    month = _read_month(read_query(request))
    name = f"chenu-{pages.say(mark('earnings'))}-{month}.csv"
    head = [pages.say(title) for title in HEAD]
    return send_csv(name, head, _list_rows(pages, services, creator.id, month), pages.locale)


async def _list_rows(
    pages: Pages, services: Services, creator_id: CreatorId, month: Month
) -> AsyncIterator[list[Sequence[Cell]]]:
    actor, writes = pages.request_context.actor, services.recent_writes
    key: Key | None = None
    while True:
        async with replica_reads(actor, writes, ReadKind.EXPORTS):
            batch = await list_sold_payments(creator_id, month, PageRequest(_BATCH, key))
            names = await name_agents(pages, [payment.agent_id for payment in batch.rows])
        yield [_row(payment, names) for payment in batch.rows]
        if not batch.has_next:
            return
        key = _key_of_payment(batch.rows[-1])


def _row(payment: SoldPayment, names: dict[UUID, str]) -> Sequence[Cell]:
    amounts = (
        payment.gross,
        payment.discount,
        payment.gross - payment.discount,
        payment.refunded,
        payment.tax,
        payment.platform_share,
        payment.creator_share,
        payment.net,
    )
    return (
        payment.paid_at.isoformat(timespec="seconds"),
        names.get(payment.agent_id, ""),
        *(in_euros(amount) for amount in amounts),
        payment.split_rule,
        str(payment.id),
        payment.stripe_transfer_id,
    )
