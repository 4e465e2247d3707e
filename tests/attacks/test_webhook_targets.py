"""A8, server-side request forgery: webhooks reach nothing but public hosts.

Each payload is tried as the url of a new endpoint, and again when something is sent to one that is
stored already, as if it had come in by another way.
"""

from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address

import pytest
from msgspec.structs import replace

from chenu.core.errors import Invalid
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.flows.webhooks.endpoints import EndpointInput, create_endpoint
from chenu.webhooks.client import Resolve, WebhookClient, resolve_host
from chenu.webhooks.model import AttemptError
from chenu.webhooks.targets import check_url, is_public
from tests.people import Person, make_person
from tests.rows import count, put
from tests.webhooks.listening import happen, listen, make_due
from tests.webhooks.receiving import Receiver, answer, answering, open_receiver

LOOPBACK = (
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7F.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://api.localhost/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://127.0.0.1./",
)
PRIVATE = (
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://3232235777/",
    "https://0xc0a80101/",
    "https://printer.local/",
    "https://vault.internal/",
    "https://router.home.arpa/",
    "https://intranet/",
    "https://[fc00::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
)
METADATA = (
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:169.254.169.254]/",
    "https://168.63.129.16/",
    "https://metadata.google.internal/computeMetadata/v1/",
)
OTHER = (
    "http://hooks.example.org/",
    "file:///etc/passwd",
    "gopher://hooks.example.org:70/_x",
    "ftp://hooks.example.org/",
    "dict://hooks.example.org:11211/stats",
    "javascript:alert(1)",
    "//hooks.example.org/",
    "https://user:password@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://127.0.0.1#@hooks.example.org/",
    "https://hooks.example.org#x",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:6379/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://hooks.example.org/\r\nHost: 127.0.0.1",
    "https://hooks.example.org/ x",
    "https://hooks.example.org/\x00",
    "https:///nowhere",
    "https://",
    "",
    "https://exa_mple..org/",
    f"https://{'a' * 64}.{'b' * 500}.org/",
)
URLS = LOOPBACK + PRIVATE + METADATA + OTHER

NOT_PUBLIC = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.31.255.255"),  # noqa: S104 - refused
    "192.168.0.1",
    *("100.64.0.1", "100.100.100.200", "169.254.169.254", "192.0.0.192", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "192.88.99.1"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1", "4000::1", "5f00::1"),
)
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4007:80c::200e", "172.32.0.1")


def test_there_are_sixty_payloads_at_least() -> None:
    assert len(set(URLS)) == len(URLS) >= 60


@pytest.mark.parametrize("url", URLS)
def test_the_url_is_refused(url: str) -> None:
    [error] = check_url(url, allows_loopback=False)

    assert error.path == ("url",)


THIS_MACHINE = {
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://127.0.0.1./",
    "https://127。0。0。1/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://[::1]/",
}


def test_what_the_demo_allows_is_this_machine_and_nothing_else() -> None:
    allowed = {url for url in URLS if not check_url(url, allows_loopback=True)}

    assert allowed == THIS_MACHINE


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_an_ip_address_that_is_not_public_is_refused(ip: str) -> None:
    assert not is_public(ip_address(ip))


@pytest.mark.parametrize("ip", PUBLIC)
def test_a_public_ip_address_is_not_refused(ip: str) -> None:
    assert is_public(ip_address(ip))


@pytest.mark.parametrize("ip", NOT_PUBLIC)
async def test_a_name_that_leads_to_one_is_refused(ip: str) -> None:
    client = WebhookClient(resolve=answering("8.8.8.8", ip))

    assert await client.find_refusal("https://hooks.example.org/") is AttemptError.TARGET_REFUSED
    found = await client.post("https://hooks.example.org/", {}, b"{}")
    assert (found.status, found.error) == (None, AttemptError.TARGET_REFUSED)


async def test_a_zone_hides_nothing() -> None:
    client = WebhookClient(resolve=answering("fe80::1%eth0"))

    found = await client.post("https://hooks.example.org/", {}, b"{}")

    assert found.error is AttemptError.TARGET_REFUSED


async def test_what_the_system_reads_as_this_machine_is_found_out() -> None:
    """The check of names aside: whatever getaddrinfo makes of a number, its answer is checked."""
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        ips: Sequence[str] = await resolve_host(host, 443)
        assert not any(is_public(ip_address(ip)) for ip in ips)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_person("zoe")


def strict(services: Services, resolve: Resolve) -> Services:
    """As in production: this machine is no target."""
    return replace(services, webhooks=WebhookClient(resolve=resolve))


async def test_no_endpoint_is_made_of_a_payload(services: Services, zoe: Person) -> None:
    production = strict(services, answering("8.8.8.8"))

    for url in URLS:
        data = EndpointInput(url, ("invoice.paid",))
        with pytest.raises(Invalid) as refused:
            await create_endpoint(production, zoe.actor, data)
        assert refused.value.path == ("url",), url
    assert await count("webhook_endpoint") == 0


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
async def test_no_endpoint_is_made_of_a_name_that_leads_to_a_private_host(
    services: Services, zoe: Person, ip: str
) -> None:
    production = strict(services, answering(ip))
    data = EndpointInput("https://hooks.example.org/", ("invoice.paid",))

    with pytest.raises(Invalid, match="not public"):
        await create_endpoint(production, zoe.actor, data)


async def test_nothing_is_sent_to_a_stored_payload(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe)).endpoint
    production = strict(services, answering("127.0.0.1"))
    await happen(zoe, "first")
    urls = [receiver.url(), receiver.url("https"), *(url for url in URLS if "\x00" not in url)]

    for url in urls:
        await put("webhook_endpoint", "url", url)
        await put("webhook_endpoint", "failures", 0)
        await make_due(endpoint)
        await deliver_due(production)

    assert await count("webhook_attempt") == len(urls)
    assert await count("webhook_attempt", "error = 'TARGET_REFUSED' AND status IS NULL") == len(
        urls
    )
    assert receiver.connections == 0


async def test_a_name_that_leads_elsewhere_later_is_refused_when_it_is_sent_to(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    """DNS rebinding: a public address while it is checked, this machine afterwards."""
    answers = [["8.8.8.8"]]

    async def rebind(host: str, port: int) -> Sequence[str]:
        return answers.pop(0) if answers else ["127.0.0.1"]

    production = strict(services, rebind)
    data = EndpointInput("https://hooks.example.org:8443/", ("api_key.revoked",))
    await create_endpoint(production, zoe.actor, data)
    await happen(zoe, "first")

    await deliver_due(production)

    assert await count("webhook_attempt", "error = 'TARGET_REFUSED'") == 1
    assert receiver.connections == 0


async def test_a_redirect_to_a_private_host_is_not_followed(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    await listen(services, zoe, receiver.url())
    async with open_receiver() as inside:
        receiver.answers = [answer(302, f"Location: {inside.url()}")]
        await happen(zoe, "first")

        await deliver_due(services)

        assert inside.connections == 0
    assert await count("webhook_attempt", "status = 302") == 1
    assert await count("webhook_delivery", "state = 'WAITING'") == 1
