"""Credits of contracts for months below the promised availability: pure amounts, and decisions.

Contracts are invoiced outside, so that a credit has no entry in the books: the contract's own
entries keep it, append-only, and whoever writes the invoice takes it off.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.billing.contracts import ContractId, ContractRow
from chenu.billing.credit_tables import ContractCredit, ContractCreditRefusal
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.money import Cents, divide_half_up
from chenu.core.months import Month
from chenu.core.rows import Columns

CreditId = NewType("CreditId", UUID)
RefusalId = NewType("RefusalId", UUID)

_MONTHS = {BillingInterval.MONTH: 1, BillingInterval.YEAR: 12}
_DAY = timedelta(days=1)


class ContractDays(msgspec.Struct, frozen=True):
    """The days of a month (UTC) on which a contract ran; `end` is the first one after them."""

    month: Month
    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - _DAY

    @property
    def count(self) -> int:
        return (self.end - self.first).days


def days_in_month(contract: ContractRow, month: Month, ahead: timedelta) -> ContractDays | None:
    """A day counts as a whole, however short the contract ran on it; None where none does.

    Contracts are of business time, which is `ahead` of the system time of samples: in production by
    nothing.
    """
    ends_at = min(contract.ended_at or contract.ends_at, contract.ends_at)
    if ends_at <= contract.starts_at:
        return None
    first = max(month.first_day, _day_of(contract.starts_at - ahead))
    end = min(month.end.date(), _day_of(ends_at - ahead - timedelta(microseconds=1)) + _DAY)
    return ContractDays(month, first, end) if first < end else None


def _day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def fee_of(contract: ContractRow, days: ContractDays) -> Cents:
    """What the contract costs for these days of its month, half up to the cent, without VAT."""
    whole = (days.month.end.date() - days.month.first_day).days
    months = _MONTHS[contract.billing_interval]
    return Cents(divide_half_up(contract.amount * days.count, whole * months))


def credit_of(fee: Cents, percent: int) -> Cents:
    """Half up to the cent."""
    return Cents(divide_half_up(fee * percent, 100))


class CreditFigures(msgspec.Struct, frozen=True):
    """What was decided about: as the tables describe it."""

    contract: ContractId
    month: date
    first_day: date
    last_day: date
    counted: int
    excluded: int
    available: int
    percent: int
    fee: Cents
    amount: Cents
    reason: str


class CreditRow(CreditFigures, frozen=True):
    id: CreditId
    confirmed_by: UserId
    confirmed_at: datetime


class RefusalRow(CreditFigures, frozen=True):
    """`is_taken_back`: from then on the month waits for a decision again."""

    id: RefusalId
    is_taken_back: bool
    decided_by: UserId
    decided_at: datetime


_CREDITS = Columns(CreditRow, ContractCredit)
_CREDIT = f"SELECT {_CREDITS.select()} FROM contract_credit"  # noqa: S608 - own columns
_REFUSALS = Columns(RefusalRow, ContractCreditRefusal)


async def insert_credit(row: CreditRow) -> None:
    """The caller holds the contract's lock and has seen that the month has none."""
    await _CREDITS.insert(row)


async def list_credits(contract_ids: list[ContractId]) -> list[CreditRow]:
    """The newest month first."""
    sql = f"{_CREDIT} WHERE contract = ANY($1) ORDER BY contract, month DESC LIMIT 1000"
    return await db.fetch_all(CreditRow, sql, contract_ids)


async def insert_refusal(row: RefusalRow) -> None:
    """The caller holds the contract's lock and has seen what was decided before."""
    await _REFUSALS.insert(row)


async def list_refusals(contract_ids: list[ContractId]) -> list[RefusalRow]:
    """Those that were not taken back, at most one a month; also of months credited since."""
    sql = f"""
        SELECT * FROM (
            SELECT DISTINCT ON (contract, month) {_REFUSALS.select()} FROM contract_credit_refusal
            WHERE contract = ANY($1) ORDER BY contract, month DESC, id DESC LIMIT 1000
        ) newest WHERE NOT is_taken_back
    """  # noqa: S608 - own columns
    return await db.fetch_all(RefusalRow, sql, contract_ids)


class Decisions(msgspec.Struct, frozen=True):
    """By contract and first day of the month. A credit counts, whatever was refused before it."""

    credits: dict[tuple[ContractId, date], CreditRow]
    refusals: dict[tuple[ContractId, date], RefusalRow]


async def read_decisions(contract_ids: list[ContractId]) -> Decisions:
    confirmed = {(row.contract, row.month): row for row in await list_credits(contract_ids)}
    refused = {(row.contract, row.month): row for row in await list_refusals(contract_ids)}
    return Decisions(
        confirmed, {which: row for which, row in refused.items() if which not in confirmed}
    )
