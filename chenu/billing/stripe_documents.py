"""Stripe's PDF documents, downloaded from the addresses that its answers name.

The address comes out of an answer of Stripe's, and is nevertheless not trusted: only Stripe's own
hosts are asked, over TLS, or our sandbox. docs/decisions/0030.
"""

from functools import cached_property
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from chenu.billing.gateway import DocumentRefused, OutcomeUnknown
from chenu.billing.stripe_gateway import StripeCaller
from chenu.core import db, tracing
from chenu.core.i18n import mark
from chenu.settings import StripeSettings

MOST_BYTES: Final = 5_000_000
_MOST_REDIRECTS = 3
_HOSTS = frozenset({"pay.stripe.com", "invoice.stripe.com", "files.stripe.com"})
_TIMEOUT = httpx.Timeout(20, connect=5)
_LOST = mark("The payment service did not answer. We are checking what happened")


class StripeDocuments(StripeCaller):
    """Implements ports.DocumentPort."""

    def __init__(self, settings: StripeSettings) -> None:
        super().__init__(settings)
        self._sandbox = _origin(settings.api_base) if settings.api_base else None

    @cached_property
    def _downloads(self) -> httpx.AsyncClient:
        """Made for the first document: it reads all certificates that are trusted."""
        return httpx.AsyncClient(timeout=_TIMEOUT)

    async def download_document(self, url: str) -> bytes:
        """A PDF, whole. Raises DocumentRefused, OutcomeUnknown."""
        if db.in_transaction():
            raise RuntimeError("no transaction is open during a call to Stripe")
        with tracing.span("Stripe document", tracing.Kind.CLIENT):
            try:
                return await self._follow(url)
            except httpx.HTTPError as error:
                raise OutcomeUnknown(_LOST) from error

    async def _follow(self, url: str) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            self._require_known(url)
            async with self._downloads.stream("GET", url) as answer:
                if answer.next_request is None:
                    return _require_pdf(await _read(answer))
                url = urljoin(url, answer.headers["location"])
        raise DocumentRefused("redirected_too_often")

    def _require_known(self, url: str) -> None:
        """Where nothing but Stripe, or our sandbox, can answer."""
        if self._sandbox is not None:
            is_known = _origin(url) == self._sandbox
        else:
            is_known = _origin(url) in {("https", host, 443) for host in _HOSTS}
        if not is_known or "@" in urlsplit(url).netloc:
            raise DocumentRefused("foreign_address")

    async def close(self) -> None:
        if "_downloads" in vars(self):
            await self._downloads.aclose()
        await super().close()


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; of an address that cannot be read, none that is known."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ("", "", None)
    return (parts.scheme, parts.hostname or "", port)


async def _read(answer: httpx.Response) -> bytes:
    if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise OutcomeUnknown(_LOST)
    if answer.status_code != httpx.codes.OK:
        raise DocumentRefused(f"status_{answer.status_code}")
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            raise DocumentRefused("too_large")
    return bytes(content)


def _require_pdf(content: bytes) -> bytes:
    """Complete, by how it begins and ends: an error page, or half a file, is none."""
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        raise DocumentRefused("no_pdf")
    return content
