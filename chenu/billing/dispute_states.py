"""Disputes and early fraud warnings at Stripe, as the business sees them. Amounts are cents."""

from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.core.money import Cents


class DisputeStatus(StrEnum):
    """Stripe's states; WARNING_ ones are inquiries, which move no money, as PREVENTED."""

    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPEAL_NEEDS_RESPONSE = "APPEAL_NEEDS_RESPONSE"
    APPEAL_UNDER_REVIEW = "APPEAL_UNDER_REVIEW"
    WON = "WON"
    LOST = "LOST"
    WARNING_NEEDS_RESPONSE = "WARNING_NEEDS_RESPONSE"
    WARNING_UNDER_REVIEW = "WARNING_UNDER_REVIEW"
    WARNING_CLOSED = "WARNING_CLOSED"
    PREVENTED = "PREVENTED"

    @property
    def stands(self) -> bool:
        """Whether the bank has the money, or is about to."""
        return self in _STANDS

    @property
    def is_closed(self) -> bool:
        return self in _CLOSED

    @property
    def is_inquiry(self) -> bool:
        return self.value.startswith("WARNING_")

    @property
    def takes_evidence(self) -> bool:
        return self.value.endswith("NEEDS_RESPONSE")


_STANDS = frozenset(
    {
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.APPEAL_NEEDS_RESPONSE,
        DisputeStatus.APPEAL_UNDER_REVIEW,
        DisputeStatus.LOST,
    }
)
_CLOSED = frozenset(
    {
        DisputeStatus.WON,
        DisputeStatus.LOST,
        DisputeStatus.WARNING_CLOSED,
        DisputeStatus.PREVENTED,
    }
)


class DisputeMovement(msgspec.Struct, frozen=True):
    """A line of our balance: money that the bank took (negative) or gave again, and Stripe's
    fee.
    """

    id: str
    amount: Cents
    fee: Cents


class DisputeState(msgspec.Struct, frozen=True):
    """`operation_id`: our operation that gave evidence last; `has_evidence`: it was submitted."""

    id: str
    charge_id: str
    payment_intent_id: str
    amount: Cents
    reason: str
    status: DisputeStatus
    is_refundable: bool
    due_by: datetime | None
    has_evidence: bool
    operation_id: str | None
    movements: tuple[DisputeMovement, ...]
    created: datetime

    @property
    def withdrawn(self) -> Cents | None:
        """What the bank has of it now; None where nothing ever moved."""
        if not self.movements:
            return None
        return Cents(-sum(each.amount for each in self.movements))


class EvidenceRequest(msgspec.Struct, frozen=True):
    """What is submitted to the bank, once."""

    dispute_id: str
    text: str


class FraudWarningState(msgspec.Struct, frozen=True):
    """A bank suspects fraud; `is_actionable`: a refund may still avoid a dispute."""

    id: str
    charge_id: str
    payment_intent_id: str | None
    fraud_type: str
    is_actionable: bool
    created: datetime
