"""IP addresses in one canonical form, and the network by which limits count them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address

_LONGEST = 80
_HOUSEHOLD_PREFIX = 64
"""Providers assign an IPv6 network of this size to a subscriber, who may use any address in it."""


def find_address(text: str) -> IpAddress | None:
    """Accepts a port, brackets, quotes and a zone; an IPv4-mapped IPv6 address becomes IPv4."""
    return _find(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1_024)
def _find(text: str) -> IpAddress | None:
    try:
        ip = ip_address(_without_port(text.strip(' \t"')).partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _without_port(text: str) -> str:
    """Raises ValueError if what follows a bracket or colon is not a port."""
    host, separator, port = text, "", ""
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        separator, port = rest[:1], rest[1:]
        if not closing or separator not in ("", ":"):
            raise ValueError("a bracket that is not closed, or more than a port behind it")
    elif text.count(":") == 1:
        host, separator, port = text.partition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5
    if separator and not is_port:
        raise ValueError("this is no port")
    return host


def network_of(subject: str) -> str:
    """The /64 of an IPv6 address; everything else as it is."""
    if ":" not in subject:
        return subject
    ip = find_address(subject)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((ip, _HOUSEHOLD_PREFIX), strict=False))
    return subject if ip is None else str(ip)


def read_network(text: str) -> str:
    """A single address or a network; raises ValueError, which says what is allowed."""
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(
            f"addresses or networks such as 10.0.0.1, 10.0.0.0/8 or fd00::/8, not {text!r}"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"not everybody ({text}): anybody could then invent an address")
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError(f"IPv4 as it is written by itself, not {text!r}")
    return str(network) if "/" in text else str(network.network_address)
