"""Whose site a request is for, by its Host: ours, an account's own, or nobody's. decisions/0085."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar.types import Send

from chenu.branding.sites import FoundHost, look_up_host
from chenu.core.caches import SingleFlight
from chenu.core.errors import NotFound
from chenu.core.i18n import LOCALES, mark, translate
from chenu.core.site import Site, current_site
from chenu.http.client_ip import TrustedProxies
from chenu.http.paths import Subtrees
from chenu.http.security_headers import Headers
from chenu.settings import Mode, Settings

log = structlog.get_logger("chenu.request")

ANY_HOST = Subtrees("/healthz", "/readyz", "/metrics", "/api/v1/authorize")
"""Asked by machines of ours, by whatever name they know this one; a proxy that asks whether a call
of another service may pass sends that service's name."""
FORWARDED = "x-forwarded-host"
_SECONDS = 5
"""So long a process may go on with what it knew of a host."""
_CAPACITY = 2_000
_LONGEST = 260
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_PRIVATE_ENDS = frozenset({"localhost", "local", "internal", "test", "invalid", "arpa"})
"""Last labels that no public name has: names of machines among themselves."""


_ASLEEP = mark(
    "This site is not available at the moment: its contract has ended, or its brand was removed."
    " Your account is still there, and so is your way in: {url}"
)


class UnknownHost(Exception):
    """Nobody's site: the request is not for us."""


class SleepingHost(UnknownHost):
    """An account's own name, of a brand that sleeps: its people are told where they are let in."""

    def __init__(self, public_url: str) -> None:
        super().__init__(public_url)
        self.sign_in_url = f"{public_url}/sign-in"


class Hosts:
    def __init__(self, settings: Settings, proxies: TrustedProxies) -> None:
        self._settings = settings
        self._proxies = proxies
        self._ours = urlsplit(settings.public_url).hostname
        self._found: SingleFlight[str, FoundHost] = SingleFlight(
            _SECONDS if settings.cache_seconds else 0, _CAPACITY
        )

    async def find_site(
        self, peer: str, sent: Iterable[tuple[bytes, bytes]], headers: Mapping[str, str]
    ) -> Site | None:
        """None: our own. Raises UnknownHost, SleepingHost, Unavailable."""
        raw = self._choose(peer, sent, headers)
        if raw is None:
            return None
        host = read_host(raw)
        if host is None:
            raise UnknownHost
        if host == self._ours or (is_private(host) and not self._may_be_shown(host)):
            return None
        public_url = self._settings.public_url
        found = await self._found.get(host, lambda: look_up_host(public_url, host))
        if found.site is None and not is_private(host):
            raise SleepingHost(public_url) if found.is_proved else UnknownHost
        return found.site

    def _may_be_shown(self, host: str) -> bool:
        """The demo's brand has a name that leads to the machine itself."""
        return self._settings.mode is Mode.DEMO and host.endswith(".localhost")

    def _choose(
        self, peer: str, sent: Iterable[tuple[bytes, bytes]], headers: Mapping[str, str]
    ) -> str | None:
        """None without a Host, as HTTP/1.0 has it. A proxy of ours may say which one was asked."""
        hosts = [value.decode("latin-1") for name, value in sent if name == b"host"]
        if FORWARDED in headers and self._proxies.is_proxy(peer):
            return headers[FORWARDED]
        if not hosts:
            return None
        return hosts[0] if len(hosts) == 1 else ""


@lru_cache(maxsize=_CAPACITY)
def read_host(raw: str) -> str | None:
    """In lower case, without port and without the dot at its end; None for what is no host.

    The port says nothing: a proxy may have another one than the address that people see.
    """
    found = _HOST.fullmatch(raw.lower()) if len(raw) <= _LONGEST else None
    if found is None or int((found[2] or ":0")[1:]) > 65_535:
        return None
    host = found[1]
    if host.startswith("["):
        return host[1:-1] if _is_address(host[1:-1]) else None
    host = host.removesuffix(".")
    return host if all(map(_LABEL.fullmatch, host.split("."))) else None


def is_private(host: str) -> bool:
    """A name or address of machines among themselves, which nobody can reach from outside."""
    if _is_address(host):
        return not ip_address(host).is_global
    labels = host.split(".")
    return len(labels) == 1 or labels[-1] in _PRIVATE_ENDS


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_OF_OURS = Subtrees(
    *("/staff", "/creator", "/affiliate", "/affiliates", "/enterprise"),
    *("/impersonation", "/demo"),
)
"""What is between us and people, and not between a brand and its own: on our host alone."""


def require_on_site(path: str) -> None:
    """Raises NotFound for pages of ours that the site of a brand does not have."""
    if current_site() is not None and path in _OF_OURS:
        raise NotFound("There is no such page here")


async def refuse_host(
    scope: Any, send: Send, error: Exception, headers: Headers, request_id: str
) -> None:
    """In plain text, without a word of whose machine this is to whom it is nothing."""
    is_unknown = isinstance(error, UnknownHost)
    status = 421 if is_unknown else 503
    log.info("host_refused", status=status, request_id=request_id)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = _words_of(error).encode()
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    size = (b"content-length", str(len(body)).encode())
    known = [*headers, *plain, size, (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": status, "headers": known})
    sent = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": sent, "more_body": False})


def _words_of(error: Exception) -> str:
    if isinstance(error, SleepingHost):
        texts = [translate(locale, _ASLEEP, url=error.sign_in_url) for locale in LOCALES]
        return "\n\n".join(texts) + "\n"
    if isinstance(error, UnknownHost):
        return "This host is not served here.\n"
    return "Please try again later.\n"
