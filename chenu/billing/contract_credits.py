"""Credits of contracts for months below the promised availability: pure amounts, and rows.

Contracts are invoiced outside, so that a credit has no entry in the books: the contract's own
entries keep it, append-only, and whoever writes the invoice takes it off.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NewType
from uuid import UUID

from chenu.accounts.actor import UserId
from chenu.billing.contracts import ContractId, ContractRow
from chenu.billing.credit_tables import ContractCredit
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.money import Cents, divide_half_up
from chenu.core.months import Month
from chenu.core.rows import Columns

CreditId = NewType("CreditId", UUID)

_MONTHS = {BillingInterval.MONTH: 1, BillingInterval.YEAR: 12}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ContractDays:
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


@dataclass(frozen=True, slots=True)
class CreditRow:
    """As the table describes it."""

    id: CreditId
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
    confirmed_by: UserId
    confirmed_at: datetime


_CREDITS = Columns(CreditRow, ContractCredit)
_CREDIT = f"SELECT {_CREDITS.select()} FROM contract_credit"  # noqa: S608 - own columns


async def insert_credit(row: CreditRow) -> bool:
    """False where the month of the contract has one already."""
    return bool(await _CREDITS.insert(row, "ON CONFLICT (contract, month) DO NOTHING"))


async def list_credits(contract_ids: list[ContractId]) -> list[CreditRow]:
    """The newest month first."""
    sql = f"{_CREDIT} WHERE contract = ANY($1) ORDER BY contract, month DESC LIMIT 1000"
    return await db.fetch_all(CreditRow, sql, contract_ids)
