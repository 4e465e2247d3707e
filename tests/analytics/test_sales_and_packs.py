"""GMV, take, and what API plans and packs brought in, of real sales with their refunds."""

from datetime import date

from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.analytics.rows_sum import require_rows_give
from tests.flows.api_plans import open_paid_api_plan
from tests.flows.monthly import begin
from tests.flows.packs import buy as buy_pack
from tests.flows.packs import open_packs, return_at_stripe
from tests.flows.plans import catch_up
from tests.flows.sales import make_sale, open_monthly_market
from tests.stripe_side import StripeSide


def today() -> date:
    return business_now().date()


async def test_a_sale_of_an_agent_is_gmv_and_our_share_of_it_take(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    _, payment = await make_sale(services, price=999)

    sold = await get_metrics(today())
    await stripe_side.change("/v1/refunds", charge=payment.stripe_charge_id, amount="333")
    await catch_up(services)
    refunded = await get_metrics(today())

    # 999 * 30 % = 299.7, rounded down; of the 333 returned 233 are the creator's, 700 * 333 // 999,
    # and 100 ours
    assert (sold[Metric.GMV], sold[Metric.TAKE]) == (999, 299)
    assert (refunded[Metric.GMV], refunded[Metric.TAKE]) == (666, 199)
    assert refunded[Metric.API_REVENUE] == refunded[Metric.TOKEN_REVENUE] == 0
    await require_rows_give(refunded)


async def test_a_month_of_an_agent_is_gmv_and_no_mrr(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services, price=1000)
    await begin(services, market)

    metrics = await get_metrics(today())

    assert (metrics[Metric.GMV], metrics[Metric.TAKE], metrics[Metric.MRR]) == (1000, 300, 0)
    assert metrics[Metric.INVOICING_AUTOMATED] == 10_000
    await require_rows_give(metrics)


async def test_an_api_plan_is_api_revenue(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    await open_paid_api_plan(services)

    metrics = await get_metrics(today())

    assert (metrics[Metric.API_REVENUE], metrics[Metric.GMV]) == (4900, 0)
    assert (metrics[Metric.MRR], metrics[Metric.FREE_TO_STARTER]) == (4900, 0)
    await require_rows_give(metrics)


async def test_a_pack_is_token_revenue_less_its_refund(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_packs(services)
    order = await buy_pack(services, person.actor)
    bought = await get_metrics(today())

    await return_at_stripe(stripe_side, order, 300)
    await catch_up(services)
    returned = await get_metrics(today())

    assert (bought[Metric.TOKEN_REVENUE], returned[Metric.TOKEN_REVENUE]) == (900, 600)
    assert returned[Metric.INVOICING_AUTOMATED] == 10_000
    await require_rows_give(returned)
