"""One address has many spellings, and one subscriber has many addresses."""

from datetime import timedelta

import pytest

from chenu.accounts.attempts import Limit, count_attempt
from chenu.core.errors import RateLimited
from chenu.core.ip_addresses import find_address, network_of
from chenu.flows.services import Services

SPELLINGS = [
    ("1.2.3.4", "1.2.3.4"),
    (" 1.2.3.4\t", "1.2.3.4"),
    ("1.2.3.4:5555", "1.2.3.4"),
    ("::ffff:1.2.3.4", "1.2.3.4"),
    ("[::ffff:1.2.3.4]:80", "1.2.3.4"),
    ("::ffff:102:304", "1.2.3.4"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ('"[2001:db8::1]:443"', "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("[fe80::1%25eth0]:443", "fe80::1"),
    ("::1", "::1"),
]
NO_ADDRESSES = [
    "", " ", "unknown", "_hidden", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
    "1.2.3.4:", "1.2.3.4:http", "1.2.3.4:555555", "1.2.3.4:\u0661", "[2001:db8::1", "2001:db8::1]",
    "[2001:db8::1]443", "[2001:db8::1]:", "[]", "[", ":", "::1::", "\u0661.2.3.4", "1.2.3.4\x00",
    "1.2.3.4, 5.6.7.8", "1.2.3.4/8", "0x7f.1", "2130706433", "\xff", "1" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize(("text", "ip"), SPELLINGS)
def test_every_spelling_is_the_same_address(text: str, ip: str) -> None:
    assert str(find_address(text)) == ip


@pytest.mark.parametrize("text", NO_ADDRESSES, ids=lambda text: repr(text[:30]))
def test_what_is_no_address_is_none(text: str) -> None:
    assert find_address(text) is None


@pytest.mark.parametrize(
    ("subject", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("1.2.3.4", "1.2.3.4"),
        ("a@example.org", "a@example.org"),
        ("0190f0a0-0000-7000-8000-000000000001", "0190f0a0-0000-7000-8000-000000000001"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_an_address_of_ipv6_counts_by_its_network(subject: str, network: str) -> None:
    assert network_of(subject) == network


async def test_a_household_cannot_try_more_often_by_changing_its_address(
    services: Services,
) -> None:
    limit = Limit("test_address", 3, timedelta(minutes=5))
    for host in ("1", "2", "ffff:ffff"):
        await count_attempt(limit, f"2001:db8:1:2::{host}")

    await count_attempt(limit, "2001:db8:1:3::1")

    with pytest.raises(RateLimited):
        await count_attempt(limit, "2001:db8:1:2:aaaa::9")
