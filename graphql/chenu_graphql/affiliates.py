"""An affiliate: their link, what became of it, and what it earns. They alone see it."""

from datetime import datetime
from functools import partial

import strawberry

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commissions import CommissionRow, count_commissions, list_commissions
from chenu.affiliates.customer_hints import hint_of
from chenu.affiliates.model import (
    RATE,
    AffiliateId,
    AffiliateStatus,
    CommissionId,
    CommissionStatus,
)
from chenu.affiliates.statistics import AffiliateStatistics, get_statistics
from chenu.flows.affiliates.join import join_programme
from chenu.flows.affiliates.links import link_of
from chenu.flows.affiliates.onboarding import PATH
from chenu_graphql.affiliate_payouts import PayoutConnection, page_payouts
from chenu_graphql.connection import (
    After,
    Before,
    Connection,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import AFFILIATE, PARENT, READER, is_own_affiliate
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import URL

_Source = strawberry.Parent[AffiliateRow]
_Commission = strawberry.Parent[CommissionRow]


def _commission_id(root: _Commission) -> strawberry.ID:
    return public_id("Commission", root.id)


async def _customer_hint(root: _Commission, info: Info) -> str:
    loaders = info.context.loaders
    referral = await loaders.referrals.load(root.referral_id)
    customer = None if referral is None else await loaders.users.load(referral.member)
    return hint_of(None if customer is None else customer.email, info.context.locale)


_invoice_number = by_key(
    lambda ctx: ctx.loaders.invoices,
    lambda root: root.invoice_id,
    lambda invoice: None if invoice is None else invoice.number,
)


@strawberry.type(
    description="A share of a paid invoice with its arithmetic; a clawback is negative."
)
class Commission(Node):
    id: strawberry.ID = field("Global id.", PARENT, _commission_id)
    status: CommissionStatus = field("Where it stands.", PARENT)
    base: Money = field(
        "What the invoice brought in without VAT: paid * total without VAT / total, rounded down.",
        PARENT,
    )
    basis_points: int = field("The rate: 1000 is 10 %.", PARENT)
    amount: Money = field(
        "The rate of the base, half up to the cent; negative where money went back.", PARENT
    )
    customer_hint: str = field(
        "The first character of the customer's address; nothing more is told of them.",
        PARENT,
        _customer_hint,
    )
    invoice_number: str | None = field(
        "The number of the customer's invoice.", PARENT, _invoice_number
    )
    due_at: datetime = field("From when on it may be paid out.", PARENT)
    created_at: datetime = field("When it was written.", PARENT)


CommissionConnection = Connection[Commission]


async def _page_commissions(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[CommissionRow]:
    cursors = info.context.cursors.of_list("commissions", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_commissions(root.id, page)
    return ConnectionSource(cursors, rows, by_row_id, partial(count_commissions, root.id))


@strawberry.type(description="What became of an affiliate's link, since ever.")
class AffiliateStats:
    clicks: int = field("How often the link was followed; bots do not count.", PARENT)
    sign_ups: int = field("Who signed up by it and is bound to the affiliate.", PARENT)
    conversions: int = field("Those of them who have paid an invoice.", PARENT)
    conversion_rate: float | None = field(
        "Conversions for each click, at most 1; null without clicks.", PARENT
    )
    pending: Money = field("Earned in the last 30 days: not due yet.", PARENT)
    due: Money = field("What the next payout is made of; it may be negative.", PARENT)
    paid: Money = field("What was paid out.", PARENT)
    minimum_payout: Money = field("What is due below it is carried over.", PARENT)


def _id(root: _Source) -> strawberry.ID:
    return public_id("Affiliate", root.id)


def _link(root: _Source, info: Info) -> str:
    return link_of(info.context.services.settings.public_url, root.code)


def _rate() -> int:
    return RATE


async def _payouts_ready(root: _Source, info: Info) -> bool:
    account = await info.context.loaders.connect_accounts.load(root.member)
    return account is not None and account.can_be_paid


async def _onboarding_url(root: _Source, info: Info) -> str | None:
    ready = await _payouts_ready(root, info)
    return None if ready else info.context.services.url(PATH)


async def _stats(root: _Source) -> AffiliateStatistics:
    return await get_statistics(root.id)


@strawberry.type(description="Somebody who joined the affiliate programme; only they see it.")
class Affiliate(Node):
    id: strawberry.ID = field("Global id.", AFFILIATE, _id)
    code: str = field("CHENU and eight hexadecimal capitals.", AFFILIATE)
    link: URL = field("Our home page with the code; ?ref= works on any page.", AFFILIATE, _link)
    commission_basis_points: int = field(
        "Of what each invoice of a plan brought in without VAT: 1000 is 10 %.", AFFILIATE, _rate
    )
    status: AffiliateStatus = field("Whether clicks count and payouts are made.", AFFILIATE)
    payouts_ready: bool = field(
        "Whether Stripe can pay the person, as a creator's account can.", AFFILIATE, _payouts_ready
    )
    onboarding_url: URL | None = field(
        "Our own page, which makes Stripe's single-use link when opened; null when nothing is due.",
        AFFILIATE,
        _onboarding_url,
    )
    stats: AffiliateStats = field(
        "Clicks, sign-ups, conversions and sums.", AFFILIATE, _stats, weight=Weight(points=5)
    )
    commissions: CommissionConnection = field(
        "With clawbacks, the newest first.", AFFILIATE, _page_commissions
    )
    payouts: PayoutConnection = field("The newest first.", AFFILIATE, page_payouts)


@strawberry.type(description="The affiliate as they are afterwards.")
class AffiliatePayload:
    affiliate: Affiliate | None = field("null where it was refused.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_join(info: Info) -> Payload:
    return Payload(affiliate=await join_programme(info.context.actor))


async def _find(ctx: Context, row_id: AffiliateId) -> AffiliateRow | None:
    READER.require(ctx)
    row = await ctx.loaders.affiliates.load(row_id)
    return row if row is not None and is_own_affiliate(ctx, row) else None


async def _find_commission(ctx: Context, row_id: CommissionId) -> CommissionRow | None:
    READER.require(ctx)
    row = await ctx.loaders.commissions.load(row_id)
    return row if row is not None and await _find(ctx, row.affiliate_id) is not None else None


register_node("Affiliate", (AffiliateRow,), _find)
register_node("Commission", (CommissionRow,), _find_commission)
