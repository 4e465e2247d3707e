"""Contracts for ENTERPRISE: entered by staff, beginning and ending by themselves.

They are invoiced outside and have no ledger entries. While one runs it gives ENTERPRISE, whatever
plan the account has; that plan is not renewed. docs/money.md, "Contracts".
"""

from datetime import datetime, timedelta

import msgspec
import structlog

from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.api_plans import set_contract_calls
from chenu.accounts.queries import find_account, is_member
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.tiers import set_seats
from chenu.accounts.validation import check_line, check_text
from chenu.analytics.movements import record_movement
from chenu.billing.contracts import (
    ContractId,
    ContractRow,
    ContractStatus,
    find_running_contract,
    get_contract,
    has_overlap,
    insert_contract,
    list_due_contracts,
    move_contract,
    postpone_contract,
    record_end,
)
from chenu.billing.recurring import BillingInterval, SubscriptionKind
from chenu.billing.subscriptions import list_live_subscriptions
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.text import tidy
from chenu.flows.plan_kinds import PLAN_KINDS
from chenu.flows.subscriptions.changes import create_renewal_operation, is_renewal_set
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.tiers import settle_tier

log = structlog.get_logger(__name__)

MAX_REFERENCE, MAX_REASON = 60, 500
MAX_AMOUNT = Cents(100_000_000)
MAX_SEATS, MAX_CALLS, MAX_RATE = 100_000, 10**12, 1_000_000

_EVERY, _SOON = timedelta(hours=1), timedelta(minutes=5)
"""How often a running contract looks for a plan beside it: one may be renewed again at Stripe, or
begin on a payment page that was open. Sooner while one is still to be stopped."""

_RANGE = mark("Please enter a number from {lowest} to {highest}")


class ContractInput(msgspec.Struct, frozen=True):
    """`amount` in cents a period, without VAT. Seats, calls a month, rate a minute None: no limit.

    It runs from `starts_at` until just before `ends_at`.
    """

    reference: str
    amount: Cents
    billing_interval: BillingInterval
    seats: int | None
    api_calls: int | None
    api_rate: int | None
    starts_at: datetime
    ends_at: datetime


async def enter_contract(
    actor: Actor, account_id: AccountId, data: ContractInput, reason: str | None = None
) -> ContractId:
    """It begins at once if its time has come.

    Raises Forbidden, NotFound, Invalid, InvalidState.
    """
    await _require_changeable(actor, account_id)
    reject_if_any([*_check(data), *check_reason(reason)])
    row = _make_row(actor, account_id, data)

    async def write() -> None:
        await lock_subscriptions(account_id, SubscriptionKind.TIER)
        if await has_overlap(account_id, data.starts_at, data.ends_at):
            raise InvalidState("Another contract of this account runs in that time")
        await insert_contract(row)
        terms: dict[str, str | int] = {"reference": row.reference, "amount": row.amount}
        await record_staff_act(actor, StaffAct.CONTRACT_ENTER, row.id, reason, **terms)

    await db.run_in_transaction(write)
    await apply_contract(row.id)
    return row.id


async def end_contract(actor: Actor, contract_id: ContractId, reason: str) -> None:
    """At once, with a reason. Raises Forbidden, NotFound, Invalid, InvalidState once it ended."""
    contract = await get_contract(contract_id)
    await _require_changeable(actor, contract.account_id)
    reject_if_any(check_text(reason, path=("reason",), longest=MAX_REASON))

    async def write() -> None:
        await lock_subscriptions(contract.account_id, SubscriptionKind.TIER)
        if not (await get_contract(contract_id, lock=True)).is_open:
            raise InvalidState("This contract has ended")
        await record_end(contract_id, tidy(reason))
        await record_staff_act(actor, StaffAct.CONTRACT_END, contract_id, reason)
        await _settle_account(contract.account_id)

    await db.run_in_transaction(write)


async def apply_due_contracts() -> None:
    """Contracts whose time has come begin or end; one that fails is postponed."""
    for contract_id in await list_due_contracts(business_now()):
        try:
            await apply_contract(contract_id)
        except Exception:
            log.exception("contract_broke", contract=str(contract_id))
            await postpone_contract(contract_id)


async def apply_contract(contract_id: ContractId) -> None:
    """What is true of it by now; again changes nothing."""
    contract = await get_contract(contract_id)

    async def write() -> None:
        await lock_subscriptions(contract.account_id, SubscriptionKind.TIER)
        current, now = await get_contract(contract_id, lock=True), business_now()
        if not current.is_open or current.starts_at > now:
            return
        if current.ends_at <= now:
            await record_end(contract_id, None)
        else:
            is_certain = await _stop_renewals(current.account_id)
            next_look = min(current.ends_at, now + (_EVERY if is_certain else _SOON))
            await move_contract(contract_id, ContractStatus.RUNNING, next_look)
        await _settle_account(current.account_id)

    await db.run_in_transaction(write)


async def _settle_account(account_id: AccountId) -> None:
    """After a contract has begun or ended: what it gives, and what it brings."""
    await record_movement(account_id)
    running = await find_running_contract(account_id)
    await set_seats(account_id, running.seats if running else None)
    calls, rate = (running.api_calls, running.api_rate) if running else (None, None)
    await set_contract_calls(account_id, calls, rate)
    await settle_tier(account_id)


async def _stop_renewals(account_id: AccountId) -> bool:
    """A plan beside a contract, of whichever kind, ends with the period that is paid.

    Whether none will be renewed. Another change that is under way comes first.
    """
    live = [plan for kind in PLAN_KINDS for plan in await list_live_subscriptions(account_id, kind)]
    renewed = [plan for plan in live if not is_renewal_set(plan, cancel=True)]
    for plan in renewed:
        await create_renewal_operation(plan, cancel=True, reason=None)
    return not renewed


def _make_row(actor: Actor, account_id: AccountId, data: ContractInput) -> ContractRow:
    return ContractRow(
        id=ContractId(new_id()),
        account_id=account_id,
        reference=tidy(data.reference),
        amount=data.amount,
        billing_interval=data.billing_interval,
        seats=data.seats,
        api_calls=data.api_calls,
        api_rate=data.api_rate,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        status=ContractStatus.PLANNED,
        due_at=data.starts_at,
        entered_by=actor.require_user(),
        created_at=business_now(),
        ended_at=None,
        end_reason=None,
    )


async def _require_changeable(actor: Actor, account_id: AccountId) -> None:
    """Nobody decides about an account of their own."""
    user_id = actor.require_staff(Staff.FINANCE)
    if await find_account(account_id) is None:
        raise NotFound("There is no such account", path=("account_id",))
    if await is_member(account_id, user_id):
        raise InvalidState("You belong to this account: another colleague decides about it")


def _check(data: ContractInput) -> list[ChenuError]:
    errors = check_line(data.reference, path=("reference",), longest=MAX_REFERENCE)
    errors += _check_range("amount", data.amount, 1, MAX_AMOUNT)
    errors += _check_range("seats", data.seats, 1, MAX_SEATS)
    errors += _check_range("api_calls", data.api_calls, 0, MAX_CALLS)
    errors += _check_range("api_rate", data.api_rate, 1, MAX_RATE)
    if data.ends_at <= max(data.starts_at, business_now()):
        message = mark("The end must lie after the beginning and in the future")
        errors.append(Invalid(message, path=("ends_at",)))
    return errors


def _check_range(field: str, value: int | None, lowest: int, highest: int) -> list[ChenuError]:
    if value is None or lowest <= value <= highest:
        return []
    return [Invalid(_RANGE, path=(field,), lowest=lowest, highest=highest)]
