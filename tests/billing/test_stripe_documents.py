"""Downloading a PDF: from Stripe or our sandbox alone, whole, and not too large."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from chenu.billing import stripe_documents
from chenu.billing.documents import file_name
from chenu.billing.gateway import DocumentRefused, OutcomeUnknown
from chenu.billing.stripe_documents import StripeDocuments
from chenu.demo.processes import free_port
from chenu.settings import SANDBOX_KEY, StripeMode, StripeSettings

STRIPE = StripeSettings(StripeMode.TEST, "sk_test_x", None, (), ())
PDF = b"%PDF-1.4\nbody\n%%EOF\n"

FOREIGN = {
    "loopback": "https://127.0.0.1/x.pdf",
    "loopback by name": "https://localhost/x.pdf",
    "short loopback": "https://127.1/x.pdf",
    "decimal loopback": "https://2130706433/x.pdf",
    "IPv6 loopback": "https://[::1]/x.pdf",
    "mapped loopback": "https://[::ffff:127.0.0.1]/x.pdf",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "private": "https://10.0.0.1/x.pdf",
    "another host": "https://example.com/x.pdf",
    "host before ours": "https://pay.stripe.com.example.com/x.pdf",
    "host as a name": "https://pay.stripe.com@example.com/x.pdf",
    "name before ours": "https://example.com@pay.stripe.com/x.pdf",
    "subdomain": "https://evil.pay.stripe.com/x.pdf",
    "another host of Stripe's": "https://dashboard.stripe.com/x.pdf",
    "no TLS": "http://pay.stripe.com/x.pdf",
    "another port": "https://pay.stripe.com:8443/x.pdf",
    "backslash": "https://example.com\\@pay.stripe.com/x.pdf",
    "file": "file:///etc/passwd",
    "gopher": "gopher://pay.stripe.com/x",
    "no scheme": "//pay.stripe.com/x.pdf",
    "no host": "https:///x.pdf",
    "no number as a port": "https://pay.stripe.com:x/",
    "empty": "",
}


@pytest.mark.parametrize("url", FOREIGN.values(), ids=FOREIGN.keys())
async def test_a_foreign_address_is_not_asked(url: str) -> None:
    documents = StripeDocuments(STRIPE)

    with pytest.raises(DocumentRefused, match="foreign_address"):
        await documents.download_document(url)
    await documents.close()


Answer = bytes


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[tuple[StripeDocuments, str]]:
    """A sandbox whose address answers with these, one after the other."""
    left: Iterator[Answer] = iter(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(left))
        writer.close()

    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server = await asyncio.start_server(answer, "127.0.0.1", port)
    settings = replace(STRIPE, mode=StripeMode.SANDBOX, key=SANDBOX_KEY, api_base=base)
    documents = StripeDocuments(settings)
    try:
        yield documents, f"{base}/i/x/pdf"
    finally:
        await documents.close()
        server.close()


def answer_of(body: bytes, status: str = "200 OK", *headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_pdf_is_given_as_it_is() -> None:
    async with serving(answer_of(PDF)) as (documents, url):
        assert await documents.download_document(url) == PDF


async def test_it_may_be_elsewhere_on_the_same_host() -> None:
    moved = answer_of(b"", "302 Found", "Location: /files/1")

    async with serving(moved, answer_of(PDF)) as (documents, url):
        assert await documents.download_document(url) == PDF


REFUSED = {
    "redirected away": (
        answer_of(b"", "302 Found", "Location: http://169.254.169.254/"),
        "foreign_address",
    ),
    "a page": (answer_of(b"<html>Sign in</html>"), "no_pdf"),
    "half of it": (answer_of(PDF[:12]), "no_pdf"),
    "nothing": (answer_of(b""), "no_pdf"),
    "expired": (answer_of(b"", "403 Forbidden"), "status_403"),
    "gone": (answer_of(b"", "404 Not Found"), "status_404"),
    "a script before it": (answer_of(b"<script>" + PDF), "no_pdf"),
}


@pytest.mark.parametrize(("answer", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_no_document_is_refused(answer: Answer, code: str) -> None:
    async with serving(answer) as (documents, url):
        with pytest.raises(DocumentRefused, match=code):
            await documents.download_document(url)


async def test_a_circle_of_redirects_ends() -> None:
    moved = answer_of(b"", "302 Found", "Location: /again")

    async with serving(*[moved] * 5) as (documents, url):
        with pytest.raises(DocumentRefused, match="redirected_too_often"):
            await documents.download_document(url)


async def test_it_is_read_no_further_than_it_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_documents, "MOST_BYTES", 1000)

    async with serving(answer_of(b"%PDF-" + b"x" * 5000 + b"%%EOF")) as (documents, url):
        with pytest.raises(DocumentRefused, match="too_large"):
            await documents.download_document(url)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Error", "503 Unavailable"])
async def test_a_busy_stripe_is_asked_again(status: str) -> None:
    async with serving(answer_of(b"", status)) as (documents, url):
        with pytest.raises(OutcomeUnknown):
            await documents.download_document(url)


async def test_a_silent_stripe_is_asked_again() -> None:
    async with serving(b"") as (documents, url):
        with pytest.raises(OutcomeUnknown):
            await documents.download_document(url)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("ABC-0001", "invoice-ABC-0001.pdf"),
        ('A"; filename="x.exe', "invoice-Afilenamexexe.pdf"),
        ("../../etc/passwd", "invoice-etcpasswd.pdf"),
        ("Fäctüré\r\nSet-Cookie: x", "invoice-FctrSet-Cookiex.pdf"),
        (None, "invoice.pdf"),
        ("é", "invoice.pdf"),
    ],
)
def test_a_file_is_named_by_its_number_without_odd_characters(
    number: str | None, name: str
) -> None:
    assert file_name("invoice", number) == name
