"""The lines of Stripe's invoices: what is read of them."""

from datetime import UTC, datetime

import msgspec

from chenu.billing.recurring import InvoiceLine
from chenu.core.money import Cents


class _Period(msgspec.Struct):
    start: int
    end: int


class _PriceDetails(msgspec.Struct):
    product: str | None = None


class _Pricing(msgspec.Struct):
    price_details: _PriceDetails | None = None


class _ItemDetails(msgspec.Struct):
    proration: bool | None = None


class _LineParent(msgspec.Struct):
    invoice_item_details: _ItemDetails | None = None
    subscription_item_details: _ItemDetails | None = None


class StripeLine(msgspec.Struct):
    amount: int
    period: _Period
    description: str | None = None
    parent: _LineParent | None = None
    pricing: _Pricing | None = None

    @property
    def is_proration(self) -> bool:
        parent = self.parent or _LineParent()
        details = (parent.subscription_item_details, parent.invoice_item_details)
        return any(each.proration for each in details if each is not None)


class StripeLines(msgspec.Struct):
    """Those that came with the invoice; `has_more` when there are others."""

    data: list[StripeLine]
    has_more: bool = False


def read_lines(lines: list[StripeLine]) -> tuple[InvoiceLine, ...]:
    return tuple(_read_line(line) for line in lines)


def _read_line(line: StripeLine) -> InvoiceLine:
    details = line.pricing.price_details if line.pricing else None
    return InvoiceLine(
        description=line.description or "",
        amount=Cents(line.amount),
        period_start=datetime.fromtimestamp(line.period.start, UTC),
        period_end=datetime.fromtimestamp(line.period.end, UTC),
        is_proration=line.is_proration,
        product_id=details.product if details else None,
    )
