"""The mails at 80 % and 100 % of a monthly budget: one each, of each budget.

Spending does not wait for them: a task of the worker looks at the accounts that have spent since
its last run.
"""

from collections.abc import Sequence
from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import get_mailbox
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import TokensUsedParams
from chenu.flows.operations.repair import repair_one
from chenu.flows.webhooks.facts import tell_of_tokens
from chenu.tokens.budget_rows import RunningBudget, list_spenders, record_warning
from chenu.tokens.budget_warnings import TokenWarning, describe_warning, list_budgets_in_force

_AT_ONCE = 500


async def warn_of_use(since: datetime) -> None:
    """About what was spent since then, by business time."""
    spenders = await list_spenders(system_now() - (business_now() - since))
    for first in range(0, len(spenders), _AT_ONCE):
        await _warn_each(spenders[first : first + _AT_ONCE])


async def _warn_each(account_ids: Sequence[AccountId]) -> None:
    for running in await list_budgets_in_force(account_ids):
        warning = describe_warning(running)
        if warning is not None and warning.percent > running.warned:
            await repair_one(_warn(running, warning), warning=str(running.id))


async def _warn(running: RunningBudget, warning: TokenWarning) -> None:
    """A budget that was used up at once is mailed about once, as used up."""
    mailbox = await get_mailbox(running.account_id)
    params = TokensUsedParams(
        name=mailbox.name,
        account=mailbox.account,
        percent=warning.percent,
        budget=warning.budget,
        used=warning.used,
        resets_at=warning.resets_at.isoformat(),
    )
    key = f"tokens-used:{running.id}:{warning.percent}"

    async def write() -> None:
        if await record_warning(running.id, warning.percent):
            await queue_mail(MailKind.TOKENS_USED, mailbox.email, mailbox.locale, key, params)
            await tell_of_tokens(running, warning)

    await db.run_in_transaction(write)
