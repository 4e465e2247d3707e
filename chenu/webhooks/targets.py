"""Where webhooks may be sent: to public hosts alone, over https. docs/decisions/0071.

The url is checked when it is entered, and the IP addresses of its host each time before they are
connected to.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx
import msgspec

from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark

PORTS = (443, 8443)
_LONGEST = 500
_ENDS_WITH_NUMBER = re.compile(r"(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$")
"""What programs read as an IPv4 address: 127.0.0.1, 2130706433, 0x7f.1, 0177.0.0.1."""
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+", re.A)
_LOCAL_ENDS = (".localhost", ".local", ".internal", ".home.arpa", ".onion")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_NEVER = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's own services to its machines
        "192.0.0.0/24",  # protocols of the IETF, and a cloud's services to its machines
        "192.88.99.0/24",  # relays from IPv6 to IPv4
        "::/96",  # IPv4 as IPv6 once had it
        "::ffff:0:0/96",  # IPv4 mapped
        "64:ff9b::/96",  # NAT64 leads to any IPv4
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
        "5f00::/16",  # segment routing
    )
)

IpAddress = IPv4Address | IPv6Address


class Target(msgspec.Struct, frozen=True):
    """A url taken apart: `host` is ASCII, without brackets."""

    url: httpx.URL
    host: str
    port: int
    is_local: bool


def is_public(ip: IpAddress) -> bool:
    """Whether it is somebody's on the internet: not this machine, its network or its cloud."""
    if any(ip in network for network in _NEVER if network.version == ip.version):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def is_allowed(ip: IpAddress, target: Target) -> bool:
    """`target` was read by rules that may allow this machine itself, for demo and tests."""
    return ip.is_loopback if target.is_local else is_public(ip)


def read_ips(found: Sequence[str]) -> list[IpAddress]:
    """What a resolver answered, each once. A zone (fe80::1%eth0) says that it is no public one."""
    return [ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]


def check_url(text: str, *, allows_loopback: bool) -> list[ChenuError]:
    """Of a url as it was typed, without asking for its host."""
    try:
        read_target(text, allows_loopback=allows_loopback)
    except Invalid as error:
        return [error]
    return []


def read_target(text: str, *, allows_loopback: bool) -> Target:
    """Raises Invalid, which says what is allowed."""
    url = _parse(text)
    host = url.raw_host.decode("ascii").strip("[]").lower().rstrip(".")
    is_local = allows_loopback and host in _LOCAL_HOSTS
    if url.scheme != "https" and not (is_local and url.scheme == "http"):
        raise _refuse(mark("Please enter a URL that begins with https://"))
    if url.userinfo or url.fragment or "#" in text:
        raise _refuse(mark("Please enter a URL without a user name, password or fragment (#…)"))
    port = {"https": 443}.get(url.scheme, 80) if url.port is None else url.port
    if is_local:
        return Target(url, host, port, is_local)
    if port not in PORTS:
        allowed = ", ".join(str(each) for each in PORTS)
        raise _refuse(mark("Please use one of the ports {allowed}"), allowed=allowed)
    if not _is_public_name(host):
        message = mark(
            "Please enter a host name that everybody can reach, such as hooks.example.org, and no "
            "IP address"
        )
        raise _refuse(message)
    return Target(url, host, port, is_local)


def _parse(text: str) -> httpx.URL:
    if len(text) > _LONGEST:
        raise _refuse(mark("Please enter at most {count} characters"), count=_LONGEST)
    is_plain = all(char.isprintable() and char not in ' "<>\\^`{|}' for char in text)
    try:
        url = httpx.URL(text) if is_plain else None
    except (httpx.InvalidURL, ValueError, UnicodeError):
        url = None
    if url is None or not url.host:
        raise _refuse(mark("Please enter a URL such as https://hooks.example.org/chenu"))
    return url


def _is_public_name(host: str) -> bool:
    is_name = bool(_NAME.fullmatch(host)) and not _ENDS_WITH_NUMBER.search(host)
    return is_name and len(host) <= 253 and not host.endswith(_LOCAL_ENDS)


def _refuse(message: str, **params: object) -> Invalid:
    return Invalid(message, path=("url",), **params)
