"""Public ids: type and row id as one opaque string, so that ids of different types cannot be mixed
up.
"""

import base64
import binascii
from uuid import UUID

from chenu.core.errors import BadInput

_FOR_URLS = bytes.maketrans(b"+/", b"-_")


def encode_id(type_name: str, row_id: object) -> str:
    text = f"{type_name}:{row_id}".encode()
    # base64's own function for URLs takes three times as long; lists make many ids
    return binascii.b2a_base64(text, newline=False).translate(_FOR_URLS).rstrip(b"=").decode()


def decode_id(text: str) -> tuple[str, str]:
    """The type's name and the row's id; raises BadInput for a string that is no id of ours."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadInput("This is not an id of this API") from None
    type_name, colon, row_id = raw.partition(":")
    if not colon or not type_name.isalpha() or not row_id:
        raise BadInput("This is not an id of this API")
    return type_name, row_id


def find_uuid(type_name: str, text: str) -> UUID | None:
    """The row's id if the string is an id of that type; None otherwise."""
    try:
        found_type, row_id = decode_id(text)
        return UUID(row_id) if found_type == type_name else None
    except (BadInput, ValueError):
        return None
