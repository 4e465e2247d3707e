"""docs/examples/nginx.conf before a service, by a real nginx: calls are let through and counted."""

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
from tests.http.proxies import (
    Ports,
    Site,
    key_of,
    open_site,
    open_site_alone,
    running,
    write_example,
)
from tests.people import Person, make_person
from tests.programs import find_program

ROOT = Path(__file__).parents[2]
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx.conf;
}}
"""


def _configure(folder: Path, ports: dict[str, str]) -> Path:
    folder.chmod(0o755)  # nginx's workers are not root
    write_example("nginx.conf", folder, ports)
    main = folder / "main.conf"
    main.write_text(MAIN.format(folder=folder))
    return main


@asynccontextmanager
async def nginx(folder: Path, ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    own = {
        "listen 8080": f"listen 127.0.0.1:{ports.proxy}",
        "127.0.0.1:8000": f"127.0.0.1:{ports.chenu}",
        "127.0.0.1:9000": f"127.0.0.1:{ports.service}",
    }
    command = (find_program("nginx"), "-p", folder, "-c", _configure(folder, own))
    async with running(folder / "error.log", ports.proxy, *command) as http:
        yield http


@pytest.fixture
async def site(services: Services, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(nginx, tmp_path, services) as opened:
        yield opened


@pytest.fixture
async def person(services: Services) -> Person:
    return await make_person("program", tier=TierCode.PRO)


async def test_a_call_reaches_the_service_with_who_calls_and_without_the_key(
    site: Site, services: Services, person: Person
) -> None:
    key = await key_of(services, person, ApiScope.EXECUTIONS)
    forged = {"chenu-tier": "ENTERPRISE", "chenu-key": "forged", "cookie": "a=b"}

    answer = await site.http.post("/orders?a=1", headers={**key, **forged}, content=b"a body")

    assert answer.status_code == 200
    seen = answer.json()["headers"]
    assert answer.json()["method"] == "POST"
    assert seen["chenu-account"] == gid("Account", person.actor.account_id)
    assert (seen["chenu-tier"], seen["chenu-scopes"]) == ("PRO", "EXECUTIONS")
    assert seen["chenu-key"] != "forged"
    assert (seen["content-length"], seen["cookie"]) == ("6", "a=b")
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
    assert answers[2].json() == {"error": {"code": "RATE_LIMITED"}}
    assert 1 <= int(answers[2].headers["retry-after"]) <= 6
    assert '"month";r=998;' in answers[2].headers["ratelimit"]


async def test_who_may_not_call_reads_why(site: Site, services: Services, person: Person) -> None:
    reader = await key_of(services, person, ApiScope.READ)

    unknown = await site.http.get("/", headers={"authorization": "Bearer chenu_live_nothing"})
    missing = await site.http.get("/", headers={"chenu-account": "x"})
    denied = await site.http.get("/", headers=reader)
    await db.execute("UPDATE account SET tier = 'STARTER'")
    without_plan = await site.http.get("/", headers=reader)

    assert unknown.status_code == 401
    assert unknown.headers.get_list("www-authenticate") == ["Bearer"]
    assert unknown.json() == {"error": {"code": "UNAUTHENTICATED"}}
    assert missing.status_code == 403
    assert (denied.status_code, denied.json()) == (403, {"error": {"code": "FORBIDDEN"}})
    assert without_plan.json() == {"error": {"code": "PLAN_REQUIRED"}}
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
    async with open_site_alone(nginx, tmp_path) as site:
        answer = await site.http.get("/", headers={"authorization": "Bearer x"})

    assert (answer.status_code, site.service.calls) == (503, 0)
    assert answer.json() == {"error": {"code": "UNAVAILABLE"}}
