"""What looks like fraud: rules without a database. docs/decisions/0069."""

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_interface, ip_network

import msgspec
from disposable_email_domains import blocklist

WATCHED = timedelta(days=30)
"""How far back clicks are looked at."""
_CLICKS_OF_ONE = 8
"""In a day: they count once an hour, so nobody who looks around follows a link that often."""
_CLICKS_AT_ONCE = 100
_TIMES_USUAL = 10
_HOURS = WATCHED // timedelta(hours=1)

_OF_NOBODY = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
"""Addresses within one machine or one company: they say nothing about a household."""
_HOME_OF_IPV6 = 64
"""Bits of an IPv6 address that all devices of one household share."""


class HoldReason(StrEnum):
    """Why a referral is HELD by a rule; staff who hold one write their own words instead."""

    DISPOSABLE_MAIL = "DISPOSABLE_MAIL"
    SAME_HOUSEHOLD = "SAME_HOUSEHOLD"
    DUPLICATE_ACCOUNT = "DUPLICATE_ACCOUNT"
    SHARED_BANK = "SHARED_BANK"


class FraudSignal(StrEnum):
    """What staff are shown of an affiliate."""

    SELF_REFERRAL = "SELF_REFERRAL"
    SAME_HOUSEHOLD = "SAME_HOUSEHOLD"
    DISPOSABLE_MAIL = "DISPOSABLE_MAIL"
    DUPLICATE_ACCOUNT = "DUPLICATE_ACCOUNT"
    SHARED_BANK = "SHARED_BANK"
    OTHER_AFFILIATE = "OTHER_AFFILIATE"
    CLICK_BURST = "CLICK_BURST"
    EAGER_VISITOR = "EAGER_VISITOR"


class ClickPeaks(msgspec.Struct, frozen=True):
    """Of one affiliate's clicks within WATCHED: the most of one visitor in a day, the most in an
    hour, and all.
    """

    of_visitor: int
    in_hour: int
    total: int

    @property
    def is_burst(self) -> bool:
        """Far more in one hour than in others; `total` counts that hour as well."""
        others = self.total - self.in_hour
        is_unusual = self.in_hour * (_HOURS - 1) >= _TIMES_USUAL * others
        return self.in_hour >= _CLICKS_AT_ONCE and is_unusual

    @property
    def has_eager_visitor(self) -> bool:
        return self.of_visitor >= _CLICKS_OF_ONE


def is_disposable(email: str) -> bool:
    """Whether the address is of a domain, or below one, that gives mailboxes away for minutes."""
    labels = email.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[first:]) in blocklist for first in range(len(labels) - 1))


def find_household(ip: str) -> str | None:
    """The network that people who live together share; None if the address tells nothing."""
    try:
        found = ip_address(ip)
    except ValueError:
        return None
    host = getattr(found, "ipv4_mapped", None) or found
    if any(host in network for network in _OF_NOBODY):
        return None
    bits = host.max_prefixlen if host.version == 4 else _HOME_OF_IPV6
    return str(ip_interface(f"{host}/{bits}").network)
