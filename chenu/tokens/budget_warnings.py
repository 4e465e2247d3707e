"""When most of a monthly budget is used: at 80 % and at 100 %."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import list_budget_sources
from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_rows import RunningBudget, list_running

WARNED_AT = (80, 100)
"""Percentages of use."""
_WHOLE = 100


class TokenWarning(msgspec.Struct, frozen=True):
    """`percent` is the one that was reached: 80 or 100."""

    account_id: AccountId
    percent: int
    budget: Tokens
    used: Tokens
    resets_at: datetime


def find_percent(budget: Tokens, used: Tokens) -> int | None:
    """The highest that was reached; None below all, and where there is no budget."""
    reached = [each for each in WARNED_AT if 0 < budget * each <= used * _WHOLE]
    return max(reached, default=None)


def describe_warning(running: RunningBudget) -> TokenWarning | None:
    percent = find_percent(running.granted, running.used)
    if percent is None:
        return None
    return TokenWarning(running.account_id, percent, running.granted, running.used, running.ends_at)


async def list_budgets_in_force(account_ids: Sequence[AccountId]) -> list[RunningBudget]:
    """One for each account that has a limited budget, in no particular order."""
    sources = await list_budget_sources(account_ids)
    running = await list_running(account_ids)
    return [each for each in running if each.source.value == sources.get(each.account_id)]
