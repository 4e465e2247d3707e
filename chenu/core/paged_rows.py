"""Pages of a table's rows by key, from the database."""

from typing import TypeVar

from chenu.core import db
from chenu.core.paging import Keyset, Page, PageRequest, by_id, cut

Row = TypeVar("Row")

NEWEST_FIRST = by_id("id")


async def fetch_page(
    row_type: type[Row],
    select: str,
    condition: str,
    *values: object,
    page: PageRequest,
    order: Keyset = NEWEST_FIRST,
) -> Page[Row]:
    """`condition` holds the placeholders of `values`, $1 and on; the key's come after them."""
    args = list(values)
    where = order.where(page, args)
    sql = (
        f"{select} WHERE {condition} AND {where} ORDER BY {order.order(page)} LIMIT {page.size + 1}"
    )
    return cut(await db.fetch_all(row_type, sql, *args), page)
