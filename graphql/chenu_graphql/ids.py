"""Public ids: one opaque text that contains the type's name."""

from uuid import UUID

import strawberry

from chenu.core.errors import NotFound
from chenu.core.global_id import encode_id, find_uuid


def public_id(type_name: str, row_id: object) -> strawberry.ID:
    return strawberry.ID(encode_id(type_name, row_id))


def get_row_id(type_name: str, text: str, error: NotFound) -> UUID:
    """The row's id; raises `error` for an id of another type and for an invalid id."""
    row_id = find_uuid(type_name, text)
    if row_id is None:
        raise error
    return row_id
