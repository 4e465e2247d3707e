"""Costs of acquisition: replaced by month and channel, recorded as acts, refused when wrong."""

from datetime import date

import pytest

from chenu.accounts.actor import Staff
from chenu.analytics.costs import CostInput, list_costs, record_cost
from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Forbidden
from chenu.core.months import Month, month_of
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.analytics.facts import at, sign_up
from tests.people import make_person
from tests.rows import count, fingerprint

MARCH = Month(2026, 3)


async def test_a_new_value_replaces_that_of_the_same_month_and_channel(
    services: Services,
) -> None:
    finance = (await make_person("fin", staff=(Staff.FINANCE,))).actor
    customer = await sign_up("ada", at(3, 1))
    await customer.change(at(3, 2), 2900)

    await record_cost(finance, CostInput(MARCH, "Search", 5000), "Invoice 7.")
    await record_cost(finance, CostInput(MARCH, " search ", 6000), "Corrected.")
    await record_cost(finance, CostInput(MARCH, "fairs", 1000), "Stand.")
    await record_cost(finance, CostInput(MARCH.previous(), "search", 9), "Rest.")

    rows = (await list_costs(PageRequest(10))).rows
    assert [(str(row.month), row.channel, row.amount) for row in rows] == [
        ("2026-02-01", "search", 9),
        ("2026-03-01", "fairs", 1000),
        ("2026-03-01", "search", 6000),
    ]
    assert (await get_metrics(date(2026, 3, 31)))[Metric.CAC] == 7000
    acts = "by_staff AND action = 'acquisition_cost.record'"
    assert await count("audit_event", acts) == 4
    replaced = f"{acts} AND detail->>'before' = '5000' AND detail->>'after' = '6000'"
    assert await count("audit_event", replaced) == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (CostInput(MARCH, "", 1), "channel"),
        (CostInput(MARCH, "x" * 61, 1), "channel"),
        (CostInput(MARCH, "a\nb", 1), "channel"),
        (CostInput(MARCH, "search", -1), "amount_minor"),
        (CostInput(MARCH, "search", 10**15), "amount_minor"),
        (CostInput(Month(1999, 12), "search", 1), "month"),
        (CostInput(month_of(business_now()).next().next(), "search", 1), "month"),
    ],
)
async def test_a_wrong_cost_is_refused_and_changes_nothing(
    services: Services, data: CostInput, field: str
) -> None:
    finance = (await make_person("fin", staff=(Staff.FINANCE,))).actor
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await record_cost(finance, data, "Why not.")

    assert [each.path for each in refused.value.each] == [(field,)]
    assert await fingerprint() == before


async def test_others_record_nothing(services: Services) -> None:
    support = (await make_person("sup", staff=(Staff.SUPPORT,))).actor

    with pytest.raises(Forbidden):
        await record_cost(support, CostInput(MARCH, "search", 1), "Why.")

    assert await db.fetch_value("SELECT count(*) FROM acquisition_cost") == 0
