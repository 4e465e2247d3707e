"""What accounts are entitled to, with the use of their monthly budgets of tokens."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from chenu.accounts import entitlements
from chenu.accounts.actor import AccountId
from chenu.accounts.entitlements import AccountEntitlements, BudgetTerms, Entitlement
from chenu.core.clock import business_now
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature
from chenu.tokens.budget_calendar import month_from, month_of_plan
from chenu.tokens.budget_rows import RunningBudget, list_running, list_use_since
from chenu.tokens.budget_rules import BudgetSource


async def get_entitlements(account_id: AccountId) -> AccountEntitlements:
    [found] = await list_entitlements([account_id])
    return found


async def list_entitlements(account_ids: Sequence[AccountId]) -> list[AccountEntitlements]:
    """In no particular order; none for an account that there is not."""
    found = await entitlements.list_entitlements(account_ids)
    running = {(each.account_id, each.source): each for each in await list_running(account_ids)}
    others = [each for each in found if _find_running(each, running) is None]
    use = await list_use_since({each.account_id: _start_of(each.budget) for each in others})
    return [
        _complete(each, _find_running(each, running), use.get(each.account_id)) for each in found
    ]


_Running = dict[tuple[AccountId, BudgetSource], RunningBudget]


def _find_running(account: AccountEntitlements, running: _Running) -> RunningBudget | None:
    if account.of(Feature.TOKENS).is_unlimited:
        return None
    return running.get((account.account_id, BudgetSource(account.budget.source)))


def _start_of(terms: BudgetTerms) -> datetime:
    return month_from(terms.anchor, business_now()).start


def _complete(
    account: AccountEntitlements, running: RunningBudget | None, use: Tokens | None
) -> AccountEntitlements:
    tokens = _describe(account.of(Feature.TOKENS), account.budget, running, use)
    others = (each for each in account.entitlements if each.feature is not Feature.TOKENS)
    order = [each.feature for each in account.entitlements]
    both = sorted((*others, tokens), key=lambda each: order.index(each.feature))
    return replace(account, entitlements=tuple(both))


def _describe(
    known: Entitlement,
    terms: BudgetTerms,
    running: RunningBudget | None,
    use: Tokens | None,
) -> Entitlement:
    """Before the first budget is granted, what it will be."""
    if known.is_unlimited:
        return replace(known, used=use)
    if not known.has_access:
        return known
    if running is None:
        return replace(known, used=use, resets_at=_find_next(terms))
    return replace(known, limit=running.granted, used=running.used, resets_at=running.ends_at)


def _find_next(terms: BudgetTerms) -> datetime:
    now, period = business_now(), terms.period
    if period is None:
        return month_from(terms.anchor, now).end
    if period.is_trial and period.end > now:
        return period.end
    month = month_of_plan(period.start, period.end, now)
    return month.end if month else month_from(period.start, now).end
