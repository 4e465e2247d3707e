"""When most of a monthly budget is used: at 80 % and at 100 %."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import list_budget_sources
from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_rows import RunningBudget, list_running

WARNED_AT = (80, 100)
"""Percentages of use."""
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class TokenWarning:
    """`percent` is the one that was reached: 80 or 100."""

    account_id: AccountId
    percent: int
    budget: Tokens
    used: Tokens
    resets_at: datetime

    @property
    def is_used_up(self) -> bool:
        return self.percent == _WHOLE


def find_percent(budget: Tokens, used: Tokens) -> int | None:
    """The highest that was reached; None below all, and where there is no budget."""
    reached = [each for each in WARNED_AT if 0 < budget * each <= used * _WHOLE]
    return max(reached, default=None)


def describe_warning(running: RunningBudget) -> TokenWarning | None:
    percent = find_percent(running.granted, running.used)
    if percent is None:
        return None
    return TokenWarning(running.account_id, percent, running.granted, running.used, running.ends_at)


async def find_token_warning(account_id: AccountId) -> TokenWarning | None:
    """For the banner: of the budget that the account has now."""
    return next(
        (describe_warning(each) for each in await list_budgets_in_force([account_id])), None
    )


async def list_budgets_in_force(account_ids: Sequence[AccountId]) -> list[RunningBudget]:
    """One for each account that has a limited budget, in no particular order."""
    sources = await list_budget_sources(account_ids)
    running = await list_running(account_ids)
    return [each for each in running if each.source.value == sources.get(each.account_id)]
