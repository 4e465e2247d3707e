"""What was spent on winning customers: a sum for each channel and calendar month."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.validation import check_line
from chenu.analytics.cost_tables import AcquisitionCost
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.months import Month, month_of
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns
from chenu.core.text import tidy

CostId = NewType("CostId", UUID)

MAX_CHANNEL = 60
MAX_COST = Cents(10_000_000_000)


class CostRow(msgspec.Struct, frozen=True):
    """`month` is its first day; `amount` in cents without VAT."""

    id: CostId
    month: date
    channel: str
    amount: Cents
    recorded_by: UserId
    recorded_at: datetime


class CostInput(msgspec.Struct, frozen=True):
    """`amount` in cents without VAT; 0 takes a value back."""

    month: Month
    channel: str
    amount: int


_COSTS = Columns(CostRow, AcquisitionCost)
_COST = f"SELECT {_COSTS.select()} FROM acquisition_cost"  # noqa: S608 - own columns


async def list_costs(page: PageRequest) -> Page[CostRow]:
    """The newest first."""
    return await fetch_page(CostRow, _COST, "true", page=page)


async def record_cost(actor: Actor, data: CostInput, reason: str | None = None) -> None:
    """Replaces what was recorded of the same month and channel, whose letters' case is one.

    Raises Unauthenticated, Forbidden, Invalid, Rejected.
    """
    user_id = actor.require_staff(Staff.FINANCE)
    reject_if_any([*_check(data), *check_reason(reason)])
    row = CostRow(
        id=CostId(new_id()),
        month=data.month.first_day,
        channel=tidy(data.channel).lower(),
        amount=Cents(data.amount),
        recorded_by=user_id,
        recorded_at=business_now(),
    )

    async def write() -> None:
        before = await _replace(row)
        said: dict[str, str | int] = {
            "month": str(data.month),
            "channel": row.channel,
            "after": row.amount,
        }
        if before is not None:
            said["before"] = before
        subject = f"{data.month} {row.channel}"
        await record_staff_act(actor, StaffAct.ACQUISITION_COST_RECORD, subject, reason, **said)

    await db.run_in_transaction(write)


async def _replace(row: CostRow) -> int | None:
    """What was recorded before."""
    await db.lock_until_commit(f"acquisition_cost:{row.month}:{row.channel}")
    sql = "SELECT amount FROM acquisition_cost WHERE month = $1 AND channel = $2"
    before: int | None = await db.fetch_value(sql, row.month, row.channel)
    suffix = """
        ON CONFLICT (month, channel) DO UPDATE SET amount = excluded.amount,
            recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
    """
    await _COSTS.insert(row, suffix)
    return before


def _check(data: CostInput) -> Sequence[ChenuError]:
    errors = check_line(data.channel, path=("channel",), longest=MAX_CHANNEL)
    if data.month > month_of(business_now()):
        errors.append(Invalid(mark("This month has not begun yet"), path=("month",)))
    if data.month.year < 2000:
        errors.append(Invalid(mark("A month is written like 2026-11"), path=("month",)))
    if not 0 <= data.amount <= MAX_COST:
        message = mark("Please enter an amount from {lowest_cents} to {highest_cents}")
        bounds = {"lowest_cents": 0, "highest_cents": MAX_COST}
        errors.append(Invalid(message, path=("amount_minor",), **bounds))
    return errors
