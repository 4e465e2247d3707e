"""What becomes of an account's budgets at a moment: pure rules. docs/money.md, "Token budgets"."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_calendar import BudgetMonth, month_from, month_of_plan


class BudgetSource(StrEnum):
    """What gives the budget. ACCOUNT: no plan, so FREE unless staff say otherwise."""

    ACCOUNT = "ACCOUNT"
    TRIAL = "TRIAL"
    PLAN = "PLAN"
    UNLIMITED = "UNLIMITED"


class PlanPeriod(msgspec.Struct, frozen=True):
    """The period of the subscription that gives the tier."""

    start: datetime
    end: datetime
    is_trial: bool


class BudgetPeriod(msgspec.Struct, frozen=True):
    """A budget as it was granted. `monthly` is the highest that it was granted for so far.

    `unpaid_share` of its money was returned, or never came, in basis points. `withheld` is what it
    began with less for that of others.
    """

    id: UUID
    source: BudgetSource
    starts_at: datetime
    ends_at: datetime
    monthly: Tokens
    ended_at: datetime | None = None
    unpaid_share: int = 0
    withheld: int = 0

    @property
    def month(self) -> BudgetMonth:
        return BudgetMonth(self.starts_at, self.ends_at)


class Situation(msgspec.Struct, frozen=True):
    """`monthly` None: unlimited. `source` and `anchor` are those that were settled last.

    `periods`: those that run, and those that began within the plan's period.
    """

    now: datetime
    monthly: Tokens | None
    plan: PlanPeriod | None
    source: BudgetSource
    anchor: datetime
    periods: tuple[BudgetPeriod, ...] = ()


class Expire(msgspec.Struct, frozen=True):
    """Its time is over: what is unspent ends."""

    period: BudgetPeriod


class End(msgspec.Struct, frozen=True):
    """The plan that gave it is gone: what is unspent ends before its time."""

    period: BudgetPeriod


class Begin(msgspec.Struct, frozen=True):
    """A new budget; what is unspent of `replaces`, which ends, comes beside it.

    What was spent of `unpaid` within the same month is deducted, by the share of its money.
    """

    source: BudgetSource
    month: BudgetMonth
    monthly: Tokens
    replaces: BudgetPeriod | None = None
    unpaid: tuple[BudgetPeriod, ...] = ()


class Resume(msgspec.Struct, frozen=True):
    """The plan is back within the same month: so is what ended with it."""

    period: BudgetPeriod


class Raise(msgspec.Struct, frozen=True):
    """More a month than before: `tokens` for the rest of this one."""

    period: BudgetPeriod
    monthly: Tokens
    tokens: Tokens


Step = Expire | End | Begin | Resume | Raise


class Decision(msgspec.Struct, frozen=True):
    source: BudgetSource
    anchor: datetime
    steps: tuple[Step, ...]


def decide(situation: Situation) -> Decision:
    """What is due now. Once it is done, the same moment asks for nothing more."""
    source = _source_of(situation)
    running = [each for each in situation.periods if each.ended_at is None]
    over = [each for each in running if _is_over(each, situation)]
    running = [each for each in running if each not in over]
    anchor = _anchor_of(situation, source, running)
    steps: list[Step] = [Expire(each) for each in over]
    if situation.monthly is not None:
        month = _month_of(situation, source, anchor)
        steps += _settle(situation, source, month, running, situation.monthly)
    return Decision(source, anchor, tuple(steps))


def _source_of(situation: Situation) -> BudgetSource:
    if situation.monthly is None:
        return BudgetSource.UNLIMITED
    if situation.plan is None:
        return BudgetSource.ACCOUNT
    return BudgetSource.TRIAL if situation.plan.is_trial else BudgetSource.PLAN


def _is_over(period: BudgetPeriod, situation: Situation) -> bool:
    """Also one whose plan is renewed already by Stripe's clock."""
    if period.ends_at <= situation.now:
        return True
    plan = situation.plan
    is_of_plan = period.source is not BudgetSource.ACCOUNT
    return plan is not None and is_of_plan and period.ends_at <= plan.start


def _anchor_of(situation: Situation, source: BudgetSource, running: list[BudgetPeriod]) -> datetime:
    """Months without a plan count from the day that the last plan ended, unless a budget from
    before it still runs: nobody gets two of them within a month.
    """
    is_same = source is situation.source or source in (BudgetSource.PLAN, BudgetSource.TRIAL)
    is_running = any(each.source is BudgetSource.ACCOUNT for each in running)
    return situation.anchor if is_same or is_running else situation.now


def _month_of(situation: Situation, source: BudgetSource, anchor: datetime) -> BudgetMonth | None:
    """The month whose budget is due; None while a plan's renewal has not come."""
    plan = situation.plan
    if plan is None:
        return month_from(anchor, situation.now)
    if source is BudgetSource.TRIAL:
        return BudgetMonth(plan.start, plan.end) if situation.now < plan.end else None
    return month_of_plan(plan.start, plan.end, situation.now)


def _settle(
    situation: Situation,
    source: BudgetSource,
    month: BudgetMonth | None,
    running: list[BudgetPeriod],
    monthly: Tokens,
) -> Iterator[Step]:
    """Without a plan a budget that runs stays until its end, whatever its months count from."""
    of_plan = [each for each in running if each.source is not BudgetSource.ACCOUNT]
    if month is None:
        return
    replaced = [each for each in of_plan if (each.source, each.starts_at) != (source, month.start)]
    current = _find_current(situation, source, month, running)
    if current is not None:
        yield from (End(each) for each in replaced)
        yield from _go_on(current, monthly, situation.now)
        return
    is_changed = source is BudgetSource.PLAN
    carried = next((each for each in replaced if is_changed and each.source is source), None)
    yield from (End(each) for each in replaced if each is not carried)
    yield Begin(source, month, monthly, carried, _list_unpaid(situation, source))


def _list_unpaid(situation: Situation, source: BudgetSource) -> tuple[BudgetPeriod, ...]:
    """Plans that began, were used, and came to nothing within the month that would still run."""
    if source is not BudgetSource.PLAN:
        return ()
    return tuple(
        each
        for each in situation.periods
        if each.unpaid_share and each.ended_at is not None and each.ends_at > situation.now
    )


def _find_current(
    situation: Situation,
    source: BudgetSource,
    month: BudgetMonth,
    running: list[BudgetPeriod],
) -> BudgetPeriod | None:
    if source is BudgetSource.ACCOUNT:
        return next((each for each in running if each.source is source), None)
    same = (
        each for each in situation.periods if (each.source, each.starts_at) == (source, month.start)
    )
    return next(same, None)


def _go_on(current: BudgetPeriod, monthly: Tokens, now: datetime) -> Iterator[Step]:
    """One whose time is over does not come back, though its trial was prolonged at Stripe."""
    if current.ends_at <= now:
        return
    if current.ended_at is not None:
        yield Resume(current)
    if monthly > current.monthly:
        tokens = current.month.prorate(Tokens(monthly - current.monthly), now)
        yield Raise(current, monthly, tokens)
