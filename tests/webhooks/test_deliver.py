"""Deliveries: in order for each endpoint, and at least once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.flows.webhooks import endpoints as flow
from chenu.flows.webhooks.deliver import deliver_due, deliver_to
from chenu.webhooks.turns import LEASE, list_due_endpoints
from tests.conftest import Engines
from tests.jobs.running import worker
from tests.people import Person, make_person
from tests.rows import count, count_jobs, put
from tests.waiting import until
from tests.webhooks.listening import NOWHERE, happen, listen, make_due, now_of
from tests.webhooks.receiving import Receiver, answer, names, open_receiver

BROKEN = answer(500, body="<b>out of order</b>")


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_person("zoe")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


async def test_an_event_arrives_signed_with_the_secret_that_was_shown(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    created = await listen(services, zoe, receiver.url())
    await happen(zoe, "first")

    await deliver_due(services)

    [received] = receiver.received
    sent = Webhook(created.secret).verify(received.body, received.headers)
    assert (sent["type"], sent["version"]) == ("api_key.revoked", 1)
    assert sent["data"]["prefix"] == "first"
    assert received.id.startswith("evt_")
    assert await count("webhook_delivery", "state = 'DELIVERED'") == 1
    assert await count("webhook_attempt", "status = 200 AND answer = 'ok'") == 1


async def test_an_event_enqueues_a_job_that_sends_it(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    await listen(services, zoe, receiver.url())

    await happen(zoe, "first")

    assert await count_jobs("webhook_endpoint") == 1


async def test_what_is_rolled_back_is_no_event(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    await listen(services, zoe, receiver.url())

    async def lose() -> None:
        await happen(zoe, "lost")
        raise LookupError

    with pytest.raises(LookupError):
        await db.run_in_transaction(lose)

    assert await count("outgoing_event") == 0
    assert await count_jobs("webhook_endpoint") == 0


async def test_an_event_of_which_nobody_hears_is_not_stored(
    services: Services, zoe: Person
) -> None:
    ali = await make_person("ali")
    await listen(services, zoe, NOWHERE, ("invoice.paid",))
    await listen(services, ali, NOWHERE)

    await happen(zoe, "unheard")

    assert await count("outgoing_event") == 0


async def test_a_fact_is_one_event(services: Services, zoe: Person, receiver: Receiver) -> None:
    await listen(services, zoe, receiver.url())
    for _ in range(3):
        await happen(zoe, "once", key="the same fact")

    await deliver_due(services)

    assert names(receiver) == ["once"]


async def test_an_event_that_fails_holds_back_what_comes_after_it(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    for name in ("first", "second", "third"):
        await happen(zoe, name)
    receiver.answers = [BROKEN]

    await deliver_due(services)
    waiting = await now_of(endpoint)
    await deliver_due(services)  # not due yet
    failed = list(names(receiver))
    await make_due(endpoint)
    await deliver_due(services)

    assert failed == ["first"]
    assert names(receiver) == ["first", "first", "second", "third"]
    assert receiver.received[0].id == receiver.received[1].id
    assert waiting.failures == 1
    assert waiting.next_attempt_at > system_now()
    assert (await now_of(endpoint)).failures == 0


async def test_one_endpoint_that_fails_stands_in_no_other_s_way(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    await listen(services, zoe, NOWHERE)
    await listen(services, zoe, receiver.url())
    await happen(zoe, "first")

    await deliver_due(services)

    assert names(receiver) == ["first"]
    assert await count("webhook_attempt", "error = 'CONNECTION_FAILED' AND status IS NULL") == 1


async def test_two_workers_send_each_event_once_and_in_order(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    expected = [f"n{number}" for number in range(30)]
    for name in expected:
        await happen(zoe, name)

    await asyncio.gather(*(deliver_to(services, endpoint.id) for _ in range(4)))
    await deliver_due(services)

    assert names(receiver) == expected


async def test_a_claim_keeps_others_away_until_it_expires(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await happen(zoe, "first")
    await put("webhook_endpoint", "claimed_until", system_now() + LEASE)

    claimed = await list_due_endpoints()
    await deliver_to(services, endpoint.id)
    nothing = list(receiver.received)
    await put("webhook_endpoint", "claimed_until", system_now())
    await deliver_due(services)

    assert (claimed, nothing) == ([], [])
    assert names(receiver) == ["first"]


async def test_a_worker_killed_before_it_marks_a_delivery_sends_it_again_under_the_same_id(
    services: Services, engines: Engines, zoe: Person, receiver: Receiver, tmp_path: Path
) -> None:
    created = await listen(services, zoe, receiver.url())
    await happen(zoe, "first")
    crash = tmp_path / "crash"
    crash.write_text("webhook.after_send")

    async with worker(engines, tmp_path, CHENU_CRASH_FILE=str(crash)) as killed:
        assert await killed.ended() == -9
    await put("webhook_endpoint", "claimed_until", system_now())
    async with worker(engines, tmp_path) as running:
        await until(lambda: count("webhook_delivery", "state = 'DELIVERED'"))
        running.ask_to_stop()
        assert await running.ended() == 0

    first, again = receiver.received
    assert first.id == again.id
    assert first.body == again.body
    for each in (first, again):
        Webhook(created.secret).verify(each.body, each.headers)


async def test_an_endpoint_that_is_deleted_while_it_is_sent_to_is_gone(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await happen(zoe, "first")
    receiver.before = lambda: flow.delete_endpoint(zoe.actor, endpoint.id)

    await deliver_due(services)

    assert len(receiver.received) == 1
    for table in ("webhook_endpoint", "webhook_delivery", "webhook_attempt"):
        assert await count(table) == 0


async def test_one_that_is_switched_off_while_it_is_sent_to_stays_off(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await happen(zoe, "first")
    await happen(zoe, "second")
    receiver.before = lambda: flow.switch_off(zoe.actor, endpoint.id)

    await deliver_due(services)

    assert names(receiver) == ["first"]
    assert not (await now_of(endpoint)).is_on


async def test_during_a_rotation_both_secrets_sign_for_a_day(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    old = await listen(services, zoe, receiver.url())
    new = await flow.rotate_secret(services, zoe.actor, old.endpoint.id)
    await happen(zoe, "first")
    await deliver_due(services)
    await put("webhook_endpoint", "previous_until", system_now())
    await happen(zoe, "second")

    await deliver_due(services)

    both, one = receiver.received
    for secret in (old.secret, new.secret):
        Webhook(secret).verify(both.body, both.headers)
    Webhook(new.secret).verify(one.body, one.headers)
    assert [each.headers["webhook-signature"].count("v1,") for each in (both, one)] == [2, 1]


async def test_a_poison_endpoint_waits_and_its_neighbour_is_sent_to(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    """Its secret cannot be read, as after a change of CHENU_SECRET."""
    poison = (await listen(services, zoe, receiver.url() + "&poison")).endpoint
    await listen(services, zoe, receiver.url())
    await put("webhook_endpoint", "secret", b"no secret at all, but long", "id = $2", poison.id)
    await happen(zoe, "first")

    with capture_logs() as logs:
        await deliver_due(services)

    assert names(receiver) == ["first"]
    assert (await now_of(poison)).failures == 1
    assert (await now_of(poison)).next_attempt_at > system_now()
    assert await count("webhook_attempt", "error = 'BROKEN'") == 1
    assert "webhook_secret_unreadable" in [line["event"] for line in logs]


async def test_a_backlog_of_one_endpoint_lets_others_in_between(
    services: Services, zoe: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chenu.flows.webhooks.deliver._IN_A_ROW", 2)
    await listen(services, zoe, receiver.url())
    for number in range(5):
        await happen(zoe, f"n{number}")
    before = await count_jobs("webhook_endpoint")

    await deliver_due(services)

    assert names(receiver) == ["n0", "n1"]
    assert await count_jobs("webhook_endpoint") == before + 1
