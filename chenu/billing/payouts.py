"""What Stripe holds for a connected account, and what it sends from there to a bank."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.core.money import Cents


class PayoutStatus(StrEnum):
    """Stripe's; a status that we do not know is read as PENDING."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


ON_THE_WAY = frozenset({PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT})


class PayoutState(msgspec.Struct, frozen=True):
    """In cents; `failure_code` is Stripe's. `arrives_at`: when the bank should have it."""

    id: str
    amount: Cents
    status: PayoutStatus
    arrives_at: datetime
    failure_code: str | None


class MoneyAtStripe(msgspec.Struct, frozen=True):
    """`available` can be paid out, `pending` not yet. `payouts`: the latest, the newest first."""

    available: Cents
    pending: Cents
    payouts: Sequence[PayoutState]

    @property
    def on_the_way(self) -> Cents:
        """What has left Stripe for the bank and is not there yet."""
        return Cents(sum(each.amount for each in self.payouts if each.status in ON_THE_WAY))
