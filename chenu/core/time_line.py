"""What happened, as lines of one order of time, from tables of several features.

Each feature selects its own lines; whoever shows them merges what the features give.
"""

from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from chenu.core import db
from chenu.core.money import Cents
from chenu.core.paging import Key, KeyPart, Page, PageRequest, bad_cursor, cut


class Line(msgspec.Struct, frozen=True):
    """`ref` names the source and the row, joined by a colon: the order within one moment.

    `what` is a code of the source's, such as a state; `words` is how the row is called. `page_id`
    is what its page is found by. Null where a row has none.
    """

    at: datetime
    ref: str
    what: str
    words: str | None
    amount: Cents | None
    stripe_id: str | None
    page_id: str | None

    @property
    def source(self) -> str:
        return self.ref.partition(":")[0]

    @property
    def key(self) -> Key:
        return (self.at.isoformat(), self.ref)


async def fetch_lines(select: str, page: PageRequest, *values: object) -> list[Line]:
    """Up to one more than the page has, in the order of the page's direction.

    `select` gives the columns of Line under their names, with the placeholders of `values`.
    """
    args = list(values)
    where, direction = _where(page, args), "ASC" if page.backwards else "DESC"
    sql = f"""
        SELECT at, ref, what, words, amount::bigint AS amount, stripe_id, page_id
        FROM ({select}) AS line WHERE {where}
        ORDER BY at {direction}, ref COLLATE "C" {direction} LIMIT {page.size + 1}
    """  # noqa: S608 - texts of ours
    return await db.fetch_all(Line, sql, *args)


def _where(page: PageRequest, args: list[Any]) -> str:
    """The first condition is what an index of times can answer."""
    if page.key is None:
        return "at IS NOT NULL"
    args.extend((_read_moment(page.key[0], page), page.key[1]))
    at, ref = f"${len(args) - 1}::timestamptz", f"${len(args)}::text"
    sign = ">" if page.backwards else "<"
    return f'at {sign}= {at} AND (at, ref COLLATE "C") {sign} ({at}, {ref} COLLATE "C")'


def _read_moment(part: KeyPart, page: PageRequest) -> datetime:
    try:
        return datetime.fromisoformat(str(part))
    except ValueError:
        raise bad_cursor("before" if page.backwards else "after") from None


def merge_lines(found: list[list[Line]], page: PageRequest) -> Page[Line]:
    """The newest first, from what each source gave for this page."""
    ordered = sorted(
        chain.from_iterable(found),
        key=lambda line: (line.at, line.ref),
        reverse=not page.backwards,
    )
    return cut(ordered[: page.size + 1], page)
