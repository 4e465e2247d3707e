"""Parses each setting; each function raises ValueError with what is allowed."""

from collections.abc import Callable
from email.utils import parseaddr
from enum import StrEnum
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from chenu.core.email_address import find_ascii_address
from chenu.core.ip_addresses import read_network
from chenu.core.staleness import (
    DEFAULT_BOUNDS,
    LONGEST_BOUND,
    SHORTEST_BOUND,
    Bounds,
    ReadKind,
)
from chenu.guessable import SHORTEST, is_guessable

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

MAIL_FROM = "CHE·NU <no-reply@chenu.example>"
_FEWEST_CALLS, _MOST_CALLS = 10, 1_000_000
_MOST_PROCESSES = 1_000
_LONGEST_BOUNDS = {ReadKind.API: DEFAULT_BOUNDS[ReadKind.API]}
"""The API promises that everybody sees a change within a second."""
_BOUNDS = (
    f"pairs of {', '.join(ReadKind)} and seconds, such as api=1,pages=10: 0 for never, else "
    f"{SHORTEST_BOUND} to {LONGEST_BOUND:.0f}, of api at most {_LONGEST_BOUNDS[ReadKind.API]:.0f}"
)


def _url(raw: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in schemes:
        raise ValueError(f"an address that starts with {' or '.join(s + '://' for s in schemes)}")
    _require_port(parts)
    return raw.rstrip("/")


def _require_port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        # urllib would repeat the text, which may be a password in the wrong place
        raise ValueError("an address whose port is a number up to 65535") from None


def read_one_of(kind: type[E]) -> Callable[[str], E]:
    def parse(raw: str) -> E:
        try:
            return kind(raw)
        except ValueError:
            raise ValueError(f"one of {', '.join(kind)}") from None

    return parse


def read_mailbox(raw: str) -> str:
    typed = parseaddr(raw)[1]
    email = typed if typed.isascii() else find_ascii_address(typed) or ""
    local, _, host = email.rpartition("@")
    if not raw.isprintable() or not local or not host:
        raise ValueError(f"an address such as {MAIL_FROM}")
    return raw.replace(typed, email)


def read_proxies(raw: str) -> tuple[str, ...]:
    """IP addresses and networks; a host name would never match the peer of a connection."""
    return tuple(read_network(word) for word in read_list(raw))


def read_database_url(raw: str) -> str:
    return _url(raw, ("postgresql", "postgres"))


def find_database_url(raw: str) -> str | None:
    """None for an empty text."""
    return read_database_url(raw) if raw else None


def read_redis_url(raw: str) -> str:
    return _url(raw, ("redis", "rediss", "unix"))


def read_nodes(raw: str) -> tuple[str, ...]:
    """Without a scheme: login and TLS are those of REDIS_URL."""
    nodes = read_list(raw)
    for node in nodes:
        host, _, port = node.rpartition(":")
        is_port = port.isascii() and port.isdigit() and len(port) <= 5
        if not host or "/" in node or "@" in node or not is_port:
            raise ValueError("nodes such as 10.0.0.1:6379, separated by commas")
    return nodes


def read_smtp_url(raw: str) -> str:
    return _url(raw, ("smtp", "smtps")) if raw else ""


def _http_url(raw: str) -> str:
    if not urlsplit(raw).netloc:
        raise ValueError("an address that starts with http:// or https://")
    return _url(raw, ("http", "https"))


def read_origin(raw: str) -> str:
    """As browsers write it in their Origin header: lower case, without the scheme's
    default port.
    """
    parts = urlsplit(_http_url(raw))
    if "@" in parts.netloc or parts.path or "?" in raw or "#" in raw or not parts.hostname:
        raise ValueError("an address such as https://chenu.example, without path, query or login")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    has_port = parts.port not in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}{f':{parts.port}' if has_port else ''}"


def read_optional_url(raw: str) -> str:
    return _http_url(raw) if raw else ""


def read_otlp_protocol(raw: str) -> str:
    if raw not in ("", "http/protobuf"):
        raise ValueError("http/protobuf, which is all that is spoken here")
    return raw


def read_origins(raw: str) -> tuple[str, ...]:
    try:
        return tuple(read_origin(word) for word in read_list(raw))
    except ValueError:
        wanted = (
            "origins such as https://app.example or http://localhost:3000, without path or login"
        )
        raise ValueError(wanted) from None


def read_stripe_key(raw: str) -> str:
    if not raw.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise ValueError("a secret key of Stripe (sk_test_..., sk_live_..., rk_...)")
    return raw


def read_secret(raw: str) -> bytes:
    if len(raw.strip()) < SHORTEST or is_guessable(raw):
        rule = "that nobody can guess, neither repeated ones nor known words"
        raise ValueError(f"at least {SHORTEST} characters {rule}")
    return raw.encode()


def find_secret(raw: str) -> bytes | None:
    """None for an empty text."""
    return read_secret(raw) if raw else None


def read_log_level(raw: str) -> str:
    allowed = ("DEBUG", "INFO", "WARNING", "ERROR")
    if raw.upper() not in allowed:
        raise ValueError(f"one of {', '.join(allowed)}")
    return raw.upper()


def read_cache_seconds(raw: str) -> float:
    """The API promises that everybody sees a change within a second."""
    try:
        seconds = float(raw)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 1:
        raise ValueError("a number of seconds from 0 to 1")
    return seconds


def read_bounds(raw: str) -> Bounds:
    """Pairs such as api=1; the kinds that are not named have their default."""
    bounds = dict(DEFAULT_BOUNDS)
    for pair in read_list(raw):
        name, _, number = pair.partition("=")
        try:
            kind, seconds = ReadKind(name.strip()), float(number)
        except ValueError:
            raise ValueError(_BOUNDS) from None
        if seconds and not SHORTEST_BOUND <= seconds <= _LONGEST_BOUNDS.get(kind, LONGEST_BOUND):
            raise ValueError(_BOUNDS)
        bounds[kind] = seconds
    return bounds


def read_web_processes(raw: str) -> int:
    is_number = raw.isascii() and raw.isdigit() and len(raw) <= len(str(_MOST_PROCESSES))
    if not is_number or not 1 <= int(raw) <= _MOST_PROCESSES:
        raise ValueError(f"a whole number from 1 to {_MOST_PROCESSES}")
    return int(raw)


def read_sample_seconds(raw: str) -> int:
    """A divisor of a minute, so that whole samples make up minutes, days and months."""
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 2 and int(raw) and 60 % int(raw) == 0):
        raise ValueError("a number of seconds that divides 60, such as 15")
    return int(raw)


def read_calls(raw: str) -> int:
    is_number = raw.isascii() and raw.isdigit() and len(raw) <= len(str(_MOST_CALLS))
    if not is_number or not _FEWEST_CALLS <= int(raw) <= _MOST_CALLS:
        raise ValueError(f"a whole number from {_FEWEST_CALLS} to {_MOST_CALLS}")
    return int(raw)


def read_switch(raw: str) -> bool:
    if raw not in ("on", "off"):
        raise ValueError("on or off")
    return raw == "on"


def read_list(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())
