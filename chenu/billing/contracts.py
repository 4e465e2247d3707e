"""Contracts for ENTERPRISE, which are invoiced outside Stripe: rows and their states."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.mrr import RecurringFacts, RecurringKind
from chenu.billing.recurring import BillingInterval
from chenu.billing.recurring_states import record_state
from chenu.billing.tables import EnterpriseContract
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.rows import Columns
from chenu.tiers.catalogue import TierCode

ContractId = NewType("ContractId", UUID)

_LATER = timedelta(hours=1)


class ContractStatus(StrEnum):
    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


class ContractRow(msgspec.Struct, frozen=True):
    """`amount` in cents a period, without VAT; limits None: none. Times are business time."""

    id: ContractId
    account_id: AccountId
    reference: str
    amount: Cents
    billing_interval: BillingInterval
    seats: int | None
    api_calls: int | None
    api_rate: int | None
    starts_at: datetime
    ends_at: datetime
    status: ContractStatus
    due_at: datetime | None
    entered_by: UserId
    created_at: datetime
    ended_at: datetime | None
    end_reason: str | None

    @property
    def is_open(self) -> bool:
        return self.status is not ContractStatus.ENDED


_CONTRACTS = Columns(ContractRow, EnterpriseContract, account_id="account")
_CONTRACT = f"SELECT {_CONTRACTS.select()} FROM enterprise_contract"  # noqa: S608 - own columns


async def insert_contract(row: ContractRow) -> None:
    """The caller holds the account's lock and has seen that no other contract overlaps."""
    await _CONTRACTS.insert(row)


async def get_contract(contract_id: ContractId, *, lock: bool = False) -> ContractRow:
    """Raises NotFound. `lock` locks the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(ContractRow, f"{_CONTRACT} WHERE id = $1{suffix}", contract_id)
    if found is None:
        raise NotFound("There is no such contract")
    return found


async def list_contracts(account_id: AccountId) -> list[ContractRow]:
    """The last 100, newest first."""
    sql = f"{_CONTRACT} WHERE account = $1 ORDER BY starts_at DESC, id DESC LIMIT 100"
    return await db.fetch_all(ContractRow, sql, account_id)


async def find_running_contract(account_id: AccountId) -> ContractRow | None:
    sql = f"{_CONTRACT} WHERE account = $1 AND status = 'RUNNING'"
    return await db.find_one(ContractRow, sql, account_id)


async def has_overlap(account_id: AccountId, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether another contract of the account, which has not ended, runs in that time."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM enterprise_contract
            WHERE account = $1 AND status <> 'ENDED' AND starts_at < $3 AND ends_at > $2)
    """
    return bool(await db.fetch_value(sql, account_id, starts_at, ends_at))


class _Id(msgspec.Struct, frozen=True):
    id: ContractId


async def list_due_contracts(now: datetime, *, limit: int = 200) -> list[ContractId]:
    """Those that begin or end, the most overdue first."""
    sql = "SELECT id FROM enterprise_contract WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
    return [row.id for row in await db.fetch_all(_Id, sql, now, limit)]


async def move_contract(
    contract_id: ContractId, status: ContractStatus, due_at: datetime | None
) -> None:
    """Requires the row's lock."""
    sql = "UPDATE enterprise_contract SET status = $2, due_at = $3 WHERE id = $1"
    await db.execute(sql, contract_id, status, due_at)
    await _record(contract_id)


async def record_end(contract_id: ContractId, reason: str | None) -> None:
    """Requires the row's lock. `reason`: of whoever ended it before its time."""
    sql = """
        UPDATE enterprise_contract
        SET status = 'ENDED', due_at = NULL, ended_at = $2, end_reason = $3
        WHERE id = $1
    """
    await db.execute(sql, contract_id, business_now(), reason)
    await _record(contract_id)


async def _record(contract_id: ContractId) -> None:
    """In the history that MRR is computed from: its amount has no VAT."""
    row = await get_contract(contract_id)
    facts = RecurringFacts(
        kind=RecurringKind.CONTRACT,
        item=TierCode.ENTERPRISE,
        status=row.status,
        gives_access=row.status is ContractStatus.RUNNING,
        billing_interval=row.billing_interval,
        price=row.amount,
    )
    await record_state(row.account_id, row.id, facts)


async def postpone_contract(contract_id: ContractId) -> None:
    """After a failure, so that one row does not stop the others."""
    sql = "UPDATE enterprise_contract SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL"
    await db.execute(sql, contract_id, business_now() + _LATER)
