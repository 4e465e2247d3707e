"""Kinds of decisions, the grounds that they rest on, and states of appeals."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

DecisionId = NewType("DecisionId", UUID)
AppealId = NewType("AppealId", UUID)


class DecisionKind(StrEnum):
    AGENT_SUSPENDED = "AGENT_SUSPENDED"
    AGENT_REJECTED = "AGENT_REJECTED"
    REVIEW_REMOVED = "REVIEW_REMOVED"


class DecisionGround(StrEnum):
    """Regulation (EU) 2022/2065, article 17: each decision names the ground that it rests on."""

    ILLEGAL_CONTENT = "ILLEGAL_CONTENT"
    TERMS = "TERMS"
    QUALITY = "QUALITY"
    INTELLECTUAL_PROPERTY = "INTELLECTUAL_PROPERTY"
    SECURITY = "SECURITY"
    OTHER = "OTHER"


class AppealState(StrEnum):
    """UPHELD: the decision stands. OVERTURNED: it was taken back."""

    WAITING = "WAITING"
    UPHELD = "UPHELD"
    OVERTURNED = "OVERTURNED"
