"""Statements of withdrawal: what somebody declared and when, and what became of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id
from chenu.core.rows import Columns
from chenu.support.tables import WithdrawalStatement

StatementId = NewType("StatementId", UUID)

_SAME_WITHIN = timedelta(minutes=30)


class StatementState(StrEnum):
    """WAITING for the support desk; EXECUTED: the contract ended; REFUSED with a reason."""

    WAITING = "WAITING"
    EXECUTED = "EXECUTED"
    REFUSED = "REFUSED"


class StatementRow(msgspec.Struct, frozen=True):
    """`name`, `email` and `contract` as they were written; the contract that it was found to be."""

    id: StatementId
    name: str
    email: str
    contract: str
    locale: str
    declared_at: datetime
    account_id: AccountId | None
    contract_kind: str | None
    contract_id: UUID | None
    state: StatementState
    decided_by: UserId | None
    decided_at: datetime | None
    decision_reason: str | None

    @property
    def is_waiting(self) -> bool:
        return self.state is StatementState.WAITING


_STATEMENTS = Columns(StatementRow, WithdrawalStatement, account_id="account")
_STATEMENT = f"SELECT {_STATEMENTS.select()} FROM withdrawal_statement"  # noqa: S608 - own columns


async def insert_statement(row: StatementRow) -> None:
    await _STATEMENTS.insert(row)


async def get_statement(statement_id: StatementId, *, lock: bool = False) -> StatementRow:
    """Raises NotFound. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(StatementRow, f"{_STATEMENT} WHERE id = $1{suffix}", statement_id)
    if found is None:
        raise NotFound("There is no such statement")
    return found


async def find_same_statement(email: str, name: str, contract: str) -> StatementRow | None:
    """The same words of a moment ago: a form that was sent twice."""
    sql = f"""
        {_STATEMENT} WHERE email = $1 AND declared_at >= $2 AND name = $3 AND contract = $4
        ORDER BY id LIMIT 1
    """
    since = business_now() - _SAME_WITHIN
    return await db.find_one(StatementRow, sql, email, since, name, contract)


async def is_withdrawn(contract_id: UUID) -> bool:
    sql = "SELECT 1 FROM withdrawal_statement WHERE contract_id = $1 AND state = 'EXECUTED'"
    return await db.fetch_value(sql, contract_id) is not None


async def find_declared_at(contract_id: UUID) -> datetime | None:
    """When it was withdrawn from; None while it is not."""
    sql = """
        SELECT declared_at FROM withdrawal_statement
        WHERE contract_id = $1 AND state = 'EXECUTED' ORDER BY declared_at LIMIT 1
    """
    found: datetime | None = await db.fetch_value(sql, contract_id)
    return found


async def mark_executed(
    statement_id: StatementId,
    account_id: AccountId,
    kind: str,
    contract_id: UUID,
    by: UserId | None,
) -> None:
    sql = """
        UPDATE withdrawal_statement SET state = 'EXECUTED', account = $2, contract_kind = $3,
            contract_id = $4, decided_by = $5, decided_at = $6 WHERE id = $1
    """
    await db.execute(sql, statement_id, account_id, kind, contract_id, by, business_now())


async def mark_refused(statement_id: StatementId, by: UserId, reason: str) -> None:
    sql = """
        UPDATE withdrawal_statement SET state = 'REFUSED', decided_by = $2, decided_at = $3,
            decision_reason = $4 WHERE id = $1
    """
    await db.execute(sql, statement_id, by, business_now(), reason)


async def list_waiting_statements(page: PageRequest) -> Page[StatementRow]:
    """The oldest first, as ids are made in order of time."""
    return await fetch_page(
        StatementRow,
        _STATEMENT,
        "state = 'WAITING'",
        page=page,
        order=by_id("id", descending=False),
    )


async def list_statements_of_account(account_id: AccountId) -> list[StatementRow]:
    """The newest first."""
    sql = f"{_STATEMENT} WHERE account = $1 ORDER BY id DESC LIMIT 20"
    return await db.fetch_all(StatementRow, sql, account_id)
