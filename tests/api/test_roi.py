"""Account.roi and roiSettingsUpdate: the golden case, nulls, sums, refusals, and whose it is."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.agents.model import AgentId
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import Api, as_key, as_service, as_session, counted_statements, gid
from tests.people import Person, make_member, make_person
from tests.roi.paid import account_of, day, pay_plan
from tests.rows import fingerprint

ON = {"period": "MONTH", "on": "2026-11-15"}

OF_ACCOUNT = """query($id: ID!) {
    node(id: $id) { ... on Account { roi(on: "2026-11-15") { roiPercent } } } }"""


async def read(api: Api, **variables: Any) -> dict[str, Any]:
    data = (await api.run("Roi", **{**ON, **variables})).data
    found: dict[str, Any] = data["viewer"]["account"]["roi"]
    return found


async def set_numbers(api: Api, **numbers: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await api.run("UpdateRoiSettings", input=numbers)).payload()
    return payload


async def live_golden(person: Person) -> AgentId:
    """A paid month of 2900 and 50 runs whose agent claims 15 minutes."""
    agent = await shelve(await open_shop(), "Trieur")
    for each in range(50):
        await put_run(account_of(person), agent, finished_at=day(2026, 11, each // 2 + 1, 9))
    await pay_plan(account_of(person), 2900)
    return agent


async def test_the_golden_case(client: httpx.AsyncClient, services: Services) -> None:
    zoe = await make_person("zoe")
    agent = await live_golden(zoe)

    found = await read(as_session(client, services, zoe))

    assert (found["from"], found["to"]) == ("2026-11-01", "2026-11-30")
    assert (found["executions"], found["savedHours"]) == (50, 12.5)
    assert found["hourlyRate"]["amountMinor"] == 5000
    assert found["minutesPerExecution"] is None
    assert found["valueCreated"]["amountMinor"] == 62500
    assert found["cost"]["amountMinor"] == 2900
    assert found["roiPercent"] == 2055.17
    assert len(found["series"]) == 30
    assert sum(point["valueCreated"]["amountMinor"] for point in found["series"]) == 62500
    assert sum(point["cost"]["amountMinor"] for point in found["series"]) == 2900
    assert found["series"][0] == {
        "date": "2026-11-01",
        "executions": 2,
        "savedHours": 0.5,
        "valueCreated": {"amountMinor": 2500},
        "cost": {"amountMinor": 96},
    }
    [by_agent] = found["byAgent"]
    assert by_agent["agent"] == {"id": gid("Agent", agent), "name": "Trieur"}
    assert (by_agent["executions"], by_agent["savedHours"]) == (50, 12.5)
    assert by_agent["tokensUsed"] == 1000


async def test_a_run_saves_the_same_minutes_as_in_the_report(
    client: httpx.AsyncClient, services: Services
) -> None:
    zoe = await make_person("zoe")
    agent = await shelve(await open_shop(), "Trieur")
    for reported in (None, 600, None):
        await put_run(account_of(zoe), agent, seconds_saved=reported)
    api = as_session(client, services, zoe)

    async def list_minutes() -> list[float]:
        runs = (await api.run("Executions", first=10)).data["viewer"]["account"]["executions"]
        return [edge["node"]["minutesSaved"] for edge in runs["edges"]]

    claimed = await list_minutes()
    await set_numbers(api, minutesPerExecution=2.5)
    async with counted_statements() as statements:
        own = await list_minutes()

    assert (claimed, own) == ([15, 10, 15], [2.5, 10, 2.5])
    assert len([each for each in statements if "roi_setting" in each]) == 1
    report = await read(api, on=None)
    assert report["savedHours"] * 60 == sum(own)


async def test_without_cost_the_percentage_is_null(
    client: httpx.AsyncClient, services: Services
) -> None:
    zoe = await make_person("zoe", TierCode.FREE)

    found = await read(as_session(client, services, zoe))

    assert (found["executions"], found["savedHours"], found["byAgent"]) == (0, 0.0, [])
    assert found["valueCreated"]["amountMinor"] == found["cost"]["amountMinor"] == 0
    assert found["roiPercent"] is None


@pytest.mark.parametrize(
    ("period", "first", "last", "steps"),
    [
        ("MONTH", "2026-11-01", "2026-11-30", 30),
        ("QUARTER", "2026-10-01", "2026-12-31", 14),
        ("YEAR", "2026-01-01", "2026-12-31", 12),
    ],
)
async def test_the_period_is_of_the_calendar(
    client: httpx.AsyncClient, services: Services, period: str, first: str, last: str, steps: int
) -> None:
    zoe = await make_person("zoe")
    await live_golden(zoe)

    found = await read(as_session(client, services, zoe), period=period)

    assert (found["from"], found["to"], len(found["series"])) == (first, last, steps)
    assert (found["savedHours"], found["roiPercent"]) == (12.5, 2055.17)


async def test_without_a_day_it_is_the_present_month(
    client: httpx.AsyncClient, services: Services
) -> None:
    zoe = await make_person("zoe")
    agent = await shelve(await open_shop(), "Trieur")
    await put_run(account_of(zoe), agent)

    assert (await read(as_session(client, services, zoe), on=None))["executions"] == 1


@pytest.mark.parametrize("on", ["1999-12-31", "2101-01-01", "0001-01-01", "9999-12-31"])
async def test_a_day_of_another_age_is_refused_at_its_field(
    client: httpx.AsyncClient, services: Services, on: str
) -> None:
    zoe = await make_person("zoe")

    answer = await as_session(client, services, zoe).run("Roi", on=on)

    assert answer.codes == ["BAD_INPUT"]
    [error] = answer.body["errors"]
    assert "2000" in error["message"]
    assert "2100" in error["message"]


async def test_own_numbers_count_at_once(client: httpx.AsyncClient, services: Services) -> None:
    zoe = await make_person("zoe")
    await live_golden(zoe)
    api = as_session(client, services, zoe)

    payload = await set_numbers(api, hourlyRateMinor=10000, minutesPerExecution=30)
    found = await read(api)
    await set_numbers(api, hourlyRateMinor=None)
    again = await read(api)

    assert payload["userErrors"] == []
    assert payload["roi"]["hourlyRate"]["amountMinor"] == 10000
    assert payload["roi"]["minutesPerExecution"] == 30.0
    assert (found["savedHours"], found["valueCreated"]["amountMinor"]) == (25.0, 250000)
    assert (again["hourlyRate"]["amountMinor"], again["minutesPerExecution"]) == (5000, 30.0)


async def test_a_document_that_changes_the_numbers_twice_sees_both(
    client: httpx.AsyncClient, services: Services
) -> None:
    zoe = await make_person("zoe")
    document = """mutation {
        a: roiSettingsUpdate(input: {hourlyRateMinor: 6000}) { roi { hourlyRate { amountMinor } } }
        b: roiSettingsUpdate(input: {hourlyRateMinor: 7000}) { roi { hourlyRate { amountMinor } } }
    }"""

    data = (await as_session(client, services, zoe).send(document)).data

    assert [data[name]["roi"]["hourlyRate"]["amountMinor"] for name in "ab"] == [6000, 7000]


BAD = [
    ({"hourlyRateMinor": 99}, ["input", "hourlyRateMinor"]),
    ({"hourlyRateMinor": 1_000_001}, ["input", "hourlyRateMinor"]),
    ({"hourlyRateMinor": -(2**53 - 1)}, ["input", "hourlyRateMinor"]),
    ({"minutesPerExecution": 0}, ["input", "minutesPerExecution"]),
    ({"minutesPerExecution": -0.5}, ["input", "minutesPerExecution"]),
    ({"minutesPerExecution": 1440.01}, ["input", "minutesPerExecution"]),
    ({"minutesPerExecution": 1e300}, ["input", "minutesPerExecution"]),
]


@pytest.mark.parametrize(("numbers", "path"), BAD, ids=str)
async def test_a_number_out_of_bounds_names_its_field_and_changes_nothing(
    client: httpx.AsyncClient, services: Services, numbers: dict[str, Any], path: list[str]
) -> None:
    zoe = await make_person("zoe")
    before = await fingerprint()

    payload = await set_numbers(as_session(client, services, zoe), **numbers)

    assert payload["roi"] is None
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID"]
    assert payload["userErrors"][0]["path"] == path
    assert await fingerprint() == before


async def test_every_role_reads_it_and_so_do_keys(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = await make_person("owner", TierCode.BUSINESS)
    await live_golden(owner)
    account = gid("Account", account_of(owner))
    readers = [
        as_session(client, services, owner),
        await as_service(client, services, owner),
        await as_key(client, services, owner, ApiScope.READ),
    ]
    for role in (AccountRole.MEMBER, AccountRole.BILLING):
        reader = as_session(client, services, await make_member(owner, role.lower(), role))
        reader.headers["chenu-account"] = account
        readers.append(reader)

    answers = [(await reader.send(OF_ACCOUNT, {"id": account})).data["node"] for reader in readers]

    assert answers == [{"roi": {"roiPercent": 2055.17}}] * 5


async def test_another_account_is_refused(client: httpx.AsyncClient, services: Services) -> None:
    owner = await make_person("owner", TierCode.BUSINESS)
    member = await make_member(owner, "member", AccountRole.MEMBER)
    stranger = await make_person("stranger")
    variables = {"id": gid("Account", account_of(owner))}

    inside = await as_session(client, services, member).send(OF_ACCOUNT, variables)
    outside = await as_session(client, services, stranger).send(OF_ACCOUNT, variables)

    assert inside.codes == ["FORBIDDEN"]
    assert outside.data == {"node": None}


async def test_agents_of_a_report_are_read_by_one_statement(
    client: httpx.AsyncClient, services: Services
) -> None:
    zoe = await make_person("zoe")
    shop = await open_shop()
    for name in ("Trieur", "Relanceur", "Veilleur"):
        await put_run(account_of(zoe), await shelve(shop, name), finished_at=day(2026, 11, 15))
    api = as_session(client, services, zoe)
    twice = """{ viewer { account { a: roi(on: "2026-11-01") { byAgent { agent { name } } }
        b: roi(on: "2026-11-01") { byAgent { agent { name } } } } } }"""

    async with counted_statements() as statements:
        data = (await api.send(twice)).data

    account = data["viewer"]["account"]
    assert account["a"] == account["b"]
    assert len(account["a"]["byAgent"]) == 3
    assert sum("FROM execution" in statement for statement in statements) == 1
    assert sum("FROM agent" in statement for statement in statements) == 1
