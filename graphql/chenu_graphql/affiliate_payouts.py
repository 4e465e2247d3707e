"""Payouts of affiliates: what each was paid, and the run that finance orders."""

from datetime import date, datetime
from functools import partial
from typing import Annotated

import strawberry

from chenu.accounts.actor import Staff
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import PayoutId, PayoutStatus
from chenu.affiliates.payouts import PayoutRow, count_payouts, list_payouts
from chenu.affiliates.transfer_words import transfer_failure_text
from chenu.core.i18n import translate
from chenu.core.months import Month
from chenu.flows.affiliates.payout_orders import PayoutOrder, foresee_payouts, order_payouts
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
from chenu_graphql.fields import Weight, field, input_argument, input_field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT, READER, is_own_affiliate

_Source = strawberry.Parent[PayoutRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("Payout", root.id)


def _failure_reason(root: _Source, info: Info) -> str | None:
    if root.status is not PayoutStatus.FAILED:
        return None
    return translate(info.context.locale, transfer_failure_text(root.failure_reason))


@strawberry.type(description="What an affiliate is paid in one monthly run.")
class Payout(Node):
    id: strawberry.ID = field("Global id.", PARENT, _id)
    month: date = field("The first day of the month that names the run.", PARENT)
    amount: Money = field("All that was due by then, from 50 euros up.", PARENT)
    status: PayoutStatus = field("Where it stands.", PARENT)
    created_at: datetime = field("When it was begun.", PARENT)
    paid_at: datetime | None = field("When the transfer was made.", PARENT)
    failure_reason: str | None = field(
        "Why it failed, in words; what it would have paid is due again.", PARENT, _failure_reason
    )


PayoutConnection = Connection[Payout]


async def page_payouts(
    root: strawberry.Parent[AffiliateRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[PayoutRow]:
    cursors = info.context.cursors.of_list("payouts", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_payouts(root.id, page)
    return ConnectionSource(cursors, rows, by_row_id, partial(count_payouts, root.id))


@strawberry.input(description="Which month's payouts to make.")
class AffiliatePayoutRunInput:
    month: date = input_field("Any day of the month that names the run; all that is due is paid.")
    idempotency_key: strawberry.ID = input_field(
        "Again it begins what is not begun yet. Same key and other input: IDEMPOTENCY_CONFLICT."
    )
    dry_run: bool = input_field(
        "Shows whom it would pay, also for a month to come; changes nothing.", default=True
    )
    reason: str | None = input_field("Why it is run by hand, for the audit trail.", default=None)


@strawberry.type(description="The payouts of the month as they are now.")
class AffiliatePayoutRunPayload:
    payouts: list[Payout] = field(
        "All of the month; of a dry run those that it would begin.",
        PARENT,
        lambda root: root.payouts or (),
        weight=Weight(size=100),
    )
    carried_over: int = field(
        "How many affiliates are owed something and wait for a later run.",
        PARENT,
        lambda root: root.carried_over or 0,
    )
    user_errors: list[UserError] = user_errors()


async def resolve_run(
    info: Info, data: Annotated[AffiliatePayoutRunInput, input_argument()]
) -> Payload:
    actor, month = info.context.actor, Month(data.month.year, data.month.month)
    if data.dry_run:
        found = await foresee_payouts(actor, month)
    else:
        order = PayoutOrder(month, data.reason)
        found = await order_payouts(actor, order, data.idempotency_key)
    return Payload(payouts=found.payouts, carried_over=found.carried_over)


async def _find(ctx: Context, row_id: PayoutId) -> PayoutRow | None:
    """The affiliate's own; finance sees all."""
    READER.require(ctx)
    row = await ctx.loaders.payouts.load(row_id)
    if row is None:
        return None
    affiliate = await ctx.loaders.affiliates.load(row.affiliate_id)
    if affiliate is not None and is_own_affiliate(ctx, affiliate):
        return row
    if not ctx.actor.has_staff(Staff.FINANCE):
        return None
    ctx.reading.record_staff_read("payout", row.id)
    return row


register_node("Payout", (PayoutRow,), _find)
