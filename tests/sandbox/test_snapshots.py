"""Going back to a snapshot restores everything, and nothing of the later state leaks in."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.store import Store
from chenu.sandbox.runtime import Sandbox
from tests.sandbox.playground import ACCOUNT, Playground, Receiver, build, close


def _content(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, the numbers of SQLite's sequences included."""
    tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: store.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}  # noqa: S608


def _state(sandbox: Sandbox) -> dict[str, Any]:
    """All that a snapshot has to bring back."""
    return {
        **_content(sandbox.store),
        "faults": [rule.to_json() for rule in sandbox.faults.rules],
        "modes": asdict(sandbox.queue.modes),
        "rng": sandbox.queue.rng.getstate(),
        "offset": sandbox.engine.clock.offset,
        "ids": sandbox.engine.ids.count,
    }


async def _take(play: Playground) -> str:
    return str((await play.control("snapshots", {}))["id"])


async def _restore(play: Playground, snapshot: str) -> None:
    await play.control(f"snapshots/{snapshot}/restore", {})


async def _prepare(play: Playground) -> Any:
    """A bit of everything that a sandbox can hold; returns a connected account."""
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.control("webhooks", {"paused": True, "duplicate": 0.5, "seed": 3})
    await play.control("faults", {"effect": "429", "path": "/v1/payouts", "nth": 9})
    await play.stripe.v1.payouts.list_async()
    account = await play.account()
    clock = await play.test_clock()
    await play.session(customer=(await play.customer(test_clock=clock.id)).id)
    await play.advance("P1D")
    await play.stripe.v1.customers.create_async({}, {"idempotency_key": "before"})
    return account


async def _change_everything(play: Playground, account: Any) -> None:
    """Objects, events, deliveries, keys, clocks, tasks, balances, faults, modes."""
    await play.stripe.v1.payouts.list_async()
    charge = await play.sale(1000, invoice_creation={"enabled": True})
    await play.stripe.v1.transfers.create_async(
        {
            "amount": 500,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": charge.id,
        }
    )
    await play.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 100})
    await play.stripe.v1.customers.create_async({}, {"idempotency_key": "after"})
    [clock] = (await play.stripe.v1.test_helpers.test_clocks.list_async()).data
    await play.advance_test_clock(clock, 3 * DAY)
    await play.stripe.v1.test_helpers.test_clocks.delete_async(clock.id)
    await play.stripe.v2.core.accounts.create_async(ACCOUNT)
    await play.control("faults", {"effect": "503", "path": "/v1/elsewhere"})
    await play.control("webhooks", {"mode": "shuffle", "drop": 0.1})
    await play.advance("P30D")
    await play.control("webhooks", {"paused": False, "drop": 0})
    await play.control("deliveries/flush", {})


async def test_a_restore_brings_everything_back(play: Playground) -> None:
    account = await _prepare(play)
    snapshot, before = await _take(play), _state(play.sandbox)
    await _change_everything(play, account)
    changed = _state(play.sandbox)

    await _restore(play, snapshot)

    assert [name for name, value in before.items() if changed[name] == value] == []
    assert _state(play.sandbox) == before


async def test_a_snapshot_can_be_restored_again_and_again(play: Playground) -> None:
    account = await _prepare(play)
    snapshot, before = await _take(play), _state(play.sandbox)

    for _ in range(2):
        await _change_everything(play, account)
        await _restore(play, snapshot)
        assert _state(play.sandbox) == before
    await _restore(play, snapshot)

    assert _state(play.sandbox) == before


async def test_the_same_calls_after_a_restore_have_the_same_results(play: Playground) -> None:
    await play.control("webhooks", {"paused": True, "duplicate": 0.5, "seed": 3})
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    snapshot = await _take(play)

    async def run() -> tuple[list[str], list[Any]]:
        ids = [(await play.customer()).id for _ in range(10)]
        deliveries = play.sandbox.store.execute("SELECT event, status FROM deliveries")
        return ids, deliveries.fetchall()

    first = await run()
    await _restore(play, snapshot)

    assert await run() == first


async def test_two_snapshots_are_restored_in_any_order(play: Playground) -> None:
    first = await _take(play)
    await play.customer()
    second, later = await _take(play), _state(play.sandbox)

    await _restore(play, first)
    customers_of_first = (await play.stripe.v1.customers.list_async()).data
    await _restore(play, second)

    assert customers_of_first == []
    assert _state(play.sandbox) == later


async def test_a_snapshot_survives_a_reset(play: Playground) -> None:
    customer = await play.customer()
    snapshot = await _take(play)

    await play.control("reset", {})
    await _restore(play, snapshot)

    assert (await play.stripe.v1.customers.retrieve_async(customer.id)).id == customer.id


class SlowReceiver(Receiver):
    """Answers only once `open` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.arrived.set()
        await self.open.wait()
        await super().__call__(scope, receive, send)


async def _with_delivery_in_flight(receiver: SlowReceiver) -> tuple[Playground, str]:
    """A sandbox that is delivering `customer.created`, and a snapshot of before."""
    play = build(None, receiver=receiver)
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    snapshot = await _take(play)
    await play.customer()
    await receiver.arrived.wait()
    return play, snapshot


async def test_a_delivery_in_flight_does_not_reach_the_restored_state() -> None:
    receiver = SlowReceiver()
    play, snapshot = await _with_delivery_in_flight(receiver)

    await _restore(play, snapshot)
    # The next delivery has the number of the one that was in flight.
    await play.stripe.v1.products.create_async({"name": "Agent"})
    receiver.open.set()
    await play.control("deliveries/flush", {})

    assert receiver.types() == ["product.created"]
    [delivery] = (await play.control("deliveries"))["data"]
    assert (delivery["type"], delivery["attempts"]) == ("product.created", 1)
    await close(play)


async def test_a_delivery_in_flight_does_not_reach_the_state_after_a_reset() -> None:
    receiver = SlowReceiver()
    play, _ = await _with_delivery_in_flight(receiver)

    await play.control("reset", {})
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.stripe.v1.products.create_async({"name": "Agent"})
    receiver.open.set()
    await play.control("deliveries/flush", {})

    assert receiver.types() == ["product.created"]
    await close(play)


async def test_what_waited_for_delivery_is_delivered_after_a_restore(play: Playground) -> None:
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.control("webhooks", {"paused": True})
    await play.customer()
    snapshot = await _take(play)
    await play.control("reset", {})

    await _restore(play, snapshot)
    await play.control("webhooks", {"paused": False})
    await play.control("deliveries/flush", {})

    assert play.receiver.types() == ["customer.created"]


async def test_a_call_that_still_waits_is_not_executed_after_a_restore(play: Playground) -> None:
    snapshot = await _take(play)
    await play.control("faults", {"effect": "latency", "seconds": 60, "path": "/v1/customers"})
    headers = {"authorization": "Bearer sk_test_x", "idempotency-key": "same"}

    async def create() -> httpx.Response:
        return await play.http.post("/v1/customers", headers=headers)

    waiting = asyncio.create_task(create())
    while not play.sandbox.faults.rules[0].hits:  # noqa: ASYNC110 - a rule has no event to wait for
        await asyncio.sleep(0)
    await _restore(play, snapshot)
    at_once = await create()

    with pytest.raises(httpx.RemoteProtocolError):
        await waiting
    assert at_once.status_code == 200
    assert len((await play.stripe.v1.customers.list_async()).data) == 1


async def test_a_restore_waits_until_the_clock_stands(play: Playground) -> None:
    for _ in range(5):
        await play.session()
        await play.advance("PT1H")
    snapshot, before = await _take(play), _state(play.sandbox)

    scheduler, target = play.sandbox.scheduler, play.sandbox.engine.clock.now() + 30 * DAY
    advance = asyncio.create_task(scheduler.advance(target))
    await asyncio.sleep(0)
    await _restore(play, snapshot)
    await advance

    assert _state(play.sandbox) == before


async def test_a_restored_file_keeps_the_restored_state(tmp_path: Path) -> None:
    data = tmp_path / "sandbox.sqlite"
    play = build(None, data=str(data))
    await play.customer()
    snapshot, before = await _take(play), _content(play.sandbox.store)
    for _ in range(50):
        await play.customer()

    await _restore(play, snapshot)
    await close(play)

    again = Store(str(data))
    assert _content(again) == before
    again.close()
