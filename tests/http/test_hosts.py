"""Whose site a request is for: hosts as anybody may write them, and those that nobody serves."""

from typing import Any

import httpx
import pytest

from chenu.app import create_app
from chenu.flows.services import Services
from chenu.http.hosts import is_private, read_host
from tests.branding.branded import ACME, client_on, make_branded, put_to_sleep
from tests.conftest import with_settings

UNKNOWN = "shop.example.org"


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        ("Agents.ACME.fr", ACME),
        ("agents.acme.fr.", ACME),
        ("agents.acme.fr:8443", ACME),
        ("AGENTS.acme.fr.:1", ACME),
        ("[::1]:80", "::1"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("xn--ag-fka.fr", "xn--ag-fka.fr"),
    ],
)
def test_a_host_is_read_in_one_spelling(raw: str, host: str) -> None:
    assert read_host(raw) == host


@pytest.mark.parametrize(
    "raw",
    [
        *("", ".", "..", "agents..acme.fr", "agents.acme.fr..", "agents.acme.fr:", "a b.fr"),
        *("agents.acme.fr:99999", "agents.acme.fr:80:80", "agents.acme.fr/x", "x@agents.acme.fr"),
        *("agents.acme.fr,evil.fr", "agénts.acme.fr", "agents.acme.fr\x00", "[::1", "[agents]"),
        *("agents.acme.fr\t", "ａgents.acme.fr", "agents。acme.fr", "-agents.acme.fr", "a" * 300),
    ],
)
def test_what_is_no_host_is_refused(raw: str) -> None:
    assert read_host(raw) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.7", "::1", "localhost", "web", "web.internal"]
)
def test_machines_among_themselves_are_answered(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2001:4860:4860::8888", "agents.acme.fr"])
def test_public_names_and_addresses_are_not_private(host: str) -> None:
    assert not is_private(host)


@pytest.mark.parametrize("path", ["/", "/agents", "/graphql", "/static/css/base.css", "/nowhere"])
async def test_a_host_of_nobody_gets_a_plain_421(
    services: Services, application: Any, path: str
) -> None:
    async with client_on(application, UNKNOWN) as stranger:
        answer = await stranger.get(path, headers={"cookie": "chenu_session=x"})
        head = await stranger.head(path)

    assert (answer.status_code, head.status_code, head.content) == (421, 421, b"")
    assert answer.text == "This host is not served here.\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert "set-cookie" not in answer.headers
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_machines_may_ask_how_it_goes_by_any_name(
    services: Services, application: Any, path: str
) -> None:
    async with client_on(application, UNKNOWN) as stranger:
        assert (await stranger.get(path)).status_code == 200


async def test_a_host_is_known_while_its_brand_is_awake(
    services: Services, application: Any
) -> None:
    acme = await make_branded()
    async with client_on(application, ACME) as visitor:
        awake = await visitor.get("/")
        await put_to_sleep(acme)
        asleep = await visitor.get("/", headers={"cookie": "chenu_session=x"})

    assert (awake.status_code, asleep.status_code) == (200, 421)
    assert "Acme" in awake.text
    assert "son contrat a pris fin" in asleep.text
    assert "its contract has ended" in asleep.text
    assert asleep.text.count(f"{services.settings.public_url}/sign-in") == 2
    assert asleep.headers["content-type"].startswith("text/plain")
    assert "set-cookie" not in asleep.headers


@pytest.mark.parametrize("sent", ["AGENTS.acme.fr.", "agents.acme.fr:1234"])
async def test_however_it_is_written_links_are_those_of_the_one_host(
    client: httpx.AsyncClient, sent: str
) -> None:
    await make_branded()

    page = await client.get("/developers", headers={"host": sent})

    assert 'rel="canonical" href="http://agents.acme.fr:8000/developers"' in page.text
    assert "1234" not in page.text


@pytest.mark.parametrize(
    "hosts", [["127.0.0.1:8000", ACME], [ACME, ACME], ["agents.acme.fr, 127.0.0.1"], [""]]
)
async def test_two_hosts_are_none(client: httpx.AsyncClient, hosts: list[str]) -> None:
    await make_branded()

    answer = await client.get("/", headers=[("host", host) for host in hosts])

    assert answer.status_code == 421


async def test_only_a_proxy_of_ours_may_say_which_host_was_asked(
    services: Services, application: Any
) -> None:
    await make_branded()
    forwarded = {"x-forwarded-host": ACME}
    behind = create_app(with_settings(services, trusted_proxies=("127.0.0.1/32",)))

    async with client_on(application, "127.0.0.1") as stranger:
        ours = await stranger.get("/", headers=forwarded)
    async with client_on(behind, "127.0.0.1") as proxy:
        theirs = await proxy.get("/", headers=forwarded)

    assert "CHE<b>·</b>NU" in ours.text
    assert "Acme" not in ours.text
    assert "Acme" in theirs.text


async def test_what_a_process_knows_of_a_host_it_asks_again_after_seconds(
    services: Services,
) -> None:
    acme = await make_branded()
    remembering = create_app(with_settings(services, cache_seconds=1))

    async with client_on(remembering, ACME) as visitor:
        first = await visitor.get("/healthz")
        known = [(await visitor.get("/robots.txt")).status_code]
        await put_to_sleep(acme)
        known.append((await visitor.get("/robots.txt")).status_code)

    assert (first.status_code, known) == (200, [200, 200])
