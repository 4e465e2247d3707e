"""One request to a receiver: over https, to the host that was checked, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chenu.webhooks import client as module
from chenu.webhooks.client import MAX_ANSWER, STORED_ANSWER, WebhookClient
from chenu.webhooks.model import AttemptError
from tests.webhooks.receiving import HOST, Receiver, answer, answering, make_ca, open_receiver

HEADERS = {"webhook-id": "evt_1"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
async def secure(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """A receiver over https, whose IP address counts as public."""
    async with open_receiver(make_ca().server) as opened:
        monkeypatch.setattr("chenu.webhooks.targets.PORTS", (opened.port,))
        monkeypatch.setattr(module, "is_allowed", lambda ip, target: str(ip) == "127.0.0.1")
        yield opened


def local() -> WebhookClient:
    return WebhookClient(allows_loopback=True)


def trusting(*ips: str) -> WebhookClient:
    return WebhookClient(resolve=answering(*ips), make_tls=lambda: make_ca().client)


async def test_the_body_arrives_over_https_under_the_host_s_own_name(secure: Receiver) -> None:
    found = await trusting("127.0.0.1").post(secure.url("https", HOST), HEADERS, b"{}")

    assert (found.status, found.error, found.text) == (200, AttemptError.NONE, "ok")
    [received] = secure.received
    assert received.target == "/hook?from=chenu"
    assert received.headers["host"] == f"{HOST}:{secure.port}"
    assert received.headers["webhook-id"] == "evt_1"
    assert received.body == b"{}"


async def test_a_certificate_for_another_host_is_refused(secure: Receiver) -> None:
    found = await trusting("127.0.0.1").post(secure.url("https", "other.org"), HEADERS, b"{}")

    assert (found.status, found.error) == (None, AttemptError.CERTIFICATE_REFUSED)
    assert secure.received == []


async def test_a_certificate_of_a_ca_that_nobody_knows_is_refused(secure: Receiver) -> None:
    client = WebhookClient(resolve=answering("127.0.0.1"))

    found = await client.post(secure.url("https", HOST), HEADERS, b"{}")

    assert found.error is AttemptError.CERTIFICATE_REFUSED
    assert secure.received == []


async def test_another_ip_address_of_the_host_is_tried(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_allowed", lambda ip, target: True)

    found = await trusting("::1", "127.0.0.1").post(secure.url("https", HOST), HEADERS, b"{}")

    assert found.status == 200


async def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    async with open_receiver() as other:
        receiver.answers = [answer(307, f"Location: {other.url()}")]

        found = await local().post(receiver.url(), HEADERS, b"{}")

        assert (found.status, found.is_success) == (307, False)
        assert other.connections == 0


async def test_no_proxy_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert (await local().post(receiver.url(), HEADERS, b"{}")).status == 200


async def test_an_answer_that_does_not_come_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    receiver.before = asyncio.Event().wait

    found = await local().post(receiver.url(), HEADERS, b"{}")

    assert (found.status, found.error) == (None, AttemptError.TOO_SLOW)


async def test_a_name_server_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)

    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    found = await WebhookClient(resolve=never).post(f"https://{HOST}/", HEADERS, b"{}")

    assert found.error is AttemptError.TOO_SLOW


async def test_an_answer_of_any_size_is_read_to_a_million_bytes(receiver: Receiver) -> None:
    receiver.answers = [answer(200, body="x" * (MAX_ANSWER + 70_000)), answer(200, body="y" * 9000)]

    large = await local().post(receiver.url(), HEADERS, b"{}")
    allowed = await local().post(receiver.url(), HEADERS, b"{}")

    assert (large.error, large.is_success) == (AttemptError.ANSWER_TOO_LARGE, False)
    assert len(large.text) == len(allowed.text) == STORED_ANSWER
    assert allowed.is_success


async def test_a_small_answer_that_would_become_large_is_not_unpacked(receiver: Receiver) -> None:
    receiver.answers = [answer(200, "Content-Encoding: gzip", body="no gzip")]

    found = await local().post(receiver.url(), HEADERS, b"{}")

    assert (found.is_success, found.text) == (True, "no gzip")


async def test_what_cannot_be_stored_or_shown_of_an_answer_is_replaced(receiver: Receiver) -> None:
    receiver.answers = [answer(500, body="a\x00b\x1bc\u202ed\ne")]

    assert (await local().post(receiver.url(), HEADERS, b"{}")).text == "a�b�c�d\ne"


async def test_what_is_no_http_is_a_failure(receiver: Receiver) -> None:
    receiver.answers = [b"SSH-2.0-OpenSSH_9.9\r\n"]

    found = await local().post(receiver.url(), HEADERS, b"{}")

    assert (found.status, found.error) == (None, AttemptError.CONNECTION_FAILED)


async def test_nobody_who_listens_is_a_failure(receiver: Receiver) -> None:
    url = receiver.url().replace(f":{receiver.port}", ":9")

    assert (await local().post(url, HEADERS, b"{}")).error is AttemptError.CONNECTION_FAILED


async def test_a_host_that_nobody_knows_is_a_failure() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    for resolve in (unknown, answering()):
        client = WebhookClient(resolve=resolve)
        found = await client.post(f"https://{HOST}/", HEADERS, b"{}")
        assert found.error is AttemptError.NAME_NOT_FOUND
        assert await client.find_refusal(f"https://{HOST}/") is AttemptError.NAME_NOT_FOUND
