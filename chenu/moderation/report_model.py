"""What reports are about, the grounds that they may give, and what became of them."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

ReportId = NewType("ReportId", UUID)
CaseId = NewType("CaseId", UUID)


class ReportedKind(StrEnum):
    AGENT = "AGENT"
    REVIEW = "REVIEW"


class ReportGround(StrEnum):
    """A closed list, so that staff see at once what must be looked at first."""

    ILLEGAL_CONTENT = "ILLEGAL_CONTENT"
    SECURITY = "SECURITY"
    INTELLECTUAL_PROPERTY = "INTELLECTUAL_PROPERTY"
    MISLEADING = "MISLEADING"
    INSULT = "INSULT"
    OTHER = "OTHER"


class CaseState(StrEnum):
    """DISMISSED: nothing changed. ACTED: staff did something about it."""

    OPEN = "OPEN"
    DISMISSED = "DISMISSED"
    ACTED = "ACTED"
