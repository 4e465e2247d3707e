"""Every metric of the book of 20 customers, month by month, with its arithmetic.

MRR, customers and movements are those of test_book_of_movements.py. Beside the 20 there are two of
staff, and 13 of the market that the world opens with: 35 accounts have signed up. Costs of
acquisition are recorded here: 10001 cents in April.
"""

from collections.abc import Mapping

import pytest

from chenu.analytics.costs import CostInput, record_cost
from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.analytics.trend import list_trends
from chenu.core.months import Month
from chenu.flows.services import Services
from tests.analytics.book import read_book
from tests.analytics.rows_sum import require_rows_give
from tests.database import OwnedDatabase
from tests.people import Person

FEBRUARY, MARCH, APRIL, MAY, JUNE, JULY = MONTHS = tuple(
    Month(2027, number) for number in range(2, 8)
)

EXPECTED: Mapping[Metric, tuple[int | None, ...]] = {
    Metric.MRR: (16_600, 38_450, 38_450, 46_350, 51_437, 48_170),
    # with hana's discount of 580 and, until June, ivan's of 870
    Metric.MRR_GROSS: (16_600, 39_900, 39_900, 47_800, 52_017, 48_750),
    Metric.ARR: (199_200, 461_400, 461_400, 556_200, 617_244, 578_040),
    Metric.PAYING: (6, 13, 13, 15, 17, 17),
    # 16600 / 6, 38450 / 13 twice, 46350 / 15, 51437 / 17, 48170 / 17
    Metric.ARPU: (2767, 2958, 2958, 3090, 3026, 2834),
    # nobody in February had paid before; 0 / 6, 2 / 13, 1 / 13, 0 / 15, 1 / 17
    Metric.CHURN: (None, 0, 1538, 769, 0, 588),
    # lost 0 / 16600, 5800 / 38450, (7000 + 2900) / 38450, 0 / 46350, 10000 / 51437
    Metric.REVENUE_CHURN: (None, 0, 1508, 2575, 0, 1944),
    # from April on 38450 / 13 / (2 / 13), 46350 / 15 / (1 / 13), 48170 / 17 / (1 / 17)
    Metric.LTV: (None, None, 19_225, 40_170, None, 48_170),
    # nothing was spent but in April: 10001 / 2, half up; nobody was new in July
    Metric.CAC: (None, None, 5001, None, None, None),
    # 19225 / 5000.5 = 3.8446
    Metric.LTV_CAC: (None, None, 384, None, None, None),
    # jade 2000; ivan 870 and quin 900; tess 5833
    Metric.EXPANSION: (0, 0, 2000, 0, 1770, 5833),
    # all of 16600, then (38450 + 2000 - 5800) / 38450, (38450 - 9900) / 38450,
    # and then (46350 + 1770) / 46350, (51437 + 5833 - 10000) / 51437
    Metric.NET_REVENUE_RETENTION: (None, 10_000, 9012, 7425, 10_382, 9190),
    # fay; sam's trial of May lapses within the month
    Metric.TRIALING: (1, 0, 0, 0, 0, 0),
    Metric.TRIALS_STARTED: (2, 0, 0, 1, 0, 0),
    Metric.TRIALS_CONVERTED: (1, 0, 0, 0, 0, 0),
    # 6, 13, 15, 17, 19 and 19 of 35: all but fay in the end
    Metric.FREE_TO_PAID: (1714, 3714, 4286, 4857, 5429, 5429),
    # the same without quin, who has an API plan alone until June
    Metric.FREE_TO_STARTER: (1714, 3714, 4286, 4571, 5429, 5429),
    # bob, cara, eve: 3 / 6; hana, ivan, karl, lea, nina: 8 / 13; pia, jade: 10 / 15; rosa: 11 / 16;
    # in June tess: 12 / 19
    Metric.STARTER_TO_PRO: (5000, 6154, 6667, 6875, 6316, 6316),
    # cara: 1 / 3; karl: 2 / 8, 2 / 10; rosa: 3 / 11, 3 / 12; tess: 4 / 12
    Metric.PRO_TO_BUSINESS: (3333, 2500, 2000, 2727, 2500, 3333),
    # rosa, of cara, karl and her; of tess as well
    Metric.BUSINESS_TO_ENTERPRISE: (0, 0, 0, 3333, 3333, 2500),
    Metric.GMV: (0, 0, 0, 0, 0, 0),
    Metric.TAKE: (0, 0, 0, 0, 0, 0),
    # quin's, from 5 May on
    Metric.API_REVENUE: (0, 0, 0, 4900, 4900, 4900),
    Metric.TOKEN_REVENUE: (0, 0, 0, 0, 0, 0),
    Metric.AFFILIATE_CONVERSIONS: (0, 0, 0, 0, 0, 0),
    # max's is paid, nina's is not
    Metric.PAYMENT_RECOVERY: (None, None, 5000, None, None, None),
    Metric.ROI_SEEN: (0, 0, 0, 0, 0, 0),
    # rosa's invoice of a year is written by hand; 13 are Stripe's in May
    Metric.INVOICING_AUTOMATED: (10_000, 10_000, 10_000, 9286, 10_000, 10_000),
}


@pytest.fixture
async def people(services: Services, database: OwnedDatabase) -> Mapping[str, Person]:
    people = await read_book(services, database)
    await record_cost(people["fin"].actor, CostInput(APRIL, "search", 10_001))
    return people


async def test_every_metric_of_every_month_is_that_of_the_book(
    people: Mapping[str, Person],
) -> None:
    found = [await get_metrics(month.last_day) for month in MONTHS]

    assert {metric: tuple(each[metric] for each in found) for metric in Metric} == EXPECTED
    assert people["rosa"].actor.account_id is not None


async def test_the_trends_are_the_same(people: Mapping[str, Person]) -> None:
    trends = await list_trends(JULY, len(MONTHS))

    assert {
        metric: tuple(point.value for point in trend) for metric, trend in trends.items()
    } == EXPECTED


async def test_the_rows_behind_every_metric_add_up_to_it(people: Mapping[str, Person]) -> None:
    for month in (APRIL, MAY, JULY):
        await require_rows_give(await get_metrics(month.last_day), size=7)
