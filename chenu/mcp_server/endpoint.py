"""Which API the server speaks to, and with which key, read from the environment."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import msgspec

URL_VARIABLE, KEY_VARIABLE = "CHENU_API_URL", "CHENU_API_KEY"


class EndpointError(Exception):
    """A variable that is missing or unusable; the message says what is allowed."""


class Endpoint(msgspec.Struct, frozen=True):
    """`key` None: each request brings its own."""

    url: str
    key: str | None

    def __repr__(self) -> str:
        """Without the key: it may stand in a log."""
        return f"Endpoint({self.url})"


def read_endpoint(environment: Mapping[str, str], *, with_key: bool = True) -> Endpoint:
    """Raises EndpointError."""
    url = environment.get(URL_VARIABLE, "").strip().rstrip("/")
    parts = _split(url)
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        raise EndpointError(f"{URL_VARIABLE} must be the address of CHE·NU, such as https://…")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise EndpointError(f"{URL_VARIABLE} must begin with https://: a key would be readable")
    if not with_key:
        return Endpoint(url, None)
    return Endpoint(url, _read_key(environment))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read_key(environment: Mapping[str, str]) -> str:
    """The value itself stands in no message."""
    key = environment.get(KEY_VARIABLE, "").strip()
    if not key:
        raise EndpointError(f"{KEY_VARIABLE} must hold an API key; keys are made at /developers")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise EndpointError(f"{KEY_VARIABLE} does not hold an API key: it is one word of letters")
    return key
