"""Giving a payment for an agent back: by its buyer, its creator and staff."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from chenu.agents.model import PaymentId, PurchaseId
from chenu.agents.payments import get_payment
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.refund_split import RefundParts
from chenu.agents.refunds import SaleRefundOrigin
from chenu.core.errors import NotFound
from chenu.core.global_id import find_uuid
from chenu.core.i18n import Locale, translate
from chenu.core.money import Cents
from chenu.flows.purchases.refund_books import get_booked_parts
from chenu.flows.purchases.refund_plans import RefundSaleInput, find_credit_beside, plan_refund
from chenu.flows.purchases.refunds import refund_sale
from chenu_graphql.breakdown import CREATOR, PLATFORM, TAX
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import Sale
from chenu_graphql.money import Line, Money, MoneyLine
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.purchases import Purchase
from chenu_graphql.sales import SaleSource
from chenu_graphql.scalars import BigInt


@strawberry.input(description="What to give back of a payment, and why.")
class PurchaseRefundInput:
    purchase_id: strawberry.ID = input_field("Which purchase; its creator names the sale instead.")
    reason: str = input_field(
        "At most 500 characters; the buyer, who needs none, may leave it empty."
    )
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
    )
    payment_id: strawberry.ID | None = input_field("null: the latest payment.", default=None)
    amount_minor: BigInt | None = input_field("null: all that is left.", default=None)
    dry_run: bool = input_field(
        "Shows the lines that it would write, moves nothing.", default=False
    )


def _lines(root: strawberry.Parent[Payload]) -> Sequence[Line]:
    return root.lines or ()


@strawberry.type(description="The purchase as it is afterwards, and what goes back.")
class PurchaseRefundPayload:
    purchase: Purchase | None = field("For its buyer; null for others, and if refused.", PARENT)
    sale: Sale | None = field("The same for its creator and staff.", PARENT)
    amount: Money | None = field("What goes back to the buyer; null when it was refused.", PARENT)
    lines: list[MoneyLine] = field(
        "Out of whose part: they add up to the amount.", PARENT, _lines, weight=Weight(size=4)
    )
    by_credit: Money | None = field(
        "What the buyer's credit has paid of the same invoice, if anything: it does not go back by "
        "itself, and support gives it again as credit.",
        PARENT,
    )
    user_errors: list[UserError] = user_errors()


async def resolve_purchase_refund(
    info: Info, data: Annotated[PurchaseRefundInput, input_argument()]
) -> Payload:
    """A dry run checks the same and moves nothing."""
    ctx, request = info.context, _read(data)
    if data.dry_run:
        plan = await plan_refund(ctx.actor, request)
        return _answer(ctx, plan.purchase, plan.origin, plan.parts, plan.by_credit)
    refund = await refund_sale(ctx.services, ctx.actor, request, data.idempotency_key)
    purchase, payment = await get_purchase(refund.purchase_id), await get_payment(refund.payment_id)
    parts, by_credit = await get_booked_parts(refund), await find_credit_beside(payment)
    return _answer(ctx, purchase, refund.origin, parts, by_credit)


def _read(data: PurchaseRefundInput) -> RefundSaleInput:
    """Raises NotFound, as for what belongs to others."""
    unknown = NotFound("There is no such purchase", path=("purchase_id",))
    sale_id = find_uuid("Sale", data.purchase_id)
    purchase_id = sale_id or get_row_id("Purchase", data.purchase_id, unknown)
    no_payment = NotFound("There is no such payment", path=("payment_id",))
    payment_id = data.payment_id and get_row_id("PurchasePayment", data.payment_id, no_payment)
    amount = data.amount_minor
    return RefundSaleInput(
        PurchaseId(purchase_id),
        PaymentId(payment_id) if payment_id else None,
        None if amount is None else Cents(amount),
        data.reason,
    )


def _answer(
    ctx: Context,
    purchase: PurchaseRow,
    origin: SaleRefundOrigin,
    parts: RefundParts,
    by_credit: Cents,
) -> Payload:
    if origin is SaleRefundOrigin.STAFF:
        ctx.reading.record_staff_read("sale", purchase.id)
    is_buyer = origin is SaleRefundOrigin.BUYER
    return Payload(
        purchase=purchase if is_buyer else None,
        sale=None if is_buyer else SaleSource(purchase),
        amount=parts.total,
        lines=_describe(parts, ctx.locale),
        by_credit=by_credit or None,
    )


def _describe(parts: RefundParts, locale: Locale) -> Sequence[Line]:
    named = ((CREATOR, parts.creator), (PLATFORM, parts.platform), (TAX, parts.tax))
    return [Line(translate(locale, text), amount) for text, amount in named if amount]
