"""What an account may use or once could: searched, ordered, and put away without losing a right."""

from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.agents.access import GrantRow
from chenu.agents.model import GrantId
from chenu.agents.tables import AccessGrant
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Key, Keyset, Page, PageRequest, by_id, by_time
from chenu.core.rows import Columns
from chenu.core.text import storable

COUNT_UP_TO = 1000
PLATFORM = "chenu"
"""Stands for a creator's handle where an agent is the platform's own; no creator may have it."""


class LibrarySort(StrEnum):
    """BOUGHT: when the right began. UPDATED: when the agent was changed. Newest first."""

    BOUGHT = "BOUGHT"
    UPDATED = "UPDATED"


class LibraryQuery(msgspec.Struct, frozen=True):
    """`creator` is a handle, or PLATFORM. `put_away` None: both shelves."""

    search: str = ""
    creator: str = ""
    sort: LibrarySort = LibrarySort.BOUGHT
    put_away: bool | None = None

    @property
    def identity(self) -> tuple[str, str, str, bool | None]:
        return self.search, self.creator, self.sort.value, self.put_away


class LibraryRow(GrantRow, frozen=True):
    """With the time that the list may be ordered by."""

    agent_updated_at: datetime

    def key(self, sort: LibrarySort) -> Key:
        if sort is LibrarySort.BOUGHT:
            return str(self.id), str(self.id)
        return self.agent_updated_at.isoformat(), str(self.id)


_ROWS = Columns(
    LibraryRow,
    AccessGrant,
    account_id="account",
    agent_id="agent",
    purchase_id="purchase",
    version_id="version",
    agent_updated_at="a.updated_at",
)
_SOURCE = """
    access_grant g JOIN agent a ON a.id = g.agent LEFT JOIN creator c ON c.id = a.creator
"""
_SELECT = f"SELECT {_ROWS.select('g')} FROM {_SOURCE}"  # noqa: S608 - own columns
_ORDERS: dict[LibrarySort, Keyset] = {
    LibrarySort.BOUGHT: by_id("g.id"),
    LibrarySort.UPDATED: by_time("a.updated_at", "g.id"),
}
_WANTED = f"""
    g.account = $1
    AND ($2 = '' OR position(fold($2) IN a.names || ' ' || fold(coalesce(c.display_name, ''))) > 0)
    AND ($3 = '' OR coalesce(c.handle, '{PLATFORM}') = $3)
    AND ($4::boolean IS NULL OR (g.put_away_at IS NOT NULL) = $4)
"""


async def list_library(
    account_id: AccountId, page: PageRequest, query: LibraryQuery | None = None
) -> Page[LibraryRow]:
    """Ended and revoked grants included."""
    query = query or LibraryQuery()
    values = _values(account_id, query)
    order = _ORDERS[query.sort]
    return await fetch_page(LibraryRow, _SELECT, _WANTED, *values, page=page, order=order)


def _values(account_id: AccountId, query: LibraryQuery) -> tuple[object, ...]:
    return account_id, storable(query.search.strip()), storable(query.creator), query.put_away


async def count_library(account_id: AccountId, query: LibraryQuery | None = None) -> int:
    """Exact up to 1,000; 1,001 means more."""
    sql = f"""
        SELECT count(*) FROM (
            SELECT 1 FROM {_SOURCE} WHERE {_WANTED} LIMIT {COUNT_UP_TO + 1}) counted
    """  # noqa: S608 - own text
    values = _values(account_id, query or LibraryQuery())
    return int(await db.fetch_value(sql, *values))


class LibraryCreator(msgspec.Struct, frozen=True):
    """`handle` is PLATFORM, and `name` None, where agents are the platform's own."""

    handle: str
    name: str | None


async def list_library_creators(account_id: AccountId) -> list[LibraryCreator]:
    """Of whom something is in the library, by name."""
    sql = f"""
        SELECT DISTINCT coalesce(c.handle, '{PLATFORM}') AS handle, c.display_name AS name
        FROM {_SOURCE} WHERE g.account = $1 ORDER BY name LIMIT 200
    """  # noqa: S608 - own text
    return await db.fetch_all(LibraryCreator, sql, account_id)


async def put_away(actor: Actor, grant_id: GrantId) -> None:
    """Off the first shelf; it stays as usable as it was. Again changes nothing. Raises NotFound."""
    await _move(actor, grant_id, business_now())


async def bring_back(actor: Actor, grant_id: GrantId) -> None:
    """Onto the first shelf again. Again changes nothing. Raises NotFound."""
    await _move(actor, grant_id, None)


async def _move(actor: Actor, grant_id: GrantId, put_away_at: datetime | None) -> None:
    account_id = actor.require_right(Right.BUY_AGENTS)
    sql = """
        UPDATE access_grant SET put_away_at = CASE WHEN $3::timestamptz IS NULL THEN NULL
            ELSE coalesce(put_away_at, $3) END WHERE id = $1 AND account = $2
    """
    if not await db.execute(sql, grant_id, account_id, put_away_at):
        raise NotFound("There is no such thing in this library", path=("id",))
