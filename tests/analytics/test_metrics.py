"""Every metric over facts that are written here, with the arithmetic beside it.

Six customers, January to March 2026, amounts in cents a month:

    ada   signs up 2 Jan, trial of PRO 5 Jan, paid 19 Jan (2900), BUSINESS 10 Mar (9900)
    bob   signs up 3 Jan, STARTER 10 Jan (900), ends 20 Mar
    cid   signs up 4 Jan, PRO 1 Feb at 20 % off (2320 of 2900), STARTER 15 Mar (900 of 900)
    dan   signs up 5 Feb, contract 1 Mar (100000)
    eve   signs up 6 Mar, trial of PRO from 25 Mar on
    fay   signs up 7 Mar, API plan BASIC 12 Mar (4900)
"""

from datetime import date

import pytest

from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.analytics.parts import METRIC_PARTS, Part
from chenu.analytics.targets import check_targets
from chenu.analytics.trend import list_trend
from chenu.core.months import Month
from chenu.flows.services import Services
from tests.analytics.facts import (
    Customer,
    at,
    put_contract,
    put_cost,
    put_invoice,
    put_subscription,
    put_view,
    sign_up,
)
from tests.analytics.rows_sum import require_rows_give
from tests.rows import put

DAY = date(2026, 3, 31)
FEBRUARY = date(2026, 2, 28)


async def _begin_trial(name: str, signed_up: int, month: int, day: int) -> Customer:
    customer = await sign_up(name, at(month, signed_up))
    await customer.change(at(month, day), 0, status="TRIALING")
    return customer


async def _put_plans() -> list[Customer]:
    ada = await _begin_trial("ada", 2, 1, 5)
    await ada.change(at(1, 19), 2900)
    bob = await sign_up("bob", at(1, 3))
    await bob.change(at(1, 10), 900, "STARTER")
    cid = await sign_up("cid", at(1, 4))
    await cid.change(at(2, 1), 2320, gross=2900)
    dan = await sign_up("dan", at(2, 5))
    await dan.change(at(3, 1), 100_000, "ENTERPRISE", kind="CONTRACT", status="RUNNING")
    await ada.change(at(3, 10), 9900, "BUSINESS")
    fay = await sign_up("fay", at(3, 7))
    await fay.change(at(3, 12), 4900, "BASIC", kind="API_PLAN")
    await cid.change(at(3, 15), 900, "STARTER")
    await bob.change(at(3, 20), 0, "STARTER", status="CANCELED")
    eve = await _begin_trial("eve", 6, 3, 25)
    return [ada, bob, cid, dan, eve, fay]


async def _put_the_rest(ada: Customer, bob: Customer, cid: Customer, dan: Customer) -> None:
    for month, channel, amount in ((3, "search", 5000), (3, "fairs", 2001), (2, "search", 7000)):
        await put_cost(ada, month, channel, amount)
    for customer, moment in ((ada, at(3, 2)), (bob, at(3, 31, 23)), (ada, at(2, 1))):
        await put_view(customer, moment)
    await put_contract(dan, at(3, 1), at(3, 31, 23))
    await put_invoice(ada, at(3, 19), paid=at(3, 19))
    await put_invoice(bob, at(3, 10), failed=at(3, 10), paid=at(3, 13))
    await put_subscription(cid, "sub_lost", at(3, 8))
    await put_invoice(cid, at(3, 1), failed=at(3, 1), subscription="sub_lost")
    await put_invoice(cid, at(3, 30), failed=at(3, 30))
    await put_invoice(cid, at(3, 30), paid=at(3, 30), reason="manual")


@pytest.fixture
async def customers(services: Services) -> list[Customer]:
    people = await _put_plans()
    await _put_the_rest(*people[:4])
    return people


async def test_metrics_of_plans(customers: list[Customer]) -> None:
    march = await get_metrics(DAY)

    # ada 9900 + cid 900 + dan 100000 + fay 4900; bob has ended, eve is in her trial
    assert march[Metric.MRR] == 115_700
    assert march[Metric.MRR_GROSS] == 115_700
    assert march[Metric.ARR] == 12 * 115_700
    assert march[Metric.PAYING] == 4
    assert march[Metric.ARPU] == 28_925  # 115700 / 4
    # February ended with ada 2900 + bob 900 + cid 2320 = 6120, of three customers
    assert march[Metric.CHURN] == 3333  # bob: 1 / 3
    assert march[Metric.REVENUE_CHURN] == 3791  # (bob 900 + cid 1420) / 6120 = 0.37908
    assert march[Metric.EXPANSION] == 7000  # ada: 9900 - 2900
    assert march[Metric.NET_REVENUE_RETENTION] == 17_647  # (6120 + 7000 - 2320) / 6120
    assert march[Metric.LTV] == 86_775  # 28925 / (1 / 3)
    assert march[Metric.CAC] == 3501  # (5000 + 2001) / (dan, fay), half up
    assert march[Metric.LTV_CAC] == 2479  # 86775 / 3500.5 = 24.789


async def test_metrics_of_a_past_day_stay_what_they_were(customers: list[Customer]) -> None:
    february = await get_metrics(FEBRUARY)

    assert (february[Metric.MRR], february[Metric.MRR_GROSS]) == (6120, 6700)
    assert (february[Metric.PAYING], february[Metric.ARPU]) == (3, 2040)
    # January ended with ada 2900 + bob 900; nobody left in February
    assert (february[Metric.CHURN], february[Metric.LTV], february[Metric.LTV_CAC]) == (
        0,
        None,
        None,
    )
    assert february[Metric.CAC] == 7000  # for cid alone
    assert february[Metric.NET_REVENUE_RETENTION] == 10_000
    assert february[Metric.TRIALING] == 0
    # ada, bob, cid of four accounts that had signed up by then
    assert february[Metric.FREE_TO_PAID] == 7500
    assert february[Metric.ROI_SEEN] == 2500  # ada, of four users


async def test_metrics_of_a_day_within_a_month_are_of_the_month_so_far(
    customers: list[Customer],
) -> None:
    middle = await get_metrics(date(2026, 3, 14))

    # ada 9900, bob 900, cid 2320, dan 100000, fay 4900
    assert (middle[Metric.MRR], middle[Metric.PAYING]) == (118_020, 5)
    assert (middle[Metric.CHURN], middle[Metric.EXPANSION]) == (0, 7000)


async def test_metrics_of_trials_and_of_the_funnel(customers: list[Customer]) -> None:
    january, march = await get_metrics(date(2026, 1, 31)), await get_metrics(DAY)

    assert (january[Metric.TRIALS_STARTED], january[Metric.TRIALS_CONVERTED]) == (1, 1)
    assert (march[Metric.TRIALS_STARTED], march[Metric.TRIALS_CONVERTED]) == (1, 0)
    assert march[Metric.TRIALING] == 1  # eve
    assert (await get_metrics(date(2026, 1, 10)))[Metric.TRIALING] == 1  # ada
    # of six accounts ada, bob, cid, dan, fay have paid; all but fay for STARTER or more,
    # ada, cid and dan for PRO or more, ada and dan for BUSINESS or more, dan has a contract
    assert march[Metric.FREE_TO_PAID] == 8333  # 5 / 6
    assert march[Metric.FREE_TO_STARTER] == 6667  # 4 / 6
    assert march[Metric.STARTER_TO_PRO] == 7500  # 3 / 4
    assert march[Metric.PRO_TO_BUSINESS] == 6667  # 2 / 3
    assert march[Metric.BUSINESS_TO_ENTERPRISE] == 5000  # 1 / 2


async def test_metrics_of_payments_views_and_invoices(customers: list[Customer]) -> None:
    march = await get_metrics(DAY)

    # bob paid on the 13th, cid's plan was given up on the 8th; cid's other one is undecided
    assert march[Metric.PAYMENT_RECOVERY] == 5000
    assert (await get_metrics(date(2026, 3, 12)))[Metric.PAYMENT_RECOVERY] == 0
    assert march[Metric.ROI_SEEN] == 3333  # ada and bob, of six users
    # five invoices at Stripe, of which one was made by hand, and dan's, made by hand as well
    assert march[Metric.INVOICING_AUTOMATED] == 6667  # 4 / 6


async def test_a_user_who_is_deleted_was_one_until_then(customers: list[Customer]) -> None:
    fay = customers[-1]
    await put("app_user", "deleted_at", at(3, 30), "id = $2", fay.user_id)

    assert (await get_metrics(DAY))[Metric.ROI_SEEN] == 4000  # ada and bob, of five
    assert (await get_metrics(date(2026, 3, 29)))[Metric.ROI_SEEN] == 1667  # ada, of six


@pytest.mark.parametrize("on", [DAY, FEBRUARY, date(2026, 3, 14), date(2026, 1, 1)], ids=str)
async def test_the_rows_behind_each_metric_add_up_to_it(
    customers: list[Customer], on: date
) -> None:
    await require_rows_give(await get_metrics(on))


async def test_every_metric_has_its_parts() -> None:
    assert METRIC_PARTS.keys() == set(Metric)
    assert {part for parts in METRIC_PARTS.values() for part in parts} == set(Part)


async def test_a_trend_is_what_each_month_ended_with(customers: list[Customer]) -> None:
    trend = await list_trend(Metric.MRR, Month(2026, 3), 4)

    assert [(str(point.month), point.value) for point in trend] == [
        ("2025-12", 0),
        ("2026-01", 3800),
        ("2026-02", 6120),
        ("2026-03", 115_700),
    ]


async def test_targets_stand_beside_what_is(customers: list[Customer]) -> None:
    checks = {check.metric: check for check in check_targets(await get_metrics(DAY))}

    assert checks[Metric.MRR].gap == 5_000_000 - 115_700
    assert checks[Metric.ARPU].met
    assert not checks[Metric.CHURN].met
    assert checks[Metric.CAC].met
    assert checks[Metric.STARTER_TO_PRO].met
    assert checks[Metric.LTV_CAC].aim == 500


async def test_without_facts_every_sum_is_zero_and_every_rate_undefined(
    services: Services,
) -> None:
    metrics = await get_metrics(DAY)

    for metric, parts in METRIC_PARTS.items():
        assert metrics[metric] == (None if len(parts) > 1 else 0)
    await require_rows_give(metrics)
