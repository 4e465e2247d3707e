"""Self-billing statements: our invoices in a creator's name, one a month in which money moved."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.agents.legal_tables import SelfBillingLine, SelfBillingStatement
from chenu.agents.model import CreatorId
from chenu.agents.statement_vat import VatTreatment
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.money import BasisPoints, Cents
from chenu.core.months import Month
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert

StatementId = NewType("StatementId", UUID)


class LineKind(StrEnum):
    """RETURNS: payments that bought nothing. PUT_BACK: refunds that failed."""

    SALES = "SALES"
    RETURNS = "RETURNS"
    REFUNDS = "REFUNDS"
    PUT_BACK = "PUT_BACK"
    DISPUTES = "DISPUTES"
    DISPUTES_WON = "DISPUTES_WON"
    OTHER = "OTHER"


class StatementLine(msgspec.Struct, frozen=True):
    """In cents: what buyers paid or got back = its VAT + our fee + the creator's share."""

    kind: LineKind
    transactions: int
    paid: Cents
    buyers_tax: Cents
    fee: Cents
    share: Cents


class StatementRow(msgspec.Struct, frozen=True):
    """As chenu.agents.legal_tables describes it; `month` is its first day."""

    id: StatementId
    creator_id: CreatorId
    number: str
    series: int
    place: int
    month: date
    last_entry: int
    issued_at: datetime
    supplier_name: str
    supplier_address: str
    supplier_country: str
    supplier_vat_number: str
    supplier_tax_number: str
    company_name: str
    company_address: str
    company_country: str
    company_vat_number: str
    vat_treatment: VatTreatment
    vat_rate: BasisPoints
    opening: Cents
    net: Cents
    tax: Cents
    transferred: Cents
    closing: Cents

    @property
    def calendar_month(self) -> Month:
        return Month(self.month.year, self.month.month)


_STATEMENTS = Columns(StatementRow, SelfBillingStatement, creator_id="creator")
_STATEMENT = f"SELECT {_STATEMENTS.select()} FROM self_billing_statement"  # noqa: S608 - own columns
_LINES = Columns(StatementLine, SelfBillingLine)
_NUMBERING = "self-billing numbers"


async def insert_statement(row: StatementRow, lines: Sequence[StatementLine]) -> None:
    """The caller's transaction took `next_place`."""
    await _STATEMENTS.insert(row)
    for line in lines:
        values = {name: getattr(line, name) for name in _LINES.sources}
        await insert(SelfBillingLine, {"id": new_id(), "statement": row.id, **values})


async def next_place(last: StatementRow | None) -> tuple[int, int]:
    """Series and place; held until the transaction ends, so that no number is lost or used twice.

    The first statement of a creator opens the next series.
    """
    if last is not None:
        return last.series, last.place + 1
    await db.lock_until_commit(_NUMBERING)
    sql = "SELECT coalesce(max(series), 0) + 1 FROM self_billing_statement"
    return int(await db.fetch_value(sql)), 1


def write_number(series: int, place: int) -> str:
    """SB-00012-0003: the third of the twelfth creator."""
    return f"SB-{series:05}-{place:04}"


async def find_last_statement(creator_id: CreatorId) -> StatementRow | None:
    sql = f"{_STATEMENT} WHERE creator = $1 ORDER BY month DESC LIMIT 1"
    return await db.find_one(StatementRow, sql, creator_id)


async def list_statements(creator_id: CreatorId, page: PageRequest) -> Page[StatementRow]:
    """The newest first."""
    return await fetch_page(StatementRow, _STATEMENT, "creator = $1", creator_id, page=page)


async def list_all_statements(page: PageRequest) -> Page[StatementRow]:
    """Of all creators, the newest first; for staff."""
    return await fetch_page(StatementRow, _STATEMENT, "true", page=page)


async def get_statement(statement_id: UUID) -> StatementRow:
    """Raises NotFound. The caller checks whose it is."""
    found = await db.find_one(StatementRow, f"{_STATEMENT} WHERE id = $1", statement_id)
    if found is None:
        raise NotFound("There is no such monthly statement")
    return found


async def list_lines(statement_id: StatementId) -> list[StatementLine]:
    """In the order of their kinds."""
    sql = f"SELECT {_LINES.select()} FROM self_billing_line WHERE statement = $1"  # noqa: S608 - own columns
    found = await db.fetch_all(StatementLine, sql, statement_id)
    order = list(LineKind)
    return sorted(found, key=lambda line: order.index(line.kind))
