"""Carrying a withdrawal out: the contract ends at once, what is due goes back, mails say so."""

import contextlib
from collections.abc import Iterable

from chenu.accounts.actor import UserId
from chenu.accounts.customers import get_billed_person
from chenu.billing.gateway import OutcomeUnknown
from chenu.core.i18n import known_locale
from chenu.core.mail import MailKind, queue_mail
from chenu.core.money import Cents
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.withdrawal_contracts import Contract, Withdrawal
from chenu.flows.withdrawals.sources import source_of
from chenu.ledger.operations import OperationRow
from chenu.support.withdrawals import StatementRow, mark_executed


async def execute(
    statement: StatementRow, contract: Contract, *, by: UserId | None = None
) -> Withdrawal:
    """In the caller's transaction; the operations are queued. `by` is of the support desk."""
    withdrawal = await source_of(contract).withdraw(contract, statement.declared_at)
    await mark_executed(statement.id, contract.account_id, contract.kind, contract.id, by)
    await _tell_customer(statement, contract, withdrawal.returned)
    return withdrawal


async def _tell_customer(statement: StatementRow, contract: Contract, returned: Cents) -> None:
    person = await get_billed_person(contract.account_id)
    locale = known_locale(person.locale)
    params = {
        "name": person.name,
        "item": contract.item,
        "number": contract.number,
        "amount": returned,
        "declared_at": statement.declared_at.isoformat(),
    }
    key = f"withdrawn:{statement.id}"
    await queue_mail(MailKind.WITHDRAWAL_DONE, person.email, locale, key, params)


async def run_all(services: Services, operations: Iterable[OperationRow]) -> None:
    """At once where somebody waits for it; what Stripe does not answer, repair goes on with."""
    for operation in operations:
        with contextlib.suppress(OutcomeUnknown):
            await run_operation(services, operation.id)
