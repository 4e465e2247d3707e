"""Operations take calls of whoever sends them: costs, headers, and refusals that name a way on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.flows.services import Services
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_service, as_session, counted_statements
from tests.metered import SLOW, count_commands, count_scripts, meter_calls, open_metered
from tests.people import Person, make_person
from tests.rows import put

SMALL = "{ tiers { code } }"
DEAR = "{ a: __schema { description } b: __schema { description } }"
"""2,000 points: two calls."""
TOO_DEAR = "{ " + " ".join(f"a{i}: __schema {{ description }}" for i in range(6)) + " }"
KINDS = ["application/json", "application/graphql-response+json"]


@pytest.fixture
async def metering(services: Services) -> Services:
    return await meter_calls(services, rate=SLOW)


@pytest.fixture
async def http(metering: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with open_metered(metering) as opened:
        yield opened


@pytest.fixture
async def person(metering: Services) -> Person:
    """With API_ACCESS, and the API plan FREE."""
    return await make_person("caller", tier=TierCode.PRO)


@pytest.fixture
async def program(http: httpx.AsyncClient, metering: Services, person: Person) -> Api:
    return await as_key(http, metering, person, ApiScope.READ)


async def use_up(person: Person, calls: int) -> None:
    """As if so many had been served this month."""
    sql = """
        INSERT INTO api_usage (id, account, day, served, refused, created_at)
        VALUES ($1, $2, $3, $4, 0, now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, business_now().date(), calls)


async def test_an_answer_tells_what_it_took_and_what_is_left(program: Api) -> None:
    reply = await program.send(SMALL)

    cost = reply.cost
    assert (cost["calls"], cost["available"], cost["restoreRate"]) == (1, 1, 10)
    assert cost["requested"] >= cost["actual"] > 0
    month = month_of(business_now())
    window = int((month.end - month.start).total_seconds())
    assert (
        reply.http.headers["ratelimit-policy"] == f'"minute";q=10;w=60, "month";q=1000;w={window}'
    )
    minute, monthly = reply.http.headers["ratelimit"].split(", ")
    assert minute == '"minute";r=1;t=6'
    assert monthly.startswith('"month";r=999;t=')


@pytest.mark.parametrize("kind", KINDS)
async def test_too_many_at_once_are_refused_with_when_to_try_again(program: Api, kind: str) -> None:
    served = [await program.send(SMALL, accept=kind) for _ in range(2)]
    refused = await program.send(SMALL, accept=kind)

    assert [reply.http.status_code for reply in served] == [200, 200]
    assert refused.http.status_code == 429
    assert refused.http.headers["content-type"].startswith(kind)
    assert refused.codes == ["RATE_LIMITED"]
    assert 1 <= int(refused.http.headers["retry-after"]) <= 6
    assert refused.errors[0]["extensions"]["retryAfter"] == int(refused.http.headers["retry-after"])
    assert refused.cost["calls"] == refused.cost["available"] == 0
    assert "data" not in refused.body


WORDS = {
    "en": ["1,000 calls", "BASIC", "100,000 a month for €49.00"],
    "fr": ["1 000 appels", "BASIC", "100 000 par mois pour 49,00 €"],
}


@pytest.mark.parametrize("locale", WORDS)
async def test_a_month_that_is_used_up_names_its_end_and_the_next_plan(
    program: Api, person: Person, locale: str
) -> None:
    await use_up(person, 999)
    program.headers |= {"accept-language": locale}
    end = month_of(business_now()).end

    last, refused = await program.send(SMALL), await program.send(SMALL)

    assert (last.http.status_code, refused.http.status_code) == (200, 429)
    assert refused.codes == ["QUOTA_EXCEEDED"]
    extensions, message = refused.errors[0]["extensions"], refused.errors[0]["message"]
    assert datetime.fromisoformat(extensions["resetsAt"]) == end.astimezone(UTC)
    assert extensions["nextPlan"] == {
        "code": "BASIC",
        "monthlyPrice": {"amountMinor": "4900", "currency": "EUR"},
        "monthlyCalls": "100000",
        "callsPerMinute": 100,
    }
    shown = message.replace("\u202f", " ").replace("\xa0", " ")
    assert [word for word in (*WORDS[locale], str(end.year)) if word not in shown] == []
    wait = int(refused.http.headers["retry-after"])
    assert abs(wait - (end - business_now()).total_seconds()) < 60


async def test_all_keys_of_an_account_share_its_calls(
    http: httpx.AsyncClient, metering: Services, person: Person, program: Api
) -> None:
    other = await as_key(http, metering, person, ApiScope.READ)
    stranger = await make_person("stranger", tier=TierCode.PRO)
    foreign = await as_key(http, metering, stranger, ApiScope.READ)

    first, second = await program.send(SMALL), await other.send(SMALL)
    third, another = await program.send(SMALL), await foreign.send(SMALL)

    assert first.cost["available"] == 1
    assert second.cost["available"] == 0
    assert third.codes == ["RATE_LIMITED"]
    assert another.cost["available"] == 1


async def test_a_plan_holds_from_the_next_request_on(program: Api, person: Person) -> None:
    before = await program.send(SMALL)
    await put("account", "api_plan", ApiPlanCode.BASIC, "id = $2", person.actor.account_id)
    after = await program.send(SMALL)

    assert before.cost["restoreRate"] == 10
    assert after.cost["restoreRate"] == 100
    assert after.cost["available"] > before.cost["available"]


async def test_a_dear_operation_takes_more_calls(program: Api, person: Person) -> None:
    await put("account", "api_plan", ApiPlanCode.BASIC, "id = $2", person.actor.account_id)

    small, dear = await program.send(SMALL), await program.send(DEAR)

    assert small.cost["calls"] == 1
    assert (dear.cost["requested"], dear.cost["calls"]) == (2000, 2)
    assert dear.cost["available"] == small.cost["available"] - 2


@pytest.mark.parametrize("document", [TOO_DEAR, "{ nothing }", "{"], ids=["dear", "wrong", "torn"])
async def test_what_is_never_executed_takes_a_call_as_well(program: Api, document: str) -> None:
    refused, last = await program.send(document), await program.send(SMALL)

    assert refused.http.status_code == 200
    assert (refused.cost["calls"], refused.cost["available"]) == (1, 1)
    assert last.cost["available"] == 0


async def test_a_body_that_cannot_be_read_takes_a_call_as_well(
    http: httpx.AsyncClient, program: Api
) -> None:
    headers = {**program.headers, "content-type": "application/json"}
    answers = [await http.post("/graphql", content=b"[", headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert "retry-after" in answers[2].headers
    assert "ratelimit" in answers[0].headers


async def test_sessions_have_a_rate_of_their_own_and_no_quota(
    http: httpx.AsyncClient, metering: Services, person: Person, program: Api
) -> None:
    browser = as_session(http, metering, person)
    other = as_session(http, metering, await make_person("other"))
    for _ in range(2):
        await program.send(SMALL)

    replies = [await browser.send(SMALL) for _ in range(5)]
    another = await other.send(SMALL)

    assert [reply.http.status_code for reply in replies] == [200, 200, 200, 200, 429]
    assert replies[0].http.headers["ratelimit-policy"] == f'"minute";q={SLOW};w=60'
    assert replies[0].cost["restoreRate"] == SLOW
    assert another.cost["available"] == 3


async def test_visitors_share_the_calls_of_their_network(services: Services) -> None:
    metering = await meter_calls(services, rate=SLOW, trusted_proxies=("127.0.0.1",))
    homes = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1"]

    async with open_metered(metering) as http:
        replies = [await Api(http, {"x-forwarded-for": home}).send(SMALL) for home in homes]

    assert [reply.cost["available"] for reply in replies] == [3, 2, 3, 3]


async def test_service_keys_are_not_metered(
    http: httpx.AsyncClient, metering: Services, person: Person
) -> None:
    app = await as_service(http, metering, person)
    before = await count_scripts(metering)

    replies = [await app.send(SMALL) for _ in range(6)]

    assert {reply.http.status_code for reply in replies} == {200}
    assert [replies[0].cost[name] for name in ("available", "restoreRate")] == [None, None]
    assert "ratelimit" not in replies[0].http.headers
    assert await count_scripts(metering) == before


async def test_a_call_costs_one_round_trip_and_no_statement(
    client: httpx.AsyncClient, metering: Services, person: Person, program: Api
) -> None:
    unmetered = Api(client, program.headers)
    await program.send(SMALL)
    before = await count_scripts(metering)

    async with counted_statements() as metered_statements:
        await program.send(SMALL)
    async with counted_statements() as statements:
        await unmetered.send(SMALL)

    assert await count_scripts(metering) == before + 1
    assert len(metered_statements) == len(statements)


async def test_a_contract_without_limits_is_served_without_headers(
    program: Api, person: Person
) -> None:
    await put("account", "tier", TierCode.ENTERPRISE, "id = $2", person.actor.account_id)

    replies = [await program.send(SMALL) for _ in range(5)]

    assert {reply.http.status_code for reply in replies} == {200}
    assert replies[0].cost["calls"] == 1
    assert [replies[0].cost[name] for name in ("available", "restoreRate")] == [None, None]
    assert "ratelimit" not in replies[0].http.headers


async def test_a_mistyped_key_asks_neither_the_database_nor_valkey(
    http: httpx.AsyncClient, metering: Services, program: Api
) -> None:
    key = program.headers["authorization"]
    mistyped = Api(http, {"authorization": key[:-1] + ("a" if key[-1] != "a" else "b")})
    before = await count_commands(metering)

    async with counted_statements() as statements:
        replies = [await mistyped.send(SMALL) for _ in range(3)]

    assert {reply.http.status_code for reply in replies} == {401}
    assert replies[0].cost["calls"] == 0
    assert "ratelimit" not in replies[0].http.headers
    assert [each for each in statements if "business_clock" not in each] == []
    assert await count_commands(metering) == before
