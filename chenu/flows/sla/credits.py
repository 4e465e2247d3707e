"""Staff decide about a month's credit, and the contract's entries keep what they decided.

A credit is confirmed once and for good. A refusal is taken back, or overruled by a credit.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.queries import is_member
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.availability.status import read_measured
from chenu.billing.contract_credits import (
    ContractDays,
    CreditFigures,
    CreditId,
    CreditRow,
    RefusalId,
    RefusalRow,
    days_in_month,
    insert_credit,
    insert_refusal,
    read_decisions,
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

Decide = Callable[[Actor, ContractId, Month, str], Awaitable[ContractMonth]]
"""One of the decisions below: who decides, about which contract's month, and why."""


class _Deciding(msgspec.Struct, frozen=True):
    """Who decides about what, as it is while the contract is locked."""

    actor: Actor
    found: ContractMonth
    values: dict[str, Any]

    async def record(self, act: StaffAct, row: CreditFigures, after: str) -> None:
        await record_staff_act(
            self.actor,
            act,
            row.contract,
            row.reason,
            month=str(row.month)[:7],
            percent=row.percent,
            amount=row.amount,
            after=after,
        )


async def confirm_credit(
    actor: Actor, contract_id: ContractId, month: Month, reason: str
) -> ContractMonth:
    """As the month's samples have it; the figure is written beside the amount.

    Raises Unauthenticated, Forbidden, NotFound, Invalid, InvalidState, AlreadyExists,
    SignInAgain.
    """

    async def confirm(deciding: _Deciding) -> ContractMonth:
        user_id, now = actor.require_user(), business_now()
        row = CreditRow(
            **deciding.values, id=CreditId(new_id()), confirmed_by=user_id, confirmed_at=now
        )
        await insert_credit(row)
        after = f"{row.percent} % of {row.fee} cents: {row.amount} cents"
        await deciding.record(StaffAct.CONTRACT_CREDIT, row, after)
        return replace(deciding.found, confirmed=row, refused=None)

    return await _decide(actor, contract_id, month, reason, confirm)


async def refuse_credit(
    actor: Actor, contract_id: ContractId, month: Month, reason: str
) -> ContractMonth:
    """The account reads the reason. Raises as `confirm_credit`."""

    async def refuse(deciding: _Deciding) -> ContractMonth:
        if deciding.found.refused:
            raise AlreadyExists(mark("The credit of this month is refused already"))
        row = _make_refusal(deciding, is_taken_back=False)
        await insert_refusal(row)
        await deciding.record(StaffAct.CONTRACT_CREDIT_REFUSE, row, f"0 of {row.amount} cents")
        return replace(deciding.found, refused=row)

    return await _decide(actor, contract_id, month, reason, refuse)


async def take_refusal_back(
    actor: Actor, contract_id: ContractId, month: Month, reason: str
) -> ContractMonth:
    """The month waits for a decision again. Raises as `confirm_credit`."""

    async def take_back(deciding: _Deciding) -> ContractMonth:
        if deciding.found.refused is None:
            raise InvalidState(mark("The credit of this month is not refused"))
        row = _make_refusal(deciding, is_taken_back=True)
        await insert_refusal(row)
        after = f"{row.amount} cents to be decided"
        await deciding.record(StaffAct.CONTRACT_CREDIT_TAKE_BACK, row, after)
        return replace(deciding.found, refused=None)

    return await _decide(actor, contract_id, month, reason, take_back)


def _make_refusal(deciding: _Deciding, *, is_taken_back: bool) -> RefusalRow:
    return RefusalRow(
        **deciding.values,
        id=RefusalId(new_id()),
        is_taken_back=is_taken_back,
        decided_by=deciding.actor.require_user(),
        decided_at=business_now(),
    )


async def _decide(
    actor: Actor,
    contract_id: ContractId,
    month: Month,
    reason: str,
    decide: Callable[[_Deciding], Awaitable[ContractMonth]],
) -> ContractMonth:
    user_id = actor.require_staff(Staff.FINANCE)
    contract = await get_contract(contract_id)
    if await is_member(contract.account_id, user_id):
        raise InvalidState("You belong to this account: another colleague decides about it")
    reject_if_any(check_reason(reason))
    await require_fresh(actor)
    _require_days(contract, month)

    async def write() -> ContractMonth:
        found = await _compute(await get_contract(contract_id, lock=True), month)
        if not found.percent:
            raise InvalidState(mark("This month reached what was promised: it has no credit"))
        if found.confirmed:
            raise AlreadyExists(mark("The credit of this month is confirmed already"))
        return await decide(_Deciding(actor, found, _figures(contract_id, found, reason)))

    return await db.run_in_transaction(write)


def _require_days(contract: ContractRow, month: Month) -> ContractDays:
    days = days_in_month(contract, month, CLOCK.offset)
    if days is None:
        raise Invalid(mark("This contract did not run in this month"), path=("month",))
    if not is_final(month, system_now()):
        message = mark("The figure of a month is final a day after its end")
        raise Invalid(message, path=("month",))
    return days


async def _compute(contract: ContractRow, month: Month) -> ContractMonth:
    days = _require_days(contract, month)
    measured = await read_measured(days.first, days.end)
    return make_month(measured, days, contract, await read_decisions([contract.id]), system_now())


def _figures(contract_id: ContractId, found: ContractMonth, reason: str) -> dict[str, Any]:
    """The fields of `CreditFigures`."""
    return {
        "contract": contract_id,
        "month": found.month.first_day,
        "first_day": found.days.first,
        "last_day": found.days.last,
        "counted": found.figure.counted,
        "excluded": found.figure.excluded,
        "available": found.figure.available,
        "percent": found.percent,
        "fee": found.fee,
        "amount": found.amount,
        "reason": tidy(reason),
    }
