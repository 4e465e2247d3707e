"""Invoices of monthly agents count in the cost of a return on investment, each once."""

from chenu.core.clock import business_now
from chenu.flows.roi.reports import get_roi_report
from chenu.flows.services import Services
from chenu.roi.periods import RoiPeriod
from tests.flows.monthly import begin, payments_of
from tests.flows.plans import advance
from tests.flows.sales import open_monthly_market


async def test_each_invoice_of_a_monthly_agent_costs_once_on_the_day_paid(
    services: Services,
) -> None:
    market = await open_monthly_market(services, price=999)
    purchase = await begin(services, market)
    days = [business_now().date()]
    await advance(services, 31.1)
    days.append(business_now().date())

    payments = await payments_of(purchase)
    years = {day.year for day in days}
    costs = [
        (await get_roi_report(purchase.account_id, RoiPeriod.YEAR, day)).cost
        for day in {day.year: day for day in days}.values()
    ]

    assert len(payments) == 2
    assert len(costs) == len(years)
    assert sum(costs) == 2 * 999
