"""Keyset pages: stable under inserts, and as fast on the last page as on the first."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from chenu.core.errors import BadInput

Row = TypeVar("Row")

MAX_PAGE = 100
_MAC_BYTES = 9

KeyPart = int | str
Key = tuple[KeyPart, str]
"""The sort value (an integer or text) and the row's id at which a page begins."""


class PageRequest(msgspec.Struct, frozen=True):
    """`size` rows after the key, or before it when `backwards`."""

    size: int
    key: Key | None = None
    backwards: bool = False


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Rows in display order, whichever way they were fetched."""

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool


class Keyset(msgspec.Struct, frozen=True):
    """How a list is ordered: by an SQL expression and the row's id, in one direction.

    `cast` is the SQL type of the sort value, `read` converts a part of the key into an SQL
    argument; `id_cast` and `read_id` do so for the id.
    """

    expression: str
    id_column: str
    descending: bool = True
    cast: str = "bigint"
    read: Callable[[KeyPart], Any] = int
    id_cast: str = "uuid"
    read_id: Callable[[str], Any] = UUID

    def where(self, request: PageRequest, args: list[Any]) -> str:
        """The SQL condition that skips to the key; appends its values to `args`."""
        if request.key is None:
            return "true"
        try:
            args.extend((self.read(request.key[0]), self.read_id(request.key[1])))
        except (ValueError, TypeError):
            raise bad_cursor("before" if request.backwards else "after") from None
        forwards_is_less = self.descending is not request.backwards
        sign = "<" if forwards_is_less else ">"
        value, row_id = f"${len(args) - 1}::{self.cast}", f"${len(args)}::{self.id_cast}"
        return f"({self.expression}, {self.id_column}) {sign} ({value}, {row_id})"

    def order(self, request: PageRequest) -> str:
        direction = "DESC" if self.descending is not request.backwards else "ASC"
        return f"{self.expression} {direction}, {self.id_column} {direction}"


def by_time(column: str, id_column: str, *, descending: bool = True) -> Keyset:
    """Ordered by a timestamp, which is stored in the key in ISO 8601 to the microsecond."""
    return Keyset(
        column, id_column, descending, "timestamptz", lambda part: datetime.fromisoformat(str(part))
    )


def by_id(id_column: str, *, descending: bool = True) -> Keyset:
    """Ordered by id alone: UUIDv7 grow with time."""
    return Keyset(id_column, id_column, descending, "uuid", lambda part: UUID(str(part)))


def cut(rows: Sequence[Row], request: PageRequest) -> Page[Row]:
    """A page from up to size + 1 fetched rows."""
    more = len(rows) > request.size
    shown = list(rows[: request.size])
    if request.backwards:
        return Page(shown[::-1], has_next=request.key is not None, has_previous=more)
    return Page(shown, has_next=more, has_previous=request.key is not None)


class CursorCodec:
    """Makes signed cursors. A cursor made for another list is refused like a forged one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.digest(secret, b"cursor", "sha256")

    def of_list(self, name: str, *parts: Any) -> "ListCursors":
        """`parts` must contain all that selects and orders the list: owner, filter, sort.

        The size and direction of a page do not belong in it. A part may be a function, which is
        called when the first cursor is made or read.
        """
        return ListCursors(partial(self._derive, name, parts))

    def _derive(self, name: str, parts: tuple[Any, ...]) -> bytes:
        values = [part() if callable(part) else part for part in parts]
        described = msgspec.json.encode((name, *values), order="deterministic")
        return hashlib.blake2b(described, key=self._secret, digest_size=32).digest()


class ListCursors:
    """Keys of one list as opaque, signed text for API clients and URLs.

    Its secret is made when the first cursor needs it: most lists show none.
    """

    def __init__(self, make_secret: Callable[[], bytes]) -> None:
        self._make_secret = make_secret

    @cached_property
    def _secret(self) -> bytes:
        return self._make_secret()

    def encode(self, key: Key) -> str:
        body = msgspec.json.encode(key)
        return base64.urlsafe_b64encode(self._mac(body) + body).rstrip(b"=").decode()

    def decode(self, cursor: str, argument: str = "after") -> Key:
        """Raises BadCursor, which names the argument, for a cursor that was not made for
        this list.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raise bad_cursor(argument) from None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise bad_cursor(argument)
        return msgspec.json.decode(body, type=tuple[int | str, str])

    def _mac(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._secret, digest_size=_MAC_BYTES).digest()


class BadCursor(BadInput):
    """The cursor is invalid; the list's first page is still available."""


def bad_cursor(argument: str) -> BadCursor:
    return BadCursor("This cursor is not one of this list", path=(argument,))
