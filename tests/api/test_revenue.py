"""`staff.revenue`, `staff.movements`, `staff.targets` and what winning customers cost."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.analytics.facts import at, sign_up
from tests.api.calls import Api, as_session
from tests.people import make_person
from tests.rows import count

FIGURES = "query($on: Date) { staff { revenue(on: $on) { mrr { amountMinor } } } }"


async def sign_in(client: httpx.AsyncClient, services: Services, *roles: Staff) -> Api:
    return as_session(client, services, await make_person("fin", staff=roles))


async def put_customers() -> None:
    """One begins in February, one in March, and the first one ends then."""
    ada, bob = await sign_up("ada", at(1, 2)), await sign_up("bob", at(1, 3))
    await ada.change(at(2, 1), 2900)
    await bob.change(at(3, 5), 900, "STARTER")
    await ada.change(at(3, 9), 0, status="CANCELED")


async def read(api: Api, on: str) -> Any:
    return (await api.run("Revenue", on=on)).data["staff"]["revenue"]


async def test_finance_reads_the_metrics_of_a_day(
    client: httpx.AsyncClient, services: Services
) -> None:
    await put_customers()
    finance = await sign_in(client, services, Staff.FINANCE)
    cost = {"month": "2026-03-15", "channel": "search", "amountMinor": 500}
    await finance.run("RecordAcquisitionCost", input=cost)

    march = await read(finance, "2026-03-31")

    assert march["on"] == "2026-03-31"
    assert (march["mrr"]["amountMinor"], march["arr"]["amountMinor"]) == (900, 10_800)
    assert (march["churnRate"], march["revenueChurnRate"]) == (1.0, 1.0)
    assert (march["ltv"]["amountMinor"], march["cac"]["amountMinor"]) == (900, 500)
    assert march["ltvCacRatio"] == 1.8
    assert (march["payingCustomers"], march["netRevenueRetention"]) == (1, 0.0)
    assert (await read(finance, "2026-02-28"))["ltv"] is None
    assert {each["metric"] for each in march["definitions"]} >= {"MRR", "CHURN", "ROI_SEEN"}


async def test_movements_reconcile(client: httpx.AsyncClient, services: Services) -> None:
    await put_customers()
    finance = await sign_in(client, services, Staff.FINANCE)

    answer = await finance.run("MrrMovements", **{"from": "2026-01-31", "to": "2026-03-01"})

    months = answer.data["staff"]["movements"]
    assert [each["month"] for each in months] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    amounts = [
        {name: value["amountMinor"] for name, value in each.items() if name != "month"}
        for each in months
    ]
    for each in amounts:
        gained = each["opening"] + each["new"] + each["reactivation"] + each["expansion"]
        assert gained - each["contraction"] - each["churn"] == each["closing"]
    assert (amounts[2]["opening"], amounts[2]["new"], amounts[2]["churn"]) == (2900, 900, 2900)


async def test_targets_are_shown_with_their_sign(
    client: httpx.AsyncClient, services: Services
) -> None:
    finance = await sign_in(client, services, Staff.FINANCE)

    found = (await finance.run("RevenueTargets")).data["staff"]["targets"]

    by_metric = {each["metric"]: each for each in found}
    assert len(found) == 17
    assert by_metric["CHURN"]["targetValue"] == 500
    assert by_metric["CHURN"]["target"].startswith("<")
    assert by_metric["LTV_CAC"] == {
        "metric": "LTV_CAC",
        "unit": "RATIO",
        "targetValue": 3.0,
        "actualValue": None,
        "target": "> 3",
        "actual": "non défini",
        "met": False,
    }


async def test_what_was_read_is_in_the_audit_trail(
    client: httpx.AsyncClient, services: Services
) -> None:
    finance = await sign_in(client, services, Staff.FINANCE)

    await finance.run("Revenue")

    assert await count("audit_event", "action = 'staff.read' AND subject = 'metrics'") == 1


@pytest.mark.parametrize(
    ("document", "variables", "path"),
    [
        (FIGURES, {"on": "1999-12-31"}, "on"),
        (FIGURES, {"on": "9999-12-31"}, "on"),
        ("MrrMovements", {"from": "2026-03-01", "to": "2026-02-28"}, "from"),
        ("MrrMovements", {"from": "2000-01-01", "to": "2026-02-28"}, "from"),
        ("MrrMovements", {"from": "2026-02-28", "to": "9999-12-31"}, "to"),
    ],
)
async def test_a_wrong_day_is_refused(
    client: httpx.AsyncClient,
    services: Services,
    document: str,
    variables: dict[str, str],
    path: str,
) -> None:
    finance = await sign_in(client, services, Staff.FINANCE)

    if document.isidentifier():
        answer = await finance.run(document, **variables)
    else:
        answer = await finance.send(document, dict(variables))

    assert answer.codes == ["BAD_INPUT"]
    assert path in str(answer.errors)


@pytest.mark.parametrize("role", [Staff.SUPPORT, Staff.REVIEWER], ids=str)
@pytest.mark.parametrize("name", ["Revenue", "RevenueTargets"])
async def test_other_staff_is_refused(
    client: httpx.AsyncClient, services: Services, role: Staff, name: str
) -> None:
    answer = await (await sign_in(client, services, role)).run(name)

    assert answer.codes == ["FORBIDDEN"]


async def test_a_cost_is_recorded_and_a_wrong_one_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    finance = await sign_in(client, services, Staff.FINANCE)
    today = business_now().date().isoformat()
    good = {"month": today, "channel": "Search", "amountMinor": 5000, "reason": "Invoice 7."}

    done = await finance.run("RecordAcquisitionCost", input=good)
    refused = await finance.run("RecordAcquisitionCost", input={**good, "amountMinor": -1})

    assert done.data["acquisitionCostRecord"]["userErrors"] == []
    assert done.data["acquisitionCostRecord"]["revenue"]["on"] == today
    [error] = refused.data["acquisitionCostRecord"]["userErrors"]
    assert error["path"] == ["input", "amountMinor"]
    assert await count("acquisition_cost", "channel = 'search' AND amount = 5000") == 1
