"""What a subscription or a contract brings a month, without VAT. Pure: docs/analytics.md.

The database computes the same where it checks the books (recurring_mrr in migrations/sql).
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents, divide_half_up

_MONTHS = {BillingInterval.MONTH: 1, BillingInterval.YEAR: 12}
_PER_CENT = 100


class RecurringKind(StrEnum):
    """A subscription's kind, or a contract for ENTERPRISE, which is invoiced outside."""

    TIER = "TIER"
    AGENT = "AGENT"
    API_PLAN = "API_PLAN"
    CONTRACT = "CONTRACT"


_COUNTED = frozenset({RecurringKind.TIER, RecurringKind.API_PLAN, RecurringKind.CONTRACT})
"""An agent's subscription is mostly its creator's revenue: it is GMV, no MRR."""
_PAYING = frozenset({"ACTIVE", "PAST_DUE", "RUNNING"})
_LASTING = frozenset({CouponDuration.REPEATING, CouponDuration.FOREVER})


class TaxShare(msgspec.Struct, frozen=True):
    """`net` of `total` is what is left without VAT: those of an invoice; 1 of 1 without."""

    net: int = 1
    total: int = 1

    def explains(self, other: "TaxShare") -> bool:
        """Whether both are of one rate of VAT: each part was rounded to its cent."""
        if self.net == self.total:
            return other.net == other.total
        return 2 * abs(self.net * other.total - other.net * self.total) <= self.total + other.total


NO_TAX = TaxShare()


class RecurringFacts(msgspec.Struct, frozen=True):
    """All that MRR depends on. `price` and `discount_amount` in cents a period, with VAT.

    `status` is a subscription's or a contract's.
    """

    kind: RecurringKind
    item: str
    status: str
    gives_access: bool
    billing_interval: BillingInterval
    price: Cents
    tax: TaxShare = NO_TAX
    discount_percent: int | None = None
    discount_amount: Cents | None = None
    discount_duration: CouponDuration | None = None
    discount_ends_at: datetime | None = None

    @property
    def counts(self) -> bool:
        """Trials, what gives no access (paused, unpaid) and agents do not; past due does."""
        return self.kind in _COUNTED and self.gives_access and self.status in _PAYING


class Mrr(msgspec.Struct, frozen=True):
    """Cents a month without VAT; `net` after discounts."""

    net: Cents
    gross: Cents


NOTHING = Mrr(Cents(0), Cents(0))


def monthly_revenue(facts: RecurringFacts, at: datetime) -> Mrr:
    """Each amount is rounded once, half up. A discount for one invoice alone takes nothing off."""
    if not facts.counts:
        return NOTHING
    whole = _PER_CENT * facts.price
    return Mrr(_per_month(facts, max(whole - _discount(facts, at), 0)), _per_month(facts, whole))


def _discount(facts: RecurringFacts, at: datetime) -> int:
    """In hundredths of a cent."""
    is_over = facts.discount_ends_at is not None and facts.discount_ends_at <= at
    if facts.discount_duration not in _LASTING or is_over:
        return 0
    if facts.discount_percent is not None:
        return facts.price * facts.discount_percent
    return _PER_CENT * (facts.discount_amount or 0)


def _per_month(facts: RecurringFacts, hundredths: int) -> Cents:
    months = _MONTHS[facts.billing_interval]
    return Cents(divide_half_up(hundredths * facts.tax.net, _PER_CENT * facts.tax.total * months))
