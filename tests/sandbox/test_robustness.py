"""What must not go wrong: bugs that hide, receivers that crash, two tabs at once."""

import asyncio
from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground, Receiver, build, close


async def test_a_bug_is_a_500_that_undoes_its_work_and_is_replayed(loose: Playground) -> None:
    charge = await loose.sale()
    before = await loose.control("state")
    loose.sandbox.store.execute("UPDATE objects SET internal = '{}' WHERE kind = 'charge'")
    options: Any = {"idempotency_key": "refund:1"}

    for _ in range(2):
        with pytest.raises(stripe.APIError) as failure:
            await loose.stripe.v1.refunds.create_async({"charge": charge.id}, options)

    headers: Any = failure.value.headers
    assert headers["idempotent-replayed"] == "true"
    assert await loose.control("state") == before


async def test_a_task_that_fails_does_not_stop_the_clock(loose: Playground) -> None:
    charge = await loose.sale(card="4000000000007726")
    refund = await loose.stripe.v1.refunds.create_async({"charge": charge.id})
    loose.sandbox.store.execute("DELETE FROM objects WHERE id = ?", (refund.id,))

    await loose.advance("P10D")

    assert (await loose.control("clock"))["next_due"] is None
    assert await loose.balance() == (-40, 0)


async def test_two_tabs_pay_once(play: Playground) -> None:
    session = await play.session()

    answers = await asyncio.gather(play.pay(session), play.pay(session), play.pay(session))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 303]
    assert len((await play.stripe.v1.charges.list_async()).data) == 1


class Crashing(Receiver):
    """Breaks down on every webhook."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("down")


async def test_a_receiver_that_crashes_is_given_up_like_any_other() -> None:
    playground = build(None, receiver=Crashing())
    try:
        await playground.stripe.v1.webhook_endpoints.create_async(
            {"url": "http://app.test/hooks", "enabled_events": ["*"]}
        )
        await playground.customer()

        await playground.control("deliveries/flush", {})

        delivery = (await playground.control("deliveries"))["data"][0]
        assert (delivery["status"], delivery["answer"]) == ("failed", "RuntimeError")
    finally:
        await close(playground)


async def test_a_deleted_endpoint_does_not_hold_up_the_queue(play: Playground) -> None:
    endpoint = await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.control("webhooks", {"paused": True})
    await play.customer()
    await play.stripe.v1.webhook_endpoints.delete_async(endpoint.id)

    await play.control("webhooks", {"paused": False})
    await play.control("deliveries/flush", {})

    assert (await play.control("deliveries"))["data"][0]["answer"] == "gone"
    assert play.receiver.received == []


async def test_waiting_for_what_is_held_back_ends_at_once(loose: Playground) -> None:
    await loose.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await loose.control("webhooks", {"paused": True})
    await loose.customer()

    answer = await loose.http.post("/_sandbox/deliveries/flush", json={})

    assert answer.status_code == 504
    assert answer.json() == {"done": False, "pending_deliveries": 1}


async def test_connected_accounts_are_read_only(loose: Playground) -> None:
    account = await loose.account()

    with pytest.raises(stripe.InvalidRequestError, match="connected accounts"):
        await loose.stripe.v1.customers.create_async(
            {"email": "a@example.org"}, {"stripe_account": account.id}
        )


async def test_an_intent_of_checkout_is_led_by_its_session(loose: Playground) -> None:
    session = await loose.session()
    await loose.pay(session, card="4000000000000002")
    intent = (await loose.stripe.v1.payment_intents.list_async()).data[0]

    with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
        await loose.stripe.v1.payment_intents.cancel_async(intent.id)


async def test_checkout_can_write_the_name_back_to_the_customer(play: Playground) -> None:
    customer = await play.customer(name="Old")
    session = await play.session(customer=customer.id, customer_update={"name": "auto"})

    await play.pay(session)

    found = await play.stripe.v1.customers.retrieve_async(customer.id)
    assert found.name == "Zoé Client"
    assert "customer.updated" in await play.event_types()


async def test_many_deliveries_do_not_hold_up_the_api(play: Playground) -> None:
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.control("webhooks", {"mode": "shuffle", "paused": True})
    await asyncio.gather(*(play.customer() for _ in range(200)))
    await play.control("webhooks", {"paused": False})

    loop = asyncio.get_running_loop()
    started = loop.time()
    await play.customer()
    waited = loop.time() - started
    await play.control("deliveries/flush", {})

    assert waited < 0.5
    assert len(set(play.receiver.ids())) == 201
