"""Changes of a subscription: what is asked of Stripe, and what a change would cost. Cents."""

from datetime import datetime

import msgspec

from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents


class WaitingChange(msgspec.Struct, frozen=True):
    """What has to go before something else is asked for: a schedule, an unpaid change."""

    schedule_id: str | None = None
    invoice_id: str | None = None


class ItemChange(msgspec.Struct, frozen=True):
    """Another price from now on.

    `proration_date`: the difference is charged at once, counted from that moment; None in a trial,
    which costs nothing and goes on. `ends_discount`: what is taken off is not for the new price.
    """

    subscription_id: str
    item_id: str
    price_id: str
    proration_date: datetime | None
    ends_discount: bool = False


class LaterChange(msgspec.Struct, frozen=True):
    """Another price from the end of the period on; `new_interval`: it is also paid otherwise.

    `ends_discount`: what is taken off is not for the new price.
    """

    subscription_id: str
    price_id: str
    interval: BillingInterval
    new_interval: bool
    ends_discount: bool = False


class PreviewedLine(msgspec.Struct, frozen=True):
    """`is_proration`: a part of a period, given back when the amount is negative."""

    amount: Cents
    product_id: str | None
    is_proration: bool
    period_end: datetime


class InvoicePreview(msgspec.Struct, frozen=True):
    """What Stripe would bill. `discount` was taken off the lines; `tax` is in the total.

    `amount_due` is the total less the customer's credit balance, never below zero.
    """

    lines: tuple[PreviewedLine, ...]
    discount: Cents
    total: Cents
    amount_due: Cents
