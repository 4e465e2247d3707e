"""Enums and values of the marketplace: kinds, states, prices."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.core.money import Cents

AgentId = NewType("AgentId", UUID)
VersionId = NewType("VersionId", UUID)
CreatorId = NewType("CreatorId", UUID)
PurchaseId = NewType("PurchaseId", UUID)
PaymentId = NewType("PaymentId", UUID)
GrantId = NewType("GrantId", UUID)
ExecutionId = NewType("ExecutionId", UUID)
ReviewId = NewType("ReviewId", UUID)


class AgentKind(StrEnum):
    PLATFORM = "PLATFORM"
    MARKETPLACE = "MARKETPLACE"
    CUSTOM = "CUSTOM"


class AgentStatus(StrEnum):
    """Also the state of a version and of a pending change."""

    DRAFT = "DRAFT"
    PENDING_REVIEW = "PENDING_REVIEW"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"
    ARCHIVED = "ARCHIVED"


class PriceType(StrEnum):
    FREE = "FREE"
    ONE_TIME = "ONE_TIME"
    SUBSCRIPTION = "SUBSCRIPTION"


class Price(msgspec.Struct, frozen=True):
    """`amount` in cents, VAT included; 0 exactly when FREE."""

    type: PriceType
    amount: Cents


FREE = Price(PriceType.FREE, Cents(0))


class PurchaseStatus(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    ENDED = "ENDED"
    REFUNDED = "REFUNDED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    DISPUTED = "DISPUTED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class GrantSource(StrEnum):
    TIER = "TIER"
    PURCHASE = "PURCHASE"
    SUBSCRIPTION = "SUBSCRIPTION"
    GIFT = "GIFT"
    STAFF = "STAFF"


class ExecutionStatus(StrEnum):
    """AUTHORIZED is the only state that holds tokens; all others are final."""

    AUTHORIZED = "AUTHORIZED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class ReportedBy(StrEnum):
    """The kind of credential that authorised or reported a run."""

    SERVICE_KEY = "SERVICE_KEY"
    API_KEY = "API_KEY"
    SESSION = "SESSION"
