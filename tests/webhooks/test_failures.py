"""What an endpoint that fails waits for, when it is switched off, and what is held meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.flows.webhooks import endpoints as flow
from chenu.flows.webhooks.deliver import deliver_due
from chenu.webhooks.endpoints import EndpointRow
from chenu.webhooks.model import EndpointState, OffReason
from chenu.webhooks.retries import MAX_FAILURES, WAITS
from tests.people import Person, make_person
from tests.rows import count, mails_to
from tests.webhooks.listening import happen, listen, make_due, now_of
from tests.webhooks.receiving import Receiver, answer, names, open_receiver

GONE, BROKEN = answer(410), answer(500, body="<b>out of order</b>")


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_person("zoe")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as opened:
        yield opened


async def fail(services: Services, endpoint: EndpointRow, times: int) -> None:
    for _ in range(times):
        await make_due(endpoint)
        await deliver_due(services)


async def test_each_failure_waits_longer(services: Services, zoe: Person) -> None:
    endpoint = (await listen(services, zoe)).endpoint
    await happen(zoe, "first")
    await deliver_due(services)

    for failures, expected in enumerate(WAITS, start=1):
        waited = await make_due(endpoint) - system_now()
        assert expected * 0.9 < waited < expected * 1.11 + timedelta(seconds=5), failures
        await deliver_due(services)


async def test_ten_failures_in_a_row_switch_the_endpoint_off_with_one_mail(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await happen(zoe, "first")
    await happen(zoe, "second")
    receiver.answers = [BROKEN] * MAX_FAILURES

    await fail(services, endpoint, MAX_FAILURES + 3)
    await happen(zoe, "third")
    await deliver_due(services)

    found = await now_of(endpoint)
    assert (found.state, found.off_reason) == (EndpointState.OFF, OffReason.FAILURES)
    assert len(receiver.received) == MAX_FAILURES
    assert await mails_to(zoe.email) == ["WEBHOOK_OFF"]
    assert await count("webhook_delivery", "state = 'HELD'") == 3


async def test_a_success_in_between_begins_the_count_anew(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    receiver.answers = [BROKEN] * 9 + [answer(204)] + [BROKEN] * 9
    await happen(zoe, "first")
    await fail(services, endpoint, 10)
    await happen(zoe, "second")

    await fail(services, endpoint, 9)

    assert (await now_of(endpoint)).failures == 9
    assert await mails_to(zoe.email) == []


async def test_gone_switches_off_at_once(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    receiver.answers = [GONE]
    await happen(zoe, "first")

    await deliver_due(services)

    found = await now_of(endpoint)
    assert (found.state, found.off_reason) == (EndpointState.OFF, OffReason.GONE)
    assert await mails_to(zoe.email) == ["WEBHOOK_OFF"]


async def test_what_the_receiver_asks_for_is_waited_for(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    receiver.answers = [answer(429, "Retry-After: 600")]
    await happen(zoe, "first")

    await deliver_due(services)

    waited = (await now_of(endpoint)).next_attempt_at - system_now()
    assert timedelta(seconds=590) < waited <= timedelta(seconds=600)


async def test_what_came_while_it_was_off_is_sent_in_order_when_that_is_wanted(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await flow.switch_off(zoe.actor, endpoint.id)
    for name in ("first", "second"):
        await happen(zoe, name)
    await deliver_due(services)
    assert receiver.received == []

    await flow.switch_on(zoe.actor, endpoint.id, sends_held=True)
    await happen(zoe, "third")
    await deliver_due(services)

    assert names(receiver) == ["first", "second", "third"]


async def test_what_came_while_it_was_off_is_held_when_nobody_wants_it(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await flow.switch_off(zoe.actor, endpoint.id)
    await happen(zoe, "first")

    await flow.switch_on(zoe.actor, endpoint.id, sends_held=False)
    await happen(zoe, "second")
    await deliver_due(services)
    only_new = names(receiver)
    held = await db.fetch_value("SELECT id FROM webhook_delivery WHERE state = 'HELD'")
    await flow.redeliver(zoe.actor, endpoint.id, held)
    await deliver_due(services)

    assert only_new == ["second"]
    assert names(receiver) == ["second", "first"]


async def test_a_delivery_that_is_sent_again_has_the_same_id_and_comes_after_what_waits(
    services: Services, zoe: Person, receiver: Receiver
) -> None:
    endpoint = (await listen(services, zoe, receiver.url())).endpoint
    await happen(zoe, "first")
    await deliver_due(services)
    delivered = await db.fetch_value("SELECT id FROM webhook_delivery")
    await happen(zoe, "second")

    await flow.redeliver(zoe.actor, endpoint.id, delivered)
    await flow.redeliver(zoe.actor, endpoint.id, delivered)  # it waits already
    await deliver_due(services)

    assert names(receiver) == ["first", "second", "first"]
    assert receiver.received[0].id == receiver.received[2].id
