"""Statements that need a person: the support desk finds the contract, or says why not."""

from uuid import UUID

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.queries import is_member, list_accounts_of_member
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.validation import check_text
from chenu.core import db
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import known_locale, mark
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy
from chenu.flows.services import Services
from chenu.flows.withdrawal_contracts import Contract, Withdrawal
from chenu.flows.withdrawals.execute import execute, run_all
from chenu.flows.withdrawals.sources import (
    find_by_number,
    get_contract,
    list_contracts,
)
from chenu.support.withdrawals import (
    StatementId,
    StatementRow,
    get_statement,
    is_withdrawn,
    mark_refused,
)

MAX_REASON = 500
_OWN_ACCOUNT = mark("You belong to this account: another colleague decides about it")


async def list_candidates(statement: StatementRow) -> list[Contract]:
    """What may be meant: by the number, and of the accounts of the person with that address."""
    accounts = await list_accounts_of_member(statement.email)
    of_person = [each for account in accounts for each in await list_contracts(account.id)]
    found = {each.id: each for each in (*await find_by_number(statement.contract), *of_person)}
    return list(found.values())


async def execute_statement(
    services: Services,
    actor: Actor,
    statement_id: StatementId,
    contract_id: UUID,
    reason: str | None = None,
) -> None:
    """As of when it was declared.

    Raises Forbidden, NotFound, Invalid, InvalidState, SignInAgain.
    """
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_reason(reason))
    await require_fresh(actor)
    withdrawal = await _execute(actor, user_id, statement_id, contract_id, reason)
    await run_all(services, withdrawal.operations)


@db.transactional
async def _execute(
    actor: Actor,
    user_id: UserId,
    statement_id: StatementId,
    contract_id: UUID,
    reason: str | None,
) -> Withdrawal:
    await db.lock_until_commit(f"withdrawal:{contract_id}")
    contract = await get_contract(contract_id)
    statement = await _lock_waiting(statement_id)
    if await is_member(contract.account_id, user_id):
        raise InvalidState(_OWN_ACCOUNT)
    if await is_withdrawn(contract.id):
        raise InvalidState("This contract was withdrawn from already")
    if not contract.is_open(statement.declared_at):
        raise InvalidState(
            "This statement came too late for this contract: refuse it, with a reason"
        )
    await record_staff_act(
        actor, StaffAct.WITHDRAWAL_EXECUTE, statement.id, reason, contract=str(contract.id)
    )
    return await execute(statement, contract, by=user_id)


@db.transactional
async def refuse_statement(actor: Actor, statement_id: StatementId, reason: str) -> None:
    """By mail to who declared it. Raises Forbidden, NotFound, Invalid, InvalidState."""
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_text(reason, path=("reason",), longest=MAX_REASON))
    statement = await _lock_waiting(statement_id)
    await mark_refused(statement.id, user_id, tidy(reason))
    await record_staff_act(actor, StaffAct.WITHDRAWAL_REFUSE, statement.id, reason)
    locale = known_locale(statement.locale)
    params = {
        "name": statement.name,
        "contract": statement.contract,
        "declared_at": statement.declared_at.isoformat(),
        "reason": tidy(reason),
    }
    key = f"withdrawal-refused:{statement.id}"
    await queue_mail(MailKind.WITHDRAWAL_REFUSED, statement.email, locale, key, params)


async def _lock_waiting(statement_id: StatementId) -> StatementRow:
    statement = await get_statement(statement_id, lock=True)
    if not statement.is_waiting:
        raise InvalidState("This statement is decided already")
    return statement
