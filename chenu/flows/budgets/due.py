"""The worker's task: budgets whose time has come, and tokens that have expired.

Whoever reads a wallet settles it at once (chenu/tokens/budgets.py); this is for those that nobody
reads. An account that fails waits longer and longer, and does not stop others.
"""

from collections.abc import Awaitable, Callable

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.budget_dates import list_due_budgets, list_postponed, postpone_budget
from chenu.accounts.customers import list_owned_accounts
from chenu.core.backoff import name_failure
from chenu.core.crash_points import crash_point
from chenu.flows.operations.repair import repair_one
from chenu.tokens.budgets import settle_budget, settle_due_of
from chenu.tokens.grants import expire_grants, list_accounts_with_due_grants

_BATCH = 500


async def settle_due_budgets() -> None:
    """Until nothing is due: each account that is looked at has another time afterwards."""
    while due := await list_due_budgets(limit=_BATCH):
        for account_id in due:
            await repair_one(_try(settle_budget, account_id), budget=str(account_id))
            crash_point("budget.after_settle")


async def grant_first_budget(user_id: UserId) -> None:
    """After sign-up, so that the first page shows it; the worker does it where this is not done."""
    await settle_due_of(await list_owned_accounts(user_id))


async def expire_due_grants() -> None:
    due = await list_accounts_with_due_grants()
    postponed = await list_postponed(due)
    for account_id in due:
        if account_id not in postponed:
            await repair_one(_try(expire_grants, account_id), expiry=str(account_id))


async def _try(work: Callable[[AccountId], Awaitable[object]], account_id: AccountId) -> None:
    try:
        await work(account_id)
    except Exception as error:
        await postpone_budget(account_id, name_failure(error))
        raise
