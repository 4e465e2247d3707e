"""What becomes of an account's budgets: each rule of docs/money.md, "Token budgets", as data."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_calendar import BudgetMonth
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

ACCOUNT, PLAN, TRIAL = BudgetSource.ACCOUNT, BudgetSource.PLAN, BudgetSource.TRIAL
UNLIMITED = BudgetSource.UNLIMITED
FREE, STARTER, PRO = Tokens(500), Tokens(5_000), Tokens(25_000)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def month(start: str, end: str) -> BudgetMonth:
    return BudgetMonth(at(start), at(end))


def period(
    source: BudgetSource, start: str, end: str, monthly: int, ended: str | None = None
) -> BudgetPeriod:
    return BudgetPeriod(
        UUID(int=1), source, at(start), at(end), Tokens(monthly), at(ended) if ended else None
    )


def plan(start: str, end: str, *, is_trial: bool = False) -> PlanPeriod:
    return PlanPeriod(at(start), at(end), is_trial)


FREE_APRIL = period(ACCOUNT, "2026-04-01", "2026-05-01", 500)
STARTER_APRIL = period(PLAN, "2026-04-01", "2026-05-01", 5_000)
PRO_APRIL = replace(STARTER_APRIL, monthly=PRO)
TRIAL_APRIL = period(TRIAL, "2026-04-10", "2026-04-24", 25_000)
APRIL, MAY = plan("2026-04-01", "2026-05-01"), plan("2026-05-01", "2026-06-01")
IN_TRIAL = plan("2026-04-10", "2026-04-24", is_trial=True)
PAID_AFTER_TRIAL = plan("2026-04-24", "2026-05-24")
YEAR = plan("2026-04-11", "2027-04-11")
ENDED = replace(PRO_APRIL, ended_at=at("2026-04-10"))
RETURNED = replace(ENDED, unpaid_share=10_000)

CASES: dict[
    str,
    tuple[
        str,
        Tokens | None,
        PlanPeriod | None,
        BudgetSource,
        str,
        tuple[BudgetPeriod, ...],
        tuple[Step, ...],
    ],
] = {
    "sign-up": (
        "2026-04-01",
        FREE,
        None,
        ACCOUNT,
        "2026-04-01",
        (),
        (Begin(ACCOUNT, month("2026-04-01", "2026-05-01"), FREE),),
    ),
    "nothing is due": ("2026-04-20", FREE, None, ACCOUNT, "2026-04-01", (FREE_APRIL,), ()),
    "next month": (
        "2026-05-01",
        FREE,
        None,
        ACCOUNT,
        "2026-04-01",
        (FREE_APRIL,),
        (Expire(FREE_APRIL), Begin(ACCOUNT, month("2026-05-01", "2026-06-01"), FREE)),
    ),
    "five months missed": (
        "2026-09-20",
        FREE,
        None,
        ACCOUNT,
        "2026-04-01",
        (FREE_APRIL,),
        (Expire(FREE_APRIL), Begin(ACCOUNT, month("2026-09-01", "2026-10-01"), FREE)),
    ),
    "trial": (
        "2026-04-10",
        PRO,
        IN_TRIAL,
        ACCOUNT,
        "2026-04-01",
        (FREE_APRIL,),
        (Begin(TRIAL, month("2026-04-10", "2026-04-24"), PRO),),
    ),
    "trial goes on": (
        "2026-04-20",
        PRO,
        IN_TRIAL,
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, TRIAL_APRIL),
        (),
    ),
    "free month ends in a trial": (
        "2026-05-01",
        PRO,
        plan("2026-04-20", "2026-05-04", is_trial=True),
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, period(TRIAL, "2026-04-20", "2026-05-04", 25_000)),
        (Expire(FREE_APRIL),),
    ),
    "trial is paid for": (
        "2026-04-24",
        PRO,
        PAID_AFTER_TRIAL,
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, TRIAL_APRIL),
        (Expire(TRIAL_APRIL), Begin(PLAN, month("2026-04-24", "2026-05-24"), PRO)),
    ),
    "trial is paid for before its end": (
        "2026-04-12",
        PRO,
        plan("2026-04-12", "2026-05-12"),
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, TRIAL_APRIL),
        (End(TRIAL_APRIL), Begin(PLAN, month("2026-04-12", "2026-05-12"), PRO)),
    ),
    "trial ends, the free month runs": (
        "2026-04-24",
        FREE,
        None,
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, TRIAL_APRIL),
        (Expire(TRIAL_APRIL),),
    ),
    "trial is refused": (
        "2026-04-12",
        FREE,
        None,
        TRIAL,
        "2026-04-01",
        (FREE_APRIL, TRIAL_APRIL),
        (End(TRIAL_APRIL),),
    ),
    "trial ends, the free month is over": (
        "2026-05-04",
        FREE,
        None,
        TRIAL,
        "2026-04-01",
        (),
        (Begin(ACCOUNT, month("2026-05-04", "2026-06-04"), FREE),),
    ),
    "plan begins": (
        "2026-04-01",
        STARTER,
        APRIL,
        ACCOUNT,
        "2026-03-20",
        (),
        (Begin(PLAN, month("2026-04-01", "2026-05-01"), STARTER),),
    ),
    "plan is renewed": (
        "2026-05-01",
        PRO,
        MAY,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Expire(PRO_APRIL), Begin(PLAN, month("2026-05-01", "2026-06-01"), PRO)),
    ),
    "plan is renewed by Stripe's clock": (
        "2026-04-30T23:59:58",
        PRO,
        MAY,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Expire(PRO_APRIL), Begin(PLAN, month("2026-05-01", "2026-06-01"), PRO)),
    ),
    "renewal is late": (
        "2026-05-01",
        PRO,
        APRIL,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Expire(PRO_APRIL),),
    ),
    "upgrade": (
        "2026-04-16",
        PRO,
        APRIL,
        PLAN,
        "2026-03-20",
        (STARTER_APRIL,),
        (Raise(STARTER_APRIL, PRO, Tokens(10_000)),),
    ),
    "downgrade in Stripe's dashboard": (
        "2026-04-16",
        STARTER,
        APRIL,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (),
    ),
    "upgrade after such a downgrade": (
        "2026-04-16",
        PRO,
        APRIL,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (),
    ),
    "downgrade at the period's end": (
        "2026-05-01",
        STARTER,
        MAY,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Expire(PRO_APRIL), Begin(PLAN, month("2026-05-01", "2026-06-01"), STARTER)),
    ),
    "from month to year": (
        "2026-04-11",
        PRO,
        YEAR,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Begin(PLAN, month("2026-04-11", "2026-05-11"), PRO, replaces=PRO_APRIL),),
    ),
    "a year's second month": (
        "2026-05-11",
        PRO,
        YEAR,
        PLAN,
        "2026-03-20",
        (period(PLAN, "2026-04-11", "2026-05-11", 25_000),),
        (
            Expire(period(PLAN, "2026-04-11", "2026-05-11", 25_000)),
            Begin(PLAN, month("2026-05-11", "2026-06-11"), PRO),
        ),
    ),
    "a year's months missed": (
        "2026-09-20",
        PRO,
        YEAR,
        PLAN,
        "2026-03-20",
        (),
        (Begin(PLAN, month("2026-09-11", "2026-10-11"), PRO),),
    ),
    "upgrade within a year": (
        "2026-04-26",
        PRO,
        YEAR,
        PLAN,
        "2026-03-20",
        (period(PLAN, "2026-04-11", "2026-05-11", 5_000),),
        (Raise(period(PLAN, "2026-04-11", "2026-05-11", 5_000), PRO, Tokens(10_000)),),
    ),
    "plan ends": (
        "2026-05-01",
        FREE,
        None,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (Expire(PRO_APRIL), Begin(ACCOUNT, month("2026-05-01", "2026-06-01"), FREE)),
    ),
    "plan is returned": (
        "2026-04-10",
        FREE,
        None,
        PLAN,
        "2026-03-20",
        (PRO_APRIL,),
        (End(PRO_APRIL), Begin(ACCOUNT, month("2026-04-10", "2026-05-10"), FREE)),
    ),
    "plan is returned in the free month": (
        "2026-04-10",
        FREE,
        None,
        PLAN,
        "2026-04-01",
        (FREE_APRIL, PRO_APRIL),
        (End(PRO_APRIL),),
    ),
    "plan begins anew after its money was returned": (
        "2026-04-20",
        PRO,
        plan("2026-04-20", "2026-05-20"),
        ACCOUNT,
        "2026-04-10",
        (RETURNED,),
        (Begin(PLAN, month("2026-04-20", "2026-05-20"), PRO, unpaid=(RETURNED,)),),
    ),
    "plan begins anew a month after its money was returned": (
        "2026-05-02",
        PRO,
        plan("2026-05-02", "2026-06-02"),
        ACCOUNT,
        "2026-04-10",
        (RETURNED,),
        (Begin(PLAN, month("2026-05-02", "2026-06-02"), PRO),),
    ),
    "plan begins anew that was paid for and ended": (
        "2026-04-20",
        PRO,
        plan("2026-04-20", "2026-05-20"),
        ACCOUNT,
        "2026-04-10",
        (ENDED,),
        (Begin(PLAN, month("2026-04-20", "2026-05-20"), PRO),),
    ),
    "paused plan is resumed": (
        "2026-04-12",
        PRO,
        APRIL,
        ACCOUNT,
        "2026-04-10",
        (ENDED, period(ACCOUNT, "2026-04-10", "2026-05-10", 500)),
        (Resume(ENDED),),
    ),
    "paused plan is resumed a month later": (
        "2026-05-12",
        PRO,
        MAY,
        ACCOUNT,
        "2026-04-10",
        (),
        (Begin(PLAN, month("2026-05-01", "2026-06-01"), PRO),),
    ),
    "contract begins": ("2026-04-12", None, None, PLAN, "2026-03-20", (PRO_APRIL,), ()),
    "contract runs": (
        "2026-05-01",
        None,
        None,
        UNLIMITED,
        "2026-04-12",
        (PRO_APRIL,),
        (Expire(PRO_APRIL),),
    ),
    "contract ends, the plan runs": (
        "2026-04-20",
        PRO,
        APRIL,
        UNLIMITED,
        "2026-04-12",
        (PRO_APRIL,),
        (),
    ),
    "contract ends": (
        "2026-04-20",
        FREE,
        None,
        UNLIMITED,
        "2026-03-12",
        (),
        (Begin(ACCOUNT, month("2026-04-20", "2026-05-20"), FREE),),
    ),
    "staff raise it": (
        "2026-04-16",
        Tokens(1_500),
        None,
        ACCOUNT,
        "2026-04-01",
        (FREE_APRIL,),
        (Raise(FREE_APRIL, Tokens(1_500), Tokens(500)),),
    ),
    "staff lower it": ("2026-04-16", Tokens(0), None, ACCOUNT, "2026-04-01", (FREE_APRIL,), ()),
    "staff have lowered it": (
        "2026-05-01",
        Tokens(0),
        None,
        ACCOUNT,
        "2026-04-01",
        (FREE_APRIL,),
        (Expire(FREE_APRIL), Begin(ACCOUNT, month("2026-05-01", "2026-06-01"), Tokens(0))),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_due(
    case: tuple[
        str,
        Tokens | None,
        PlanPeriod | None,
        BudgetSource,
        str,
        tuple[BudgetPeriod, ...],
        tuple[Step, ...],
    ],
) -> None:
    now, monthly, plan_period, source, anchor, periods, steps = case
    situation = Situation(at(now), monthly, plan_period, source, at(anchor), periods)

    assert decide(situation).steps == steps


@pytest.mark.parametrize(
    ("monthly", "plan_period", "source", "periods", "anchor"),
    [
        (FREE, None, ACCOUNT, (), "2026-03-20"),
        (PRO, APRIL, ACCOUNT, (), "2026-03-20"),
        (FREE, None, PLAN, (), "2026-04-12"),
        (FREE, None, PLAN, (FREE_APRIL,), "2026-03-20"),
        (None, None, PLAN, (), "2026-04-12"),
        (None, None, UNLIMITED, (), "2026-03-20"),
        (FREE, None, UNLIMITED, (), "2026-04-12"),
    ],
    ids=[
        *("no plan", "a plan begins", "the plan ended", "the free month runs"),
        *("a contract begins", "a contract runs", "the contract ended"),
    ],
)
def test_months_without_a_plan_count_from_the_day_that_the_last_one_ended(
    monthly: Tokens | None,
    plan_period: PlanPeriod | None,
    source: BudgetSource,
    periods: tuple[BudgetPeriod, ...],
    anchor: str,
) -> None:
    now = at("2026-04-12")
    situation = Situation(now, monthly, plan_period, source, at("2026-03-20"), periods)

    assert decide(situation).anchor == at(anchor)
