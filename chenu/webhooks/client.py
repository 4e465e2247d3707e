"""Sends one request to a host that an account named, and says what came back.

The host is asked for once: every IP address of the answer is checked, and one of them is connected
to, so that no later answer of a name server counts. TLS and the Host header have the name. No
redirect is followed, no proxy used.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache

import httpx
import msgspec
from msgspec.structs import replace

from chenu.core.clock import system_now
from chenu.core.errors import Invalid
from chenu.webhooks.model import AttemptError
from chenu.webhooks.targets import IpAddress, Target, is_allowed, read_ips, read_target

TIMEOUT_SECONDS = 5.0
MAX_ANSWER = 1_000_000
STORED_ANSWER = 1_000
"""Bytes of an answer that are read at most, and characters of it that are stored."""
_SUCCESS = range(200, 300)
_GONE = 410
_AT_ONCE = 20

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host. Raises OSError."""

_RESOLVERS = ThreadPoolExecutor(8, "webhook-hosts")
"""Of their own: a name server that does not answer holds up no other work."""


class Answer(msgspec.Struct, frozen=True):
    """`status` None: there was none, and `error` says why. `retry_after`: what was asked for.

    `text` is the beginning of `body`, to be shown.
    """

    status: int | None
    error: AttemptError
    milliseconds: int = 0
    text: str = ""
    retry_after: timedelta | None = None
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return self.error is AttemptError.NONE and self.status in _SUCCESS

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE


class Unreachable(Exception):
    """Nothing was sent, or no whole answer came: `error` says why."""

    def __init__(self, error: AttemptError) -> None:
        super().__init__(error.value)
        self.error = error


async def resolve_host(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _RESOLVERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return [str(found_at[0]) for *_, found_at in found]


@cache
def _default_tls() -> ssl.SSLContext:
    """Made once, when the first is sent: it reads all certificates that are trusted."""
    return httpx.create_ssl_context(trust_env=False)


class WebhookClient:
    """`allows_loopback`: this machine itself may be a target, in the demo and tests."""

    def __init__(
        self,
        *,
        allows_loopback: bool = False,
        resolve: Resolve = resolve_host,
        make_tls: Callable[[], ssl.SSLContext] = _default_tls,
    ) -> None:
        self.allows_loopback = allows_loopback
        self._resolve = resolve
        self._make_tls = make_tls
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def find_refusal(self, url: str) -> AttemptError:
        """Why its host cannot be a target now; NONE where it can. Raises Invalid for no url."""
        target = read_target(url, allows_loopback=self.allows_loopback)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._list_ips(target)
        except Unreachable as unreachable:
            return unreachable.error
        except TimeoutError:
            return AttemptError.NAME_NOT_FOUND
        return AttemptError.NONE

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the other side does; takes TIMEOUT_SECONDS at most."""
        return await self._request("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """As `post`."""
        return await self._request("GET", url, headers, b"")

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        async with self._slots:
            began = time.monotonic()
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    answer = await self._send(method, url, headers, body)
            except TimeoutError:
                answer = Answer(None, AttemptError.TOO_SLOW)
            except Unreachable as unreachable:
                answer = Answer(None, unreachable.error)
        return _with_duration(answer, time.monotonic() - began)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            target = read_target(url, allows_loopback=self.allows_loopback)
        except Invalid:
            raise Unreachable(AttemptError.TARGET_REFUSED) from None
        ips = await self._list_ips(target)
        async with self._open() as http:
            requests = [_build(http, method, target, ip, headers, body) for ip in ips]
            for request in requests[:-1]:
                try:
                    return await _send(http, request)
                except _NotConnected:
                    continue
            return await _send(http, requests[-1])

    async def _list_ips(self, target: Target) -> list[IpAddress]:
        """One that is refused refuses them all: who answers so is not to be trusted."""
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Unreachable(AttemptError.NAME_NOT_FOUND) from None
        ips = read_ips(found)
        if not ips:
            raise Unreachable(AttemptError.NAME_NOT_FOUND)
        if not all(is_allowed(ip, target) for ip in ips):
            raise Unreachable(AttemptError.TARGET_REFUSED)
        return ips

    def _open(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._make_tls(),
            trust_env=False,
            follow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )


class _NotConnected(Unreachable):
    """Another IP address of the host may answer."""


def _build(
    http: httpx.AsyncClient,
    method: str,
    target: Target,
    ip: IpAddress,
    headers: Mapping[str, str],
    body: bytes,
) -> httpx.Request:
    return http.build_request(
        method,
        target.url.copy_with(host=str(ip)),
        content=body,
        headers={
            **headers,
            "Host": target.url.netloc.decode("ascii"),
            "Accept-Encoding": "identity",
        },
        extensions={"sni_hostname": target.host},
    )


async def _send(http: httpx.AsyncClient, request: httpx.Request) -> Answer:
    try:
        response = await http.send(request, stream=True)
    except httpx.ConnectError as error:
        raise _NotConnected(_name_of(error)) from None
    except httpx.HTTPError as error:
        raise Unreachable(_name_of(error)) from None
    try:
        return await _read(response)
    except httpx.HTTPError as error:
        raise Unreachable(_name_of(error)) from None
    finally:
        await response.aclose()


async def _read(response: httpx.Response) -> Answer:
    """Not decoded: what is small may become large."""
    received, error = bytearray(), AttemptError.NONE
    async for part in response.aiter_raw():
        received += part
        if len(received) > MAX_ANSWER:
            error = AttemptError.ANSWER_TOO_LARGE
            break
    return Answer(
        response.status_code,
        error,
        text=_text_of(bytes(received)),
        retry_after=read_retry_after(response.headers.get("retry-after", "")),
        body=bytes(received),
    )


def _text_of(received: bytes) -> str:
    """The beginning, without what the database cannot store or a page cannot show."""
    text = received[: 4 * STORED_ANSWER].decode("utf-8", "replace")[:STORED_ANSWER]
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)


def read_retry_after(text: str) -> timedelta | None:
    """Seconds or a date; None for anything else, and for what is past."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        wait = parsedate_to_datetime(text) - system_now()
    except (TypeError, ValueError):  # no date, or one without its zone
        return None
    return wait if wait > timedelta() else None


def _name_of(error: httpx.HTTPError) -> AttemptError:
    if isinstance(error, httpx.TimeoutException):
        return AttemptError.TOO_SLOW
    if _is_of_certificate(error):
        return AttemptError.CERTIFICATE_REFUSED
    return AttemptError.CONNECTION_FAILED


def _is_of_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _with_duration(answer: Answer, seconds: float) -> Answer:
    return replace(answer, milliseconds=round(seconds * 1000))
