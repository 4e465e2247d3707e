"""Row ids: UUIDv7, which grow with time, so that indexes stay dense."""

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A UUIDv7 as the standard library's type."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def find_id(text: str | None) -> uuid.UUID | None:
    """The id that stands in a text of somebody else's; None where it is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
