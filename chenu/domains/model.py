"""Ids and kinds of names."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

DomainId = NewType("DomainId", UUID)

MOST_NAMES = 20
"""Of one account, proved or not."""
RECORD_LABEL = "_chenu"
"""The DNS record stands below the name, so that it is in no other record's way."""


class NameKind(StrEnum):
    """A domain whose mailboxes are the account's people, or a host that shows its brand."""

    MAIL = "MAIL"
    HOST = "HOST"


class ProofSource(StrEnum):
    """NONE: the name is not proved yet."""

    NONE = ""
    DNS = "DNS"
    STAFF = "STAFF"
