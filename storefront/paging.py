"""Keyset paging in URLs: signed cursors in `after` and `before`, with a prefix per list."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from chenu.core.paging import Key, ListCursors, Page, PageRequest
from storefront.forms import Fields

Row = TypeVar("Row")


class PageLinks(msgspec.Struct, frozen=True):
    """URLs of the neighbouring pages; None where there is none."""

    previous: str | None
    next: str | None


class Pager(msgspec.Struct, frozen=True):
    """`stem` is the list's URL without cursor, `anchor` is its element on the page."""

    cursors: ListCursors
    stem: str
    size: int
    prefix: str = ""
    anchor: str = ""

    def read(self, query: Fields) -> PageRequest:
        """Raises BadCursor for a cursor that was not made for this list."""
        for side in (f"{self.prefix}before", f"{self.prefix}after"):
            if cursor := query.text(side):
                is_before = side.endswith("before")
                return PageRequest(self.size, self.cursors.decode(cursor, side), is_before)
        return PageRequest(self.size)

    def links(self, page: Page[Row], key_of: Callable[[Row], Key]) -> PageLinks:
        if not page.rows:
            return PageLinks(None, None)
        first, last = key_of(page.rows[0]), key_of(page.rows[-1])
        return PageLinks(
            previous=self._url("before", first) if page.has_previous else None,
            next=self._url("after", last) if page.has_next else None,
        )

    def _url(self, side: str, key: Key) -> str:
        cursor = self.cursors.encode(key)  # base64url needs no encoding in URLs
        joint = "&" if "?" in self.stem else "?"
        return f"{self.stem}{joint}{self.prefix}{side}={cursor}{self.anchor}"
