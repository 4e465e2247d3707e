"""What reverse proxies ask: who calls, whether they may, and what is left of their calls."""

from collections.abc import AsyncIterator

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.service_keys import create_service_key
from chenu.app import create_app
from chenu.core import db
from chenu.flows.services import Services
from chenu.http.authorize import PATH
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_session, counted_statements, gid
from tests.http.proxies import DOTTED, ask_as_written
from tests.http.test_server import served
from tests.metered import meter_calls, open_metered
from tests.people import Person, make_person
from tests.rows import fingerprint


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with open_metered(await meter_calls(services)) as opened:
        yield opened


@pytest.fixture
async def person(services: Services) -> Person:
    return await make_person("program", tier=TierCode.PRO)


async def key_of(services: Services, person: Person, *scopes: ApiScope) -> dict[str, str]:
    pepper = services.settings.secret
    made = await create_api_key(person.actor, "k", scopes or (ApiScope.READ,), None, pepper)
    return {"authorization": f"Bearer {made.secret}"}


async def test_the_answer_says_whose_key_it_is_and_what_is_left(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    headers = await key_of(services, person, ApiScope.READ, ApiScope.EXECUTIONS)

    answer = await http.post(PATH, headers=headers)

    assert (answer.status_code, answer.content) == (200, b"")
    seen = answer.headers
    assert seen["chenu-account"] == gid("Account", person.actor.account_id)
    assert (seen["chenu-tier"], seen["chenu-api-plan"]) == ("PRO", "FREE")
    assert seen["chenu-scopes"] == "EXECUTIONS, READ"
    assert seen["ratelimit"].startswith('"minute";r=1;')
    assert '"month";r=999;' in seen["ratelimit"]
    assert seen["ratelimit-policy"].startswith('"minute";q=10;w=60, "month";q=1000;')
    assert seen["cache-control"] == "no-store"


async def test_calls_end_with_the_plan(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    """By whichever key and face they are asked: ten a minute, of which two at once."""
    keys = [await key_of(services, person) for _ in range(2)]
    for headers in keys:
        assert (await http.get(PATH, headers=headers)).status_code == 200

    refused = await http.get(PATH, headers=keys[0])
    elsewhere = await http.post("/graphql", json={"query": "{ viewer { id } }"}, headers=keys[1])

    assert (refused.status_code, elsewhere.status_code) == (429, 429)
    assert refused.headers["chenu-error"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    assert refused.headers["ratelimit"].startswith('"minute";r=0;')
    assert refused.json()["error"]["code"] == "RATE_LIMITED"


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["", "/", "/orders/12?scope=READ", "/a%2Fb/%C3%A9"], ids=len)
async def test_envoys_requests_are_understood(
    http: httpx.AsyncClient, services: Services, person: Person, method: str, path: str
) -> None:
    """With the method of the call, its path behind ours, and no body."""
    headers = await key_of(services, person)
    asked = {"host": "shop.example:8080", "content-length": "0"}

    known = await http.request(method, f"{PATH}{path}", headers={**headers, **asked})
    unknown = await http.request(method, f"{PATH}{path}", headers=asked)

    assert (known.status_code, unknown.status_code) == (200, 401)
    assert known.headers["chenu-tier"] == "PRO"


async def test_no_path_behind_ours_is_another_page(services: Services) -> None:
    """Envoy writes the call's path behind ours, with its dots if it is told to."""
    async with served(create_app(services)) as port:
        statuses = {path: await ask_as_written(port, f"{PATH}{path}") for path in DOTTED}

    assert statuses == dict.fromkeys(DOTTED, 401)


async def test_without_a_key_it_is_401(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    session = as_session(http, services, person).headers
    bad = {"authorization": "Bearer chenu_live_nothing"}
    before = await fingerprint()

    answers = [await http.get(PATH, headers=headers) for headers in ({}, bad, session)]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert {answer.headers["chenu-error"] for answer in answers} == {"UNAUTHENTICATED"}
    assert "ratelimit" not in answers[0].headers
    assert await fingerprint() == before


async def test_a_mistyped_key_costs_no_statement(http: httpx.AsyncClient) -> None:
    async with counted_statements() as statements:
        await http.get(PATH, headers={"authorization": "Bearer chenu_live_mistyped"})

    assert [each for each in statements if "business_clock" not in each] == []


async def test_the_proxy_asks_for_a_scope(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    headers = await key_of(services, person, ApiScope.READ)

    refused = await http.get(PATH, headers={**headers, "chenu-scope": "EXECUTIONS"})
    allowed = await http.get(PATH, headers={**headers, "chenu-scope": "READ"})
    wrong = await http.get(PATH, headers={**headers, "chenu-scope": "EVERYTHING"})

    assert (refused.status_code, allowed.status_code, wrong.status_code) == (403, 200, 400)
    assert refused.headers["chenu-error"] == "FORBIDDEN"
    assert "EXECUTIONS" in refused.json()["error"]["message"]
    assert '"month";r=999;' in allowed.headers["ratelimit"]  # a refused scope takes no call


async def test_an_account_without_api_access_is_403(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    headers = await key_of(services, person)
    await db.execute("UPDATE account SET tier = 'STARTER'")

    answer = await http.get(PATH, headers=headers)

    assert (answer.status_code, answer.headers["chenu-error"]) == (403, "PLAN_REQUIRED")
    assert answer.json()["error"]["code"] == "PLAN_REQUIRED"


async def test_a_key_of_another_account_and_a_service_key_are_403(
    http: httpx.AsyncClient, services: Services, person: Person
) -> None:
    other = await make_person("other")
    account = gid("Account", other.actor.account_id)
    headers = await key_of(services, person)
    service = await create_service_key("apps", services.settings.secret)

    foreign = await http.get(PATH, headers={**headers, "chenu-account": account})
    apps = await http.get(
        PATH, headers={"authorization": f"Bearer {service}", "chenu-account": account}
    )

    assert (foreign.status_code, apps.status_code) == (403, 403)
