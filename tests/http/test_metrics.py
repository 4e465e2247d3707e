"""/metrics: requests by route, and sizes of queues."""

from datetime import timedelta

import httpx

from chenu.billing import inbox
from chenu.billing.event_cursor import move_cursor
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core.clock import business_now, system_now
from chenu.flows.services import Services
from chenu.ledger.operations import NewOperation, OperationKind, create_operation, mark_failed
from tests.http.signed import SNAPSHOT, sign, snapshot_body
from tests.http.test_health import no_database
from tests.jobs.outbox import queue_sale
from tests.rows import put


async def read(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample by its name with labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_an_idle_product_waits_for_nothing(client: httpx.AsyncClient) -> None:
    samples = await read(client)

    names = ("webhook_backlog", "webhook_backlog_seconds", "jobs_due", "mails_waiting")
    assert [samples[f"chenu_{name}"] for name in names] == [0, 0, 0, 0]


async def test_what_waits_is_counted(client: httpx.AsyncClient, services: Services) -> None:
    event = EventSummary("evt_1", "checkout.session.completed", "cs_1", None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await put("stripe_event", "received_at", system_now() - timedelta(seconds=90))
    await queue_sale()
    await create_operation(NewOperation(OperationKind.TRANSFER, "split:1", ""))
    done = await create_operation(NewOperation(OperationKind.REFUND, "return:1", ""))
    await mark_failed(done.id, "charge_disputed")

    samples = await read(client)

    assert samples["chenu_webhook_backlog"] == 1
    assert samples["chenu_webhook_backlog_seconds"] >= 90
    assert samples["chenu_jobs_due"] == 2
    assert samples["chenu_mails_waiting"] == 1
    assert samples['chenu_operations{kind="TRANSFER",state="INTENT"}'] == 1
    assert samples['chenu_operations{kind="REFUND",state="FAILED"}'] == 1


async def test_what_a_poll_missed_and_when_it_last_ended_are_reported_for_each_list(
    client: httpx.AsyncClient, services: Services
) -> None:
    read_until = business_now() - timedelta(minutes=10)
    await move_cursor("PLATFORM", read_until - timedelta(days=31), read_until - timedelta(days=61))
    await move_cursor("PLATFORM", read_until, read_until - timedelta(days=30))

    samples = await read(client)

    age = samples['chenu_events_poll_age_seconds{stream="PLATFORM"}']
    assert 600 <= age < 660
    assert samples['chenu_events_missed_seconds{stream="PLATFORM"}'] == 86400


async def test_a_state_that_is_over_is_not_reported_any_more(
    client: httpx.AsyncClient, services: Services
) -> None:
    operation = await create_operation(NewOperation(OperationKind.TRANSFER, "split:1", ""))
    await read(client)
    await mark_failed(operation.id, "x")

    samples = await read(client)

    assert 'chenu_operations{kind="TRANSFER",state="INTENT"}' not in samples


def requests(samples: dict[str, float], route: str, status: int) -> float:
    labels = f'method="GET",route="{route}",status="{status}"'
    return samples.get(f"chenu_request_seconds_count{{{labels}}}", 0)


async def test_requests_are_counted_by_route_and_never_by_address(
    client: httpx.AsyncClient,
) -> None:
    """A label per requested path would fill the monitor's memory."""
    before = await read(client)

    for path in ("/agents/one-1a2b", "/agents/two-3c4d", "/nothing/here", "/nowhere"):
        await client.get(path)
    samples = await read(client)

    known = requests(samples, "/agents/{slug}", 404) - requests(before, "/agents/{slug}", 404)
    other = requests(samples, "none", 404) - requests(before, "none", 404)
    assert (known, other) == (2, 2)
    assert not any("1a2b" in name or "nowhere" in name for name in samples)


async def test_deliveries_are_counted_by_what_became_of_them(
    client: httpx.AsyncClient, services: Services
) -> None:
    body = snapshot_body()
    before = await read(client)

    for secret in ("whsec_snapshot_of_the_tests", "whsec_snapshot_of_the_tests", "whsec_wrong"):
        headers = {"stripe-signature": sign(body, secret)}
        await client.post(SNAPSHOT, content=body, headers=headers)
    after = await read(client)

    for result in ("stored", "duplicate", "refused"):
        name = f'chenu_webhooks_total{{result="{result}"}}'
        assert after[name] - before.get(name, 0) == 1


async def test_without_a_database_the_monitor_is_informed_so(client: httpx.AsyncClient) -> None:
    async with no_database():
        answer = await client.get("/metrics")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "UNAVAILABLE"
