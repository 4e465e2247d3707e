"""The caller's IP in canonical form, as reported by our own proxies."""

from datetime import timedelta

import pytest

from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.http.client_ip import TrustedProxies
from chenu.tiers.catalogue import TierCode
from tests.conftest import with_settings
from tests.http.raw import raw
from tests.http.test_edge import WHO, over
from tests.people import Person, make_person
from tests.rows import put


@pytest.fixture
async def person(services: Services) -> Person:
    return await make_person("zoe", TierCode.PRO)


PROXY = "127.0.0.1"
ADDRESSES = {
    "no proxy that we know": ((), "203.0.113.7", PROXY),
    "our proxy": ((PROXY,), "203.0.113.7", "203.0.113.7"),
    "a caller who invents one": ((PROXY,), "198.51.100.1, 203.0.113.7", "203.0.113.7"),
    "two proxies of ours": ((PROXY, "10.0.0.1"), "203.0.113.7, 10.0.0.1", "203.0.113.7"),
    "our proxy says nothing": ((PROXY,), " , ", PROXY),
    "a network of ours": (("127.0.0.0/8",), "198.51.100.1, 203.0.113.7", "203.0.113.7"),
    "hops within our networks": ((PROXY, "10.0.0.0/8"), "203.0.113.7,10.1.2.3", "203.0.113.7"),
    "nobody but us": ((PROXY, "10.0.0.0/8"), "10.9.9.9, 10.1.2.3", "10.9.9.9"),
    "with a port": ((PROXY,), "203.0.113.7:5555", "203.0.113.7"),
    "IPv6 with a port": ((PROXY,), "[2001:db8::1]:443", "2001:db8::1"),
    "IPv6 in brackets": ((PROXY,), "[2001:DB8:0:0::1]", "2001:db8::1"),
    "IPv4 in IPv6": ((PROXY,), "::ffff:203.0.113.7", "203.0.113.7"),
    "with a zone": ((PROXY,), "fe80::1%eth0", "fe80::1"),
    "a proxy spelt otherwise": ((PROXY, "fd00::/8"), "203.0.113.7, FD00:0::9", "203.0.113.7"),
    "no address": ((PROXY,), "203.0.113.7, unknown", PROXY),
    "no address further on": ((PROXY, "10.0.0.1"), "203.0.113.7, x, 10.0.0.1", "10.0.0.1"),
    "bytes beyond ASCII": ((PROXY,), "203.0.113.7é", PROXY),
    "a very long one": ((PROXY,), "203.0.113.7, " * 5000 + "203.0.113.9", "203.0.113.9"),
    "very many of ours": ((PROXY,), f"{PROXY}, " * 5000 + PROXY, PROXY),
}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"), ADDRESSES.values(), ids=ADDRESSES.keys()
)
async def test_an_address_is_taken_from_the_proxies_that_we_trust_alone(
    services: Services, person: Person, proxies: tuple[str, ...], forwarded: str, expected: str
) -> None:
    await put("user_session", "last_seen_at", system_now() - timedelta(hours=2))

    async with over(with_settings(services, trusted_proxies=proxies)) as http:
        headers = {"cookie": f"chenu_session={person.token}", "x-forwarded-for": forwarded}
        await http.post("/graphql", json=WHO, headers=raw(headers))

    assert await db.fetch_value("SELECT ip FROM user_session") == expected


async def test_hops_in_several_lines_are_read_as_one_list(
    services: Services, person: Person
) -> None:
    await put("user_session", "last_seen_at", system_now() - timedelta(hours=2))

    async with over(with_settings(services, trusted_proxies=(PROXY, "10.0.0.1"))) as http:
        headers = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "10.0.0.1")]
        cookie = ("cookie", f"chenu_session={person.token}")
        await http.post("/graphql", json=WHO, headers=[*headers, cookie])

    assert await db.fetch_value("SELECT ip FROM user_session") == "203.0.113.7"


@pytest.mark.parametrize("peer", ["", "unix:/run/chenu.sock", "testclient"])
def test_a_peer_without_an_address_has_none(peer: str) -> None:
    for networks in ((), ("127.0.0.1",)):
        assert TrustedProxies(networks).address_of(peer, "203.0.113.7") == ""


@pytest.mark.parametrize(
    ("peer", "ip"),
    [("::ffff:127.0.0.1", "203.0.113.7"), ("127.0.0.2", "127.0.0.2"), ("::1", "::1")],
)
def test_a_proxy_is_known_in_every_spelling(peer: str, ip: str) -> None:
    assert TrustedProxies(("127.0.0.1", "fd00::/8")).address_of(peer, "203.0.113.7") == ip
