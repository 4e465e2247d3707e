"""Reports from what is stored: completed runs, booked charges and refunds, bought agents."""

import re
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from chenu.agents.model import AgentId, ExecutionStatus, ReportedBy
from chenu.agents.payments import record_refund
from chenu.billing.invoices import store_invoice
from chenu.billing.recurring import BillingInterval, InvoiceLine
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.roi.reports import get_roi_report
from chenu.flows.services import Services
from chenu.roi.costs import CostKind
from chenu.roi.periods import RoiPeriod
from chenu.roi.report import RoiReport
from chenu.roi.settings import RoiSettingsInput, update_settings
from chenu.tiers.catalogue import TierCode
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import counted_statements
from tests.billing.recurring import answered, made_up_invoice
from tests.conftest import Engines
from tests.flows.plans import complete, move_to, open_plans, plan_of, start
from tests.flows.sales import make_sale
from tests.people import Person, make_person
from tests.roi.paid import account_of, day, give_back, pay_invoice, pay_pack, pay_plan

NOVEMBER = date(2026, 11, 15)
NOON = day(2026, 11, 15, 12)


async def _agent() -> AgentId:
    return await shelve(await open_shop(), "Trieur")


async def _report(
    person: Person, period: RoiPeriod = RoiPeriod.MONTH, on: date = NOVEMBER
) -> RoiReport:
    return await get_roi_report(account_of(person), period, on)


async def test_the_golden_case_with_a_plan_that_was_really_paid(services: Services) -> None:
    """A month of PRO from the first of a month, and 50 runs of 15 minutes."""
    zoe = await open_plans(services)
    now = business_now()
    first = datetime(now.year + 1, 4, 1, 8, tzinfo=now.tzinfo)
    await move_to(services, first)
    await complete(services, await start(services, zoe.actor, TierCode.PRO))
    agent = await _agent()
    for _ in range(50):
        await put_run(account_of(zoe), agent)

    april = await _report(zoe, on=first.date())

    assert (april.executions, april.seconds, april.value_created) == (50, 45000, 62500)
    assert (april.cost, april.roi) == (2900, 205517)
    assert [each.item.kind for each in april.items] == [CostKind.PLAN]


async def test_a_year_paid_in_advance_costs_its_days(services: Services) -> None:
    zoe = await open_plans(services)
    await complete(
        services, await start(services, zoe.actor, TierCode.STARTER, BillingInterval.YEAR)
    )
    plan = await plan_of(zoe)
    assert plan is not None

    edges = (plan.period_start.date(), plan.period_end.date())
    years = [await _report(zoe, RoiPeriod.YEAR, day) for day in edges]

    assert sum(year.cost for year in years) == 9000
    assert all(year.cost > 0 for year in years)


STATUSES = [
    ({}, 1),
    ({"reported_by": ReportedBy.API_KEY, "authorized_by": ReportedBy.API_KEY}, 1),
    ({"is_free_try": True}, 1),
    ({"status": ExecutionStatus.FAILED, "succeeded": False}, 0),
    ({"status": ExecutionStatus.CANCELED, "succeeded": None, "tokens_used": None}, 0),
    ({"status": ExecutionStatus.EXPIRED, "succeeded": None, "tokens_used": None}, 0),
    ({"finished_at": day(2026, 11, 1)}, 1),
    ({"finished_at": day(2026, 12, 1) - timedelta(microseconds=1)}, 1),
    ({"finished_at": day(2026, 11, 1) - timedelta(microseconds=1)}, 0),
    ({"finished_at": day(2026, 12, 1)}, 0),
]


@pytest.mark.parametrize(("changes", "counted"), STATUSES, ids=lambda each: str(each)[:50])
async def test_completed_runs_of_the_days_count_whoever_reported_them(
    services: Services, changes: dict[str, object], counted: int
) -> None:
    zoe, agent = await make_person("zoe"), await _agent()
    await put_run(account_of(zoe), agent, **{"finished_at": NOON, **changes})

    found = await _report(zoe)

    assert found.executions == counted
    assert sum(step.executions for step in found.series) == counted


@pytest.mark.parametrize("period", RoiPeriod)
async def test_runs_are_in_the_step_that_they_finished_in(
    services: Services, period: RoiPeriod
) -> None:
    zoe, agent = await make_person("zoe"), await _agent()
    for finished_at in (day(2026, 11, 1), day(2026, 11, 30, 23), NOON):
        await put_run(account_of(zoe), agent, finished_at=finished_at, seconds_saved=60)

    found = await _report(zoe, period)

    assert found.seconds == 180
    assert sum(step.seconds for step in found.series) == 180
    [noon] = [step for step in found.series if step.span.contains(NOON.date())]
    assert noon.executions == {"MONTH": 1, "QUARTER": 1, "YEAR": 3}[period]


async def test_another_accounts_runs_and_payments_are_not_counted(services: Services) -> None:
    zoe, other, agent = await make_person("zoe"), await make_person("other"), await _agent()
    await put_run(account_of(other), agent, finished_at=NOON)
    await pay_plan(account_of(other))

    found = await _report(zoe)

    assert (found.executions, found.cost, found.roi) == (0, 0, None)


async def test_cost_is_what_was_paid_without_vat(services: Services) -> None:
    zoe = await make_person("zoe")
    await pay_plan(account_of(zoe), 2900, tax=483)

    assert (await _report(zoe)).cost == 2417


async def test_a_refund_in_a_later_month_lowers_the_months_that_were_paid_for(
    services: Services,
) -> None:
    zoe = await make_person("zoe")
    invoice = await pay_plan(account_of(zoe), 2900, tax=483)
    await give_back(invoice, 1200, day(2027, 1, 5), tax=200)
    await give_back(invoice, 500, day(2027, 1, 6), tax=83, failed=True)

    assert (await _report(zoe)).cost == 2417 - 1000
    assert (await _report(zoe, on=date(2027, 1, 5))).cost == 0


async def test_a_later_invoice_takes_back_days_that_were_paid_for(services: Services) -> None:
    """Ten unused days of November, credited by the invoice of December."""
    zoe = await make_person("zoe")
    await pay_plan(account_of(zoe), 3000)
    lines = (
        InvoiceLine("Unused", Cents(-1000), day(2026, 11, 21), day(2026, 12, 1), True),
        InvoiceLine("BUSINESS", Cents(9900), day(2026, 12, 1), day(2027, 1, 1)),
    )
    await pay_invoice(account_of(zoe), 8900, day(2026, 12, 1), lines, number="CHENU-0002")

    assert (await _report(zoe)).cost == 2000
    assert (await _report(zoe, on=date(2026, 12, 1))).cost == 9900


async def test_a_plan_that_is_wholly_refunded_has_no_return(services: Services) -> None:
    zoe, agent = await make_person("zoe"), await _agent()
    await put_run(account_of(zoe), agent, finished_at=NOON)
    await give_back(await pay_plan(account_of(zoe)), 2900, NOON)

    found = await _report(zoe)

    assert (found.value_created, found.cost, found.roi) == (1250, 0, None)


async def test_an_invoice_that_nobody_paid_costs_nothing(services: Services) -> None:
    zoe = await make_person("zoe")
    await store_invoice(account_of(zoe), await answered(made_up_invoice("cus_made_up")))

    assert (await _report(zoe)).cost == 0


async def test_a_pack_costs_on_the_day_paid(services: Services) -> None:
    zoe = await make_person("zoe")
    await pay_pack(account_of(zoe), 900, day(2026, 11, 30, 23))

    november, december = await _report(zoe), await _report(zoe, on=date(2026, 12, 1))

    assert [(each.item.kind, each.cost) for each in november.items] == [(CostKind.PACK, 900)]
    assert december.cost == 0


async def test_an_agent_costs_on_the_day_paid_less_its_refund_and_vat(services: Services) -> None:
    purchase, payment = await make_sale(services, price=1200)
    on = payment.paid_at.date()
    paid = await get_roi_report(purchase.account_id, RoiPeriod.MONTH, on)
    taxed = "UPDATE purchase_payment SET tax = 200, platform_share = platform_share - 200"
    await db.execute(taxed)
    await record_refund(payment.id, Cents(600))
    refunded = await get_roi_report(purchase.account_id, RoiPeriod.MONTH, on)

    assert (paid.cost, refunded.cost) == (1200, 500)
    assert [each.item.agent_id for each in refunded.items] == [purchase.agent_id]


async def test_own_numbers_count_for_past_runs_as_well(services: Services) -> None:
    zoe, agent = await make_person("zoe"), await _agent()
    await put_run(account_of(zoe), agent, finished_at=NOON)
    await put_run(account_of(zoe), agent, finished_at=NOON, seconds_saved=60)
    await update_settings(zoe.actor, RoiSettingsInput(12000, 30.0))

    found = await _report(zoe)

    assert (found.seconds, found.value_created) == (1860, 6200)


async def test_each_statement_of_a_report_reads_by_an_index(
    services: Services, engines: Engines
) -> None:
    """Of runs only those of the period: an account may have millions of others."""
    zoe = await make_person("zoe")
    async with counted_statements() as statements:
        await _report(zoe, RoiPeriod.YEAR)
    plans = [await _explain(engines, statement) for statement in sorted(statements)]
    [runs] = [plan for plan in plans if "execution_value" in plan]
    [agents] = [plan for plan in plans if "payment_of_account" in plan]

    assert len(plans) == 4
    assert [plan for plan in plans if "Seq Scan" in plan] == []
    assert "finished_at >= " in runs.partition("Index Cond")[2]
    assert "paid_at >= " in agents.partition("payment_of_account")[2]


async def _explain(engines: Engines, statement: str) -> str:
    """The plan of a statement for any arguments, where a scan of everything is the last choice."""
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        await connection.execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off;"
            " SET plan_cache_mode = force_generic_plan"
        )
        await connection.execute(f"PREPARE one AS {statement}")
        given = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", statement))))
        lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one({given})")
    finally:
        await connection.close()
    return " ".join(line[0] for line in lines)
