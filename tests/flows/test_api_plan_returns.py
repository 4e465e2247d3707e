"""Money of API plans that goes back: withdrawals, refunds by staff, disputes; and their costs."""

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.invoices import list_invoice_payments
from chenu.core.money import Cents
from chenu.flows.invariants import check_everything
from chenu.flows.roi.reports import get_roi_report
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from chenu.flows.withdrawals.declare import declare_own
from chenu.flows.withdrawals.sources import find_by_number, list_contracts
from chenu.metering.plans import ApiPlanCode
from chenu.roi.periods import RoiPeriod
from tests.flows.api_plans import (
    BASIC,
    api_plan_of,
    code_of,
    open_api_plans,
    open_paid_api_plan,
    start_api,
)
from tests.flows.plans import advance, catch_up, complete
from tests.flows.test_plan_refunds import get_only_invoice
from tests.flows.test_plans import EVER
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide


@pytest.fixture
async def payer(services: Services, stripe_side: StripeSide) -> Person:
    """With BASIC, just paid."""
    await stripe_side.reset()
    return await open_paid_api_plan(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def returned(stripe_side: StripeSide) -> list[int]:
    return [each["amount"] for each in await stripe_side.list_all("/v1/refunds")]


async def test_a_withdrawal_ends_the_plan_and_returns_everything(
    services: Services, payer: Person, stripe_side: StripeSide
) -> None:
    assert payer.actor.account_id is not None
    plan = await api_plan_of(payer)
    [contract] = await list_contracts(payer.actor.account_id)
    [by_number] = await find_by_number(contract.number)

    await declare_own(services, payer.actor, plan.id)
    await catch_up(services)

    assert (contract.item, by_number.id) == ("API Basic", plan.id)
    assert not (await api_plan_of(payer)).is_live
    assert await code_of(payer) is ApiPlanCode.FREE
    assert await returned(stripe_side) == [4900]
    await require_true_books(services)


async def test_whoever_asked_for_it_at_once_pays_for_the_days_used(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_api_plans(services)
    await complete(services, await start_api(services, person.actor, starts_now=True))
    await advance(services, 10)

    await declare_own(services, person.actor, (await api_plan_of(person)).id)
    await catch_up(services)

    [amount] = await returned(stripe_side)
    assert 4900 * 18 // 28 - 10 < amount < 4900 * 21 // 31 + 10
    await require_true_books(services)


async def test_staff_return_a_part_and_the_plan_goes_on(
    services: Services, payer: Person, stripe_side: StripeSide
) -> None:
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    invoice = await get_only_invoice(payer)
    data = RefundInput(invoice.id, Cents(1000), "The API was down for a week.")

    await request_refund(services, clerk.actor, data, "refund-1")
    await catch_up(services)

    assert await returned(stripe_side) == [1000]
    assert await code_of(payer) is BASIC
    assert await count("invoice_refund", "amount = 1000") == 1
    await require_true_books(services)


async def test_a_disputed_plan_goes_on(
    services: Services, payer: Person, stripe_side: StripeSide
) -> None:
    [payment] = await list_invoice_payments([(await get_only_invoice(payer)).id])

    await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)

    assert await count("dispute", "subject = 'PLAN'") == 1
    assert await code_of(payer) is BASIC
    await require_true_books(services)


async def test_what_was_paid_counts_as_cost_by_day(services: Services, payer: Person) -> None:
    plan = await api_plan_of(payer)

    months = {day.replace(day=1) for day in (plan.period_start.date(), plan.period_end.date())}
    reports = [await get_roi_report(plan.account_id, RoiPeriod.MONTH, on) for on in months]

    assert sum(report.cost for report in reports) == 4900
