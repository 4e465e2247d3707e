"""Somebody withdraws from a contract: signed in by choosing it, else by name, number and address.

Directive 2011/83/EU art. 11a. The answer never tells whether a contract exists. decisions/0027.
"""

from datetime import timedelta
from uuid import UUID

import msgspec

from chenu.accounts import attempts
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.attempts import Limit
from chenu.accounts.queries import list_memberships
from chenu.accounts.roles import Right, role_allows
from chenu.accounts.users import User, find_user_by_email, get_user
from chenu.accounts.validation import check_email, check_line, normalise_email
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound, reject_if_any
from chenu.core.i18n import Locale, known_locale, mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy
from chenu.flows.services import Services
from chenu.flows.withdrawal_contracts import Contract, Withdrawal
from chenu.flows.withdrawals.execute import execute, run_all
from chenu.flows.withdrawals.sources import find_by_number, get_contract
from chenu.support.withdrawals import (
    StatementId,
    StatementRow,
    StatementState,
    find_same_statement,
    insert_statement,
    is_withdrawn,
)

MAX_NAME, MAX_CONTRACT = 80, 120
PER_EMAIL = Limit("withdrawal_email", 5, timedelta(hours=1))
PER_IP = Limit("withdrawal_address", 20, timedelta(hours=1))

_TOO_LATE = mark(
    "The 14 days in which this contract could be withdrawn from are over. You can cancel it at the "
    "end of its period, or write to us"
)


class StatementInput(msgspec.Struct, frozen=True):
    """As it was written; `contract` is a number of an invoice, order or subscription."""

    name: str
    contract: str
    email: str
    locale: Locale


def check_statement(data: StatementInput) -> None:
    """Raises Invalid, Rejected."""
    errors = check_line(data.name, path=("name",), longest=MAX_NAME)
    errors += check_line(data.contract, path=("contract",), longest=MAX_CONTRACT)
    reject_if_any([*errors, *check_email(normalise_email(data.email))])


async def declare(data: StatementInput, ip: str) -> None:
    """By anybody. The receipt goes to the address at once; clear matches are carried out, by the
    worker; all else waits for the support desk.

    Raises Invalid, RateLimited.
    """
    check_statement(data)
    row = _make_statement(
        tidy(data.name), normalise_email(data.email), tidy(data.contract), data.locale
    )

    async def write() -> None:
        await attempts.count_attempt(PER_IP, ip)
        await attempts.count_attempt(PER_EMAIL, row.email)
        await db.lock_until_commit(f"withdrawal:{row.email}")
        if await find_same_statement(row.email, row.name, row.contract) is not None:
            return
        await insert_statement(row)
        await _send_receipt(row)
        contract = await _find_clear_match(row)
        if contract is not None:
            await _execute_once(row, contract)

    await db.run_in_transaction(write)


async def declare_own(services: Services, actor: Actor, contract_id: UUID) -> StatementRow:
    """By somebody who may change the account's plan, and is signed in.

    A contract that was withdrawn from already stays so. Raises NotFound, InvalidState when it is
    too late.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    user = await get_user(actor.require_user())
    named = await get_own_contract(account_id, contract_id)
    row = _make_statement(user.display_name, user.email, named.number, user.locale)

    async def write() -> Withdrawal | None:
        await attempts.count_attempt(PER_EMAIL, user.email)
        await db.lock_until_commit(f"withdrawal:{contract_id}")
        if await is_withdrawn(contract_id):
            return None
        contract = await get_own_contract(account_id, contract_id)
        if not contract.is_open(row.declared_at):
            raise InvalidState(_TOO_LATE)
        await insert_statement(row)
        await _send_receipt(row)
        return await execute(row, contract)

    withdrawal = await db.run_in_transaction(write)
    if withdrawal is not None:
        await run_all(services, withdrawal.operations)
    return row


async def get_own_contract(account_id: AccountId, contract_id: UUID) -> Contract:
    """Raises NotFound, also for another account's contract."""
    contract = await get_contract(contract_id)
    if contract.account_id != account_id:
        raise NotFound("There is no such contract")
    return contract


def _make_statement(name: str, email: str, contract: str, locale: str) -> StatementRow:
    return StatementRow(
        id=StatementId(new_id()),
        name=name,
        email=email,
        contract=contract,
        locale=locale,
        declared_at=business_now(),
        account_id=None,
        contract_kind=None,
        contract_id=None,
        state=StatementState.WAITING,
        decided_by=None,
        decided_at=None,
        decision_reason=None,
    )


async def _send_receipt(row: StatementRow) -> None:
    """The law's durable medium: what was declared, and when."""
    params = {
        "name": row.name,
        "contract": row.contract,
        "email": row.email,
        "declared_at": row.declared_at.isoformat(),
    }
    key = f"withdrawal:{row.id}"
    locale = known_locale(row.locale)
    await queue_mail(MailKind.WITHDRAWAL_RECEIVED, row.email, locale, key, params)


async def _find_clear_match(row: StatementRow) -> Contract | None:
    """One contract, of an account that the person with this address and name may change."""
    found = await find_by_number(row.contract)
    user = await find_user_by_email(row.email)
    if len(found) != 1 or user is None or not _is_name_of(user, row.name):
        return None
    [contract] = found
    if not contract.is_open(row.declared_at) or not await _may_change(user, contract.account_id):
        return None
    return contract


def _is_name_of(user: User, name: str) -> bool:
    return tidy(user.display_name).casefold() == tidy(name).casefold()


async def _may_change(user: User, account_id: AccountId) -> bool:
    memberships = await list_memberships([user.id])
    roles = [each.role for each in memberships if each.account_id == account_id]
    return any(role_allows(role, Right.MANAGE_PLAN, has_seat=True) for role in roles)


async def _execute_once(row: StatementRow, found: Contract) -> None:
    """As it is under the lock: it may have been settled since it was found."""
    await db.lock_until_commit(f"withdrawal:{found.id}")
    if await is_withdrawn(found.id):
        return
    contract = await get_contract(found.id)
    if contract.is_open(row.declared_at):
        await execute(row, contract)
