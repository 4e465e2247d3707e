"""Row ids: UUIDv7, which grow with time, so that indexes stay dense."""

import uuid
from datetime import UTC, datetime, timedelta

import uuid_utils

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> uuid.UUID:
    """A UUIDv7 as the standard library's type."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def first_id_at(moment: datetime) -> uuid.UUID:
    """No id that was made at this moment of system time or later is smaller."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return uuid.UUID(int=milliseconds << 80)


def find_id(text: str | None) -> uuid.UUID | None:
    """The id that stands in a text of somebody else's; None where it is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
