"""Names of the affiliate programme and its numbers. docs/money.md, "Affiliates"."""

from datetime import timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from chenu.core.money import Cents

AffiliateId = NewType("AffiliateId", UUID)
ClickId = NewType("ClickId", UUID)
ReferralId = NewType("ReferralId", UUID)
CommissionId = NewType("CommissionId", UUID)
PayoutId = NewType("PayoutId", UUID)

RATE: Final = 1000
"""Of what an invoice brought in without VAT, in basis points."""
MINIMUM_PAYOUT: Final = Cents(5000)
"""What is due below it is carried over to the next month."""
HELD_FOR: Final = timedelta(days=30)
"""A commission is PENDING for so long, then DUE."""
ATTRIBUTION: Final = timedelta(days=90)
"""A click binds whoever signs up within it; the last click wins."""


class AffiliateStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ReferralOrigin(StrEnum):
    """How the customer came: by a link with a cookie, by a code in the form, or by staff."""

    LINK = "LINK"
    CODE = "CODE"
    MANUAL = "MANUAL"


class ReferralState(StrEnum):
    BOUND = "BOUND"
    HELD = "HELD"
    REFUSED = "REFUSED"


class ReferralReason(StrEnum):
    """Why a referral is REFUSED by a rule."""

    SAME_MAILBOX = "SAME_MAILBOX"
    OWN_BROWSER = "OWN_BROWSER"
    EXISTING_CUSTOMER = "EXISTING_CUSTOMER"
    SAME_CARD = "SAME_CARD"
    SAME_BANK = "SAME_BANK"


class CommissionKind(StrEnum):
    """A reinstatement gives back what a clawback took: a refund failed, a dispute was won."""

    COMMISSION = "COMMISSION"
    CLAWBACK = "CLAWBACK"
    REINSTATEMENT = "REINSTATEMENT"


class CommissionStatus(StrEnum):
    """REVERSED: nothing of it was paid, and its clawback took it whole."""

    PENDING = "PENDING"
    DUE = "DUE"
    PAID = "PAID"
    REVERSED = "REVERSED"
    HELD = "HELD"


class PayoutStatus(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"
    FAILED = "FAILED"
