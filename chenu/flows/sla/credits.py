"""Staff confirm a month's credit, once: from then on the contract's entry keeps it."""

from dataclasses import replace

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.queries import is_member
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.availability.status import read_measured
from chenu.billing.contract_credits import (
    ContractDays,
    CreditId,
    CreditRow,
    days_in_month,
    insert_credit,
)
from chenu.billing.contracts import ContractId, ContractRow, get_contract
from chenu.core import db
from chenu.core.clock import CLOCK, business_now, system_now
from chenu.core.errors import AlreadyExists, Invalid, InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.months import Month
from chenu.core.text import tidy
from chenu.flows.sla.report import ContractMonth, is_final, make_month


async def confirm_credit(
    actor: Actor, contract_id: ContractId, month: Month, reason: str
) -> ContractMonth:
    """As the month's samples have it; the figure is written beside the amount.

    Raises Unauthenticated, Forbidden, NotFound, Invalid, InvalidState, AlreadyExists,
    SignInAgain.
    """
    user_id = actor.require_staff(Staff.FINANCE)
    contract = await get_contract(contract_id)
    if await is_member(contract.account_id, user_id):
        raise InvalidState("You belong to this account: another colleague decides about it")
    reject_if_any(check_reason(reason))
    await require_fresh(actor)
    days = _require_days(contract, month)

    async def write() -> ContractMonth:
        found = await _compute(contract, days)
        if not found.percent:
            raise InvalidState(mark("This month reached what was promised: it has no credit"))
        row = _make_row(actor, contract, found, reason)
        if not await insert_credit(row):
            raise AlreadyExists(mark("The credit of this month is confirmed already"))
        await _record(actor, row, reason)
        return replace(found, confirmed=row)

    return await db.run_in_transaction(write)


def _require_days(contract: ContractRow, month: Month) -> ContractDays:
    days = days_in_month(contract, month, CLOCK.offset)
    if days is None:
        raise Invalid(mark("This contract did not run in this month"), path=("month",))
    if not is_final(month, system_now()):
        message = mark("The figure of a month is final a day after its end")
        raise Invalid(message, path=("month",))
    return days


async def _compute(contract: ContractRow, days: ContractDays) -> ContractMonth:
    measured = await read_measured(days.first, days.end)
    return make_month(measured, days, contract, {}, system_now())


def _make_row(actor: Actor, contract: ContractRow, found: ContractMonth, reason: str) -> CreditRow:
    return CreditRow(
        id=CreditId(new_id()),
        contract=contract.id,
        month=found.month.first_day,
        first_day=found.days.first,
        last_day=found.days.last,
        counted=found.figure.counted,
        excluded=found.figure.excluded,
        available=found.figure.available,
        percent=found.percent,
        fee=found.fee,
        amount=found.amount,
        reason=tidy(reason),
        confirmed_by=actor.require_user(),
        confirmed_at=business_now(),
    )


async def _record(actor: Actor, row: CreditRow, reason: str) -> None:
    await record_staff_act(
        actor,
        StaffAct.CONTRACT_CREDIT,
        row.contract,
        reason,
        month=str(row.month)[:7],
        percent=row.percent,
        amount=row.amount,
        after=f"{row.percent} % of {row.fee} cents: {row.amount} cents",
    )
