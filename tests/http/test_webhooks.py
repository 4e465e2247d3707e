"""Stripe's webhooks: who may deliver, and that an event is stored and nothing else."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from chenu.app import create_app
from chenu.billing import inbox
from chenu.core import db
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from tests.conftest import with_settings
from tests.http.signed import SNAPSHOT, THIN, sign, snapshot_body, thin_body
from tests.rows import count, count_jobs
from tests.stripe_side import open_stripe_side

SECRET, THIN_SECRET = "whsec_snapshot_of_the_tests", "whsec_thin_of_the_tests"


async def deliver(
    client: httpx.AsyncClient, path: str, body: bytes, signature: str | None
) -> httpx.Response:
    headers = {"content-type": "application/json"}
    if signature is not None:
        headers["stripe-signature"] = signature
    return await client.post(path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("path", "body", "secret", "stored"),
    [
        (SNAPSHOT, snapshot_body(), SECRET, ("evt_1", "cs_1")),
        (THIN, thin_body(), THIN_SECRET, ("evt_thin_1", "acct_1")),
    ],
    ids=["snapshot", "thin"],
)
async def test_a_delivery_is_stored_and_answered_before_any_work(
    client: httpx.AsyncClient,
    services: Services,
    path: str,
    body: bytes,
    secret: str,
    stored: tuple[str, str],
) -> None:
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.watch()
        answer = await deliver(client, path, body, sign(body, secret))
        calls = await stripe_side.hits()

    assert answer.status_code == 200
    event = await inbox.find_waiting(stored[0])
    assert event is not None
    assert event.object_id == stored[1]
    assert await count_jobs("webhook_event") == 1
    assert calls == [0]


async def test_only_what_identifies_an_event_is_stored(
    client: httpx.AsyncClient, services: Services
) -> None:
    body = snapshot_body()

    await deliver(client, SNAPSHOT, body, sign(body, SECRET))

    row = str(await db.fetch_value("SELECT e::text FROM stripe_event e"))
    assert "example.org" not in row
    assert "999" not in row


BODY = snapshot_body()


def _time_of(body: bytes) -> str:
    return sign(body, SECRET).split(",")[0]


def _at(time: str) -> str:
    """Signed by the right secret for exactly this time, whatever it is."""
    mark = hmac.new(SECRET.encode(), f"{time}.".encode() + BODY, hashlib.sha256).hexdigest()
    return f"t={time},v1={mark}"


# Signed when the test runs: a signature lasts five minutes.
FORGERIES: dict[str, tuple[str, bytes, Callable[[], str | None]]] = {
    "no signature": (SNAPSHOT, BODY, lambda: None),
    "an empty one": (SNAPSHOT, BODY, lambda: ""),
    "nonsense": (SNAPSHOT, BODY, lambda: "t=now,v1=zz"),
    "no time": (SNAPSHOT, BODY, lambda: sign(BODY, SECRET).split(",")[1]),
    "another secret": (SNAPSHOT, BODY, lambda: sign(BODY, "whsec_of_somebody_else")),
    "the other endpoint's secret": (SNAPSHOT, BODY, lambda: sign(BODY, THIN_SECRET)),
    "a snapshot's secret at the thin endpoint": (
        THIN,
        thin_body(),
        lambda: sign(thin_body(), SECRET),
    ),
    "an old one": (SNAPSHOT, BODY, lambda: sign(BODY, SECRET, age_seconds=301)),
    "one of the next hour": (SNAPSHOT, BODY, lambda: sign(BODY, SECRET, age_seconds=-3600)),
    "one of just after the tolerance": (
        SNAPSHOT,
        BODY,
        lambda: sign(BODY, SECRET, age_seconds=-310),
    ),
    "a thin one of the next hour": (
        THIN,
        thin_body(),
        lambda: sign(thin_body(), THIN_SECRET, age_seconds=-3600),
    ),
    "two times, the first one good": (SNAPSHOT, BODY, lambda: sign(BODY, SECRET) + ",t=1"),
    "two times, the second one good": (SNAPSHOT, BODY, lambda: "t=1," + sign(BODY, SECRET)),
    "the same time twice": (SNAPSHOT, BODY, lambda: _time_of(BODY) + "," + sign(BODY, SECRET)),
    "an empty time": (SNAPSHOT, BODY, lambda: "t=," + sign(BODY, SECRET).split(",")[1]),
    "a time of 5,000 digits": (SNAPSHOT, BODY, lambda: _at("9" * 5000)),
    "a time of 300 digits": (SNAPSHOT, BODY, lambda: _at("1" * 300)),
    "a negative time": (SNAPSHOT, BODY, lambda: _at("-1")),
    "a time with an exponent": (SNAPSHOT, BODY, lambda: _at("1e9")),
    "a time that is not a number": (SNAPSHOT, BODY, lambda: _at("NaN")),
    "a time with an underscore": (SNAPSHOT, BODY, lambda: _at("1_790_000_000")),
    "a time in fractions": (SNAPSHOT, BODY, lambda: _at("1790000000.5")),
    "a time with a second value": (SNAPSHOT, BODY, lambda: _at("1790000000=1")),
    "names without values": (SNAPSHOT, BODY, lambda: "t,v1"),
    "only commas": (SNAPSHOT, BODY, lambda: ",,,,"),
    "only equal signs": (SNAPSHOT, BODY, lambda: "===="),
    "no signature beside the time": (SNAPSHOT, BODY, lambda: _time_of(BODY)),
    "an empty signature": (SNAPSHOT, BODY, lambda: _time_of(BODY) + ",v1="),
    "a signature of 60 kB": (SNAPSHOT, BODY, lambda: _time_of(BODY) + ",v1=" + "0" * 60_000),
    "of another body": (SNAPSHOT, snapshot_body("evt_2"), lambda: sign(BODY, SECRET)),
    "another version of the scheme": (
        SNAPSHOT,
        BODY,
        lambda: sign(BODY, SECRET).replace("v1", "v0"),
    ),
    "bytes that are no text": (SNAPSHOT, b"\xff\xfe", lambda: sign(b"\xff\xfe", SECRET)),
}


@pytest.mark.parametrize(("path", "body", "forge"), FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forgery_is_refused_and_not_stored(
    client: httpx.AsyncClient,
    services: Services,
    path: str,
    body: bytes,
    forge: Callable[[], str | None],
) -> None:
    answer = await deliver(client, path, body, forge())

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BAD_INPUT"
    assert await count("stripe_event") == 0


@pytest.mark.parametrize("age", [290, 0, -290], ids=["old", "now", "ahead"])
async def test_clocks_may_differ_by_five_minutes(
    client: httpx.AsyncClient, services: Services, age: int
) -> None:
    answer = await deliver(client, SNAPSHOT, BODY, sign(BODY, SECRET, age_seconds=age))

    assert answer.status_code == 200


@asynccontextmanager
async def configured(services: Services, **stripe: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The application with other secrets of Stripe's."""
    changed = with_settings(services, stripe=replace(services.settings.stripe, **stripe))
    transport = httpx.ASGITransport(app=create_app(changed))  # type: ignore[arg-type]
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
        yield http


@pytest.mark.parametrize(
    ("secret", "also"),
    [("whsec_old", None), ("whsec_new", None), ("whsec_old", "whsec_new")],
    ids=["old", "new", "both"],
)
async def test_while_a_secret_is_replaced_both_count(
    services: Services, secret: str, also: str | None
) -> None:
    async with configured(services, webhook_secrets=("whsec_new", "whsec_old")) as client:
        answer = await deliver(client, SNAPSHOT, BODY, sign(BODY, secret, also=also))

    assert answer.status_code == 200


async def test_after_the_rotation_stripe_s_two_signatures_still_fit_the_new_secret(
    services: Services,
) -> None:
    async with configured(services, webhook_secrets=("whsec_new",)) as client:
        both = await deliver(client, SNAPSHOT, BODY, sign(BODY, "whsec_old", also="whsec_new"))
        old = await deliver(client, SNAPSHOT, BODY, sign(BODY, "whsec_old"))

    assert (both.status_code, old.status_code) == (200, 400)


async def test_without_a_secret_nobody_may_deliver(services: Services) -> None:
    async with configured(services, webhook_secrets=()) as client:
        answer = await deliver(client, SNAPSHOT, BODY, sign(BODY, ""))

    assert answer.status_code == 400


async def test_a_duplicate_is_answered_and_changes_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    deliveries = (deliver(client, SNAPSHOT, BODY, sign(BODY, SECRET)) for _ in range(10))

    answers = await asyncio.gather(*deliveries)

    assert {answer.status_code for answer in answers} == {200}
    assert (await count("stripe_event"), await count_jobs("webhook_event")) == (1, 1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"id": "evt_1"}', b"null"], ids=lambda body: body.decode()
)
async def test_what_is_no_event_is_refused(
    client: httpx.AsyncClient, services: Services, body: bytes
) -> None:
    answer = await deliver(client, SNAPSHOT, body, sign(body, SECRET))

    assert answer.status_code == 400
    assert await count("stripe_event") == 0


async def test_a_body_of_more_than_a_megabyte_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    body = snapshot_body(padding="x" * 1_100_000)

    answer = await deliver(client, SNAPSHOT, body, sign(body, SECRET))

    assert answer.status_code == 413
    assert await count("stripe_event") == 0


UNKNOWN = {
    "another type": (SNAPSHOT, snapshot_body(type="customer.created"), SECRET),
    "a thin one without an object": (THIN, thin_body(related_object=None), THIN_SECRET),
    "one whose object has no id": (
        SNAPSHOT,
        snapshot_body(type="balance.available", data={"object": {"object": "balance"}}),
        SECRET,
    ),
    "one of ours whose object has none": (
        SNAPSHOT,
        snapshot_body(data={"object": {"id": None}}),
        SECRET,
    ),
    "a thin one whose object has no id": (
        THIN,
        thin_body(related_object={"type": "v2.core.account", "url": "/v2/core/account"}),
        THIN_SECRET,
    ),
    "another thin type": (THIN, thin_body(type="v2.core.health.fired"), THIN_SECRET),
    "an account of another platform": (THIN, thin_body(), THIN_SECRET),
    "a page of another shop": (
        SNAPSHOT,
        snapshot_body(type="payment_intent.succeeded"),
        SECRET,
    ),
}


@pytest.mark.parametrize(("path", "body", "secret"), UNKNOWN.values(), ids=UNKNOWN.keys())
async def test_an_event_that_means_nothing_to_us_is_taken_and_done_with(
    client: httpx.AsyncClient, services: Services, path: str, body: bytes, secret: str
) -> None:
    answer = await deliver(client, path, body, sign(body, secret))
    [event_id] = await inbox.list_waiting()

    async with open_stripe_side(services) as stripe_side:
        await stripe_side.watch()
        await handle_event(services, event_id)
        calls = await stripe_side.hits()

    assert answer.status_code == 200
    assert await inbox.list_waiting() == []
    assert await count("stripe_event", "state = 'IGNORED'") == 1
    assert calls == [0]


async def test_an_event_about_what_stripe_does_not_have_is_given_up_for_operators(
    client: httpx.AsyncClient, services: Services
) -> None:
    await deliver(client, SNAPSHOT, BODY, sign(BODY, SECRET))

    await handle_event(services, "evt_1")

    assert await count("stripe_event", "state = 'FAILED' AND last_error = 'resource_missing'") == 1


async def test_webhooks_are_posted_only(client: httpx.AsyncClient) -> None:
    answer = await client.get(SNAPSHOT)

    assert answer.status_code == 405
    assert answer.headers["content-type"].startswith("application/json")
