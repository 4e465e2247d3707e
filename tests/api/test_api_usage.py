"""An account's calls of a month, by GraphQL."""

from datetime import date

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.flows.services import Services
from chenu.metering.usage import store_usage
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_key, as_session
from tests.metered import meter_calls, open_metered
from tests.people import make_person

USAGE = """
    query($month: Date) { viewer { account { apiUsage(month: $month) {
        month calls limit remaining resetsAt series { date calls refused }
    } } } }
"""


async def test_an_account_sees_what_its_keys_called(services: Services) -> None:
    person = await make_person("caller", tier=TierCode.PRO)
    metering = await meter_calls(services)
    async with open_metered(metering) as http:
        program = await as_key(http, metering, person, ApiScope.READ)
        for _ in range(3):
            await program.send("{ tiers { code } }")
        await store_usage(services.limiter.counts)

        reply = await as_session(http, metering, person).send(USAGE)

    usage = reply.data["viewer"]["account"]["apiUsage"]
    today = business_now().date()
    month = month_of(business_now())
    assert (usage["calls"], usage["limit"], usage["remaining"]) == (2, 1_000, 998)
    assert usage["month"] == str(today.replace(day=1))
    assert usage["resetsAt"] == f"{month.end:%Y-%m-%dT%H:%M:%S}Z"
    assert usage["series"][-1] == {"date": str(today), "calls": 2, "refused": 1}
    assert len(usage["series"]) == today.day


async def test_a_month_that_is_over_has_no_limit_any_more(
    services: Services, client: httpx.AsyncClient
) -> None:
    api = as_session(client, services, await make_person("caller"))

    reply = await api.send(USAGE, {"month": "2026-02-17"})

    usage = reply.data["viewer"]["account"]["apiUsage"]
    assert (usage["month"], usage["calls"]) == ("2026-02-01", 0)
    assert (usage["limit"], usage["remaining"], usage["resetsAt"]) == (None, None, None)
    assert [day["date"] for day in usage["series"]] == [
        str(date(2026, 2, day)) for day in range(1, 29)
    ]


@pytest.mark.parametrize("month", ["2999-01-01", "9999-12-31"])
async def test_a_month_that_has_not_begun_is_refused(
    services: Services, client: httpx.AsyncClient, month: str
) -> None:
    api = as_session(client, services, await make_person("caller"))

    assert (await api.send(USAGE, {"month": month})).codes == ["BAD_INPUT"]


async def test_a_database_that_is_away_is_no_month_without_calls(
    services: Services, client: httpx.AsyncClient
) -> None:
    api = as_session(client, services, await make_person("caller"))
    assert (await api.send(USAGE)).codes == []
    with db.assumed_lost():
        assert (await api.send(USAGE)).codes == ["UNAVAILABLE"]
