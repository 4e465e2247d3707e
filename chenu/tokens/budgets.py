"""Monthly budgets of tokens, granted a month at a time, exactly once. docs/decisions/0035.

What is due is decided by the account as it is now (budget_rules.py), whoever asks: a change of its
plan, the worker's task, or a page that shows it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import singledispatch

from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import (
    BudgetDates,
    find_budget_dates,
    list_due_of,
    lock_budget_dates,
    store_budget_dates,
)
from chenu.accounts.tiers import PlanState, get_plan_state
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.i18n import mark
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature
from chenu.tokens.budget_rows import (
    WHOLE_SHARE,
    count_change,
    end_period,
    find_next_end,
    insert_period,
    list_periods,
    lock_plan_budgets,
    lower_withheld,
    raise_monthly,
    resume_period,
)
from chenu.tokens.budget_rules import (
    Begin,
    BudgetPeriod,
    BudgetSource,
    End,
    Expire,
    PlanPeriod,
    Raise,
    Resume,
    Situation,
    Step,
    decide,
)
from chenu.tokens.grants import GrantKind, NewGrant, end_grant, grant_tokens, list_grants_of_source

MONTHLY_BUDGET = mark("Monthly budget")
TRIAL_BUDGET = mark("Budget of the trial")
RAISED_BUDGET = mark("More for the rest of the month")
CARRIED_OVER = mark("Left of the budget before")
RESUMED_BUDGET = mark("Budget of a plan that came back")
PAID_AFTER_ALL = mark("A refund of an earlier plan did not come about")
BUDGET_OVER = mark("The budget's month is over")
PLAN_OVER = mark("The plan of this budget has ended")
BUDGET_REPLACED = mark("Another budget has begun")
"""Reasons of grants and entries, as statements show them."""


async def settle_due_budget(account_id: AccountId) -> bool:
    """For whoever reads or needs tokens: one indexed read unless something is due.

    Whether something was.
    """
    dates = await find_budget_dates(account_id)
    return dates is not None and dates.is_due() and await settle_budget(account_id)


async def settle_due_of(account_ids: Sequence[AccountId]) -> None:
    """The same of several accounts."""
    for account_id in await list_due_of(account_ids):
        await settle_budget(account_id)


@db.transactional
async def settle_budget(account_id: AccountId) -> bool:
    """In the caller's transaction: grants, raises and ends what is due by now.

    Again, or in two workers at once, changes nothing more. Whether anything changed.
    """
    dates = await lock_budget_dates(account_id)
    if dates is None:
        return False
    now, state = business_now(), await get_plan_state(account_id)
    since = min(now, state.period.start) if state.period else now
    periods = await list_periods(account_id, since)
    decision = decide(_situation(dates, state, tuple(periods), now))
    for step in decision.steps:
        await _apply(step, account_id)
        crash_point("budget.inside_settle")
    due_at = await _find_next_due(account_id, state, now)
    source, anchor = decision.source.value, decision.anchor
    await store_budget_dates(replace(dates, source=source, anchor_at=anchor, due_at=due_at))
    return bool(decision.steps)


def _situation(
    dates: BudgetDates, state: PlanState, periods: tuple[BudgetPeriod, ...], now: datetime
) -> Situation:
    period = state.period
    plan = PlanPeriod(period.start, period.end, period.is_trial) if period else None
    source = BudgetSource(dates.source)
    return Situation(now, find_monthly_budget(state), plan, source, dates.anchor_at, periods)


def find_monthly_budget(state: PlanState) -> Tokens | None:
    """None: no limit, or a closed account, which is given nothing any more."""
    granted = state.entitlements.grant(Feature.TOKENS)
    if state.is_closed or granted.is_unlimited:
        return None
    return Tokens(granted.limit or 0)


async def _find_next_due(account_id: AccountId, state: PlanState, now: datetime) -> datetime | None:
    """The end of what runs, or of what staff changed. A plan's renewal comes by itself."""
    ends = (await find_next_end(account_id), state.find_override_end(Feature.TOKENS))
    return min((each for each in ends if each is not None and each > now), default=None)


@singledispatch
async def _apply(step: Step, account_id: AccountId) -> None:
    raise TypeError(f"no step of a budget: {step!r}")


@_apply.register
async def _expire(step: Expire, account_id: AccountId) -> None:
    await _end_grants(step.period, BUDGET_OVER)
    await end_period(step.period.id, Tokens(0))


@_apply.register
async def _end(step: End, account_id: AccountId) -> None:
    unspent = await _end_grants(step.period, PLAN_OVER)
    for replaced in await _list_replaced(step.period, account_id):
        await _end_grants(replaced, PLAN_OVER)
    await end_period(step.period.id, unspent)


async def _list_replaced(period: BudgetPeriod, account_id: AccountId) -> list[BudgetPeriod]:
    """Those that it took the place of, whose time is not over: runs may give back of them."""
    return [
        each
        for each in await list_periods(account_id, business_now())
        if each.ended_at is not None and each.source is period.source
    ]


@_apply.register
async def _begin(step: Begin, account_id: AccountId) -> None:
    """What is unspent of the budget that is replaced stands beside the new one, as long as it."""
    unspent = Tokens(0)
    if step.replaces is not None:
        unspent = await _end_grants(step.replaces, BUDGET_REPLACED, keeps_held=True)
        await end_period(step.replaces.id, Tokens(0))
    used = min(step.monthly, await _sum_unpaid_use(step.unpaid))
    period_id = await insert_period(account_id, step.source, step.month, step.monthly, used)
    period = BudgetPeriod(period_id, step.source, step.month.start, step.month.end, step.monthly)
    reason = TRIAL_BUDGET if step.source is BudgetSource.TRIAL else MONTHLY_BUDGET
    await _grant(account_id, period, Tokens(step.monthly - used), reason)
    await _carry_over(account_id, period, unspent)


async def return_withheld(account_id: AccountId) -> None:
    """Money that was returned has come back, so that a plan which began with less is owed the rest.

    In the transaction that learns of it, under the lock of the account's budget.
    """
    periods = await lock_plan_budgets(account_id)
    for running in periods:
        if running.ended_at is not None or not running.withheld:
            continue
        before = [
            each
            for each in periods
            if each.ended_at is not None and each.ends_at > running.starts_at
        ]
        withheld = Tokens(min(running.withheld, await _sum_unpaid_use(before)))
        if withheld < running.withheld:
            await lower_withheld(running.id, withheld)
            due = Tokens(running.withheld - withheld)
            await _grant(account_id, running, due, PAID_AFTER_ALL)


async def _sum_unpaid_use(periods: Sequence[BudgetPeriod]) -> Tokens:
    """What was spent, and what runs that have not ended may still use, as far as it is unpaid."""
    total = 0
    for period in periods:
        grants = await list_grants_of_source(period.id)
        used = sum(grant.spent + grant.held for grant in grants)
        total += used * period.unpaid_share // WHOLE_SHARE
    return Tokens(total)


@_apply.register
async def _resume(step: Resume, account_id: AccountId) -> None:
    unspent = await resume_period(step.period.id)
    number = await count_change(step.period.id)
    await _add(account_id, step.period, unspent, RESUMED_BUDGET, number)


@_apply.register
async def _raise(step: Raise, account_id: AccountId) -> None:
    await raise_monthly(step.period.id, step.monthly)
    await _grant(account_id, step.period, step.tokens, RAISED_BUDGET)


async def _grant(account_id: AccountId, period: BudgetPeriod, amount: Tokens, reason: str) -> None:
    number = await count_change(period.id, granted=amount)
    await _add(account_id, period, amount, reason, number)


async def _carry_over(account_id: AccountId, period: BudgetPeriod, unspent: Tokens) -> None:
    if unspent:
        number = await count_change(period.id, carried=unspent)
        await _add(account_id, period, unspent, CARRIED_OVER, number, GrantKind.ADJUSTMENT)


async def _add(
    account_id: AccountId,
    period: BudgetPeriod,
    amount: Tokens,
    reason: str,
    number: int,
    kind: GrantKind | None = None,
) -> None:
    if amount == 0:
        return
    is_trial = period.source is BudgetSource.TRIAL
    new = NewGrant(
        account_id,
        kind or (GrantKind.TRIAL if is_trial else GrantKind.MONTHLY),
        amount,
        business_key=f"budget:{period.id}:{number}",
        reason=reason,
        expires_at=period.ends_at,
        source_id=period.id,
    )
    await grant_tokens(new)


async def _end_grants(period: BudgetPeriod, reason: str, *, keeps_held: bool = False) -> Tokens:
    """What was unspent of the budget's grants.

    Also those end of which runs hold everything: what comes back of them expires, unless
    `keeps_held`.
    """
    key_prefix, unspent = "budget-replaced" if keeps_held else "budget-end", 0
    for grant in await list_grants_of_source(period.id):
        has_ended = grant.expires_at is not None and grant.expires_at < period.ends_at
        if not has_ended and grant.remaining + grant.held:
            key = f"{key_prefix}:{grant.id}"
            unspent += await end_grant(
                grant.id, business_key=key, reason=reason, keeps_held=keeps_held
            )
    return Tokens(unspent)
