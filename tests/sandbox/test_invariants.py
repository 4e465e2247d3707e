"""Whatever is done in whatever order, the books balance. Counts grow with FAULT_SHARE."""

import asyncio
import os
import secrets

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from chenu.sandbox.objects.invariants import violations
from tests.sandbox.discount_operations import DISCOUNT_OPERATIONS
from tests.sandbox.operations import KEY, Engine, Operation
from tests.sandbox.playground import CARD, Playground, build, close
from tests.sandbox.subscription_operations import SUBSCRIPTION_OPERATIONS, subscribe

SEQUENCES = max(1, round(300 * float(os.environ.get("FAULT_SHARE", "0.1"))))
SEED = int(os.environ.get("FAULT_SEED", secrets.randbits(32)))
CARDS = (
    "4242424242424242",
    "4000000000000077",
    "4000000000007726",
    "4000000000005126",
    "4000000000000002",
)
STATUSES = ("active", "restricted", "active", "rejected", "pending")


async def buy(engine: Engine, a: int, b: int) -> None:
    session = await engine.post(
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": 50 + a * 37,
            "line_items[0][price_data][product_data][name]": "Agent",
            "line_items[0][quantity]": 1 + b % 3,
            "success_url": "http://shop.test/done",
            "invoice_creation[enabled]": "true" if b % 2 else "false",
        },
    )
    card = {**CARD, "card": CARDS[b % len(CARDS)]}
    await engine.play.http.post(f"/c/pay/{session['id']}", data=card)


async def pay_directly(engine: Engine, a: int, b: int) -> None:
    methods = ("pm_card_visa", "pm_card_bypassPending", "pm_card_visa_chargeDeclined")
    await engine.post(
        "/v1/payment_intents",
        {
            "amount": 50 + a,
            "currency": "eur",
            "payment_method": methods[b % 3],
            "confirm": "true",
            "return_url": "http://shop.test",
        },
    )


async def refund(engine: Engine, a: int, b: int) -> None:
    charge = await engine.pick("/v1/charges", a)
    if charge:
        await engine.post("/v1/refunds", {"charge": charge["id"], "amount": 1 + b * 11})


async def refund_rest(engine: Engine, a: int, b: int) -> None:
    charge = await engine.pick("/v1/charges", a)
    if charge:
        await engine.post("/v1/refunds", {"charge": charge["id"]})


async def move_refund(engine: Engine, a: int, b: int) -> None:
    found = await engine.pick("/v1/refunds", a)
    if found and b % 4 == 3:
        await engine.post(f"/v1/refunds/{found['id']}/cancel", {})
    elif found:
        status = ("failed", "succeeded", "requires_action")[b % 4]
        await engine.play.http.post(f"/_sandbox/refunds/{found['id']}", json={"status": status})


async def open_account(engine: Engine, a: int, b: int) -> None:
    await engine.play.account(STATUSES[a % len(STATUSES)])


async def move_account(engine: Engine, a: int, b: int) -> None:
    account = await engine.pick("/v2/core/accounts", a)
    if account:
        await engine.play.control(
            f"accounts/{account['id']}/capability", {"status": STATUSES[b % len(STATUSES)]}
        )


async def transfer(engine: Engine, a: int, b: int) -> None:
    account = await engine.pick("/v2/core/accounts", a)
    charge = await engine.pick("/v1/charges", b)
    if not account:
        return
    form = {"amount": 1 + b * 13, "currency": "eur", "destination": account["id"]}
    if charge and a % 3:
        form["source_transaction"] = charge["id"]
    await engine.post("/v1/transfers", form)


async def reverse(engine: Engine, a: int, b: int) -> None:
    found = await engine.pick("/v1/transfers", a)
    if found:
        form = {"amount": 1 + b * 7} if b % 3 else {}
        await engine.post(f"/v1/transfers/{found['id']}/reversals", form)


async def move_lookup_key(engine: Engine, a: int, b: int) -> None:
    await engine.post(
        "/v1/prices",
        {
            "currency": "eur",
            "unit_amount": a,
            "product_data[name]": "Plan",
            "lookup_key": f"plan_{a % 2}",
            "transfer_lookup_key": "true" if b % 2 else "false",
        },
    )


async def advance(engine: Engine, a: int, b: int) -> None:
    await engine.play.advance(f"PT{1 + a * b}H")


async def replay(engine: Engine, a: int, b: int) -> None:
    """Sending a call again with its key answers the same and changes nothing."""
    if not engine.sent:
        return
    place = a % len(engine.sent)
    path, form, key, status, content = engine.sent[place]
    # A refusal of v2 or before execution is not remembered; a remembered one lives for a day.
    offset = engine.play.sandbox.engine.clock.offset
    before = await engine.play.control("state")
    headers = {**KEY, "idempotency-key": key}
    answer = await engine.play.http.post(path, data=form, headers=headers)
    if answer.headers.get("idempotent-replayed"):
        assert (answer.status_code, answer.content) == (status, content)
        assert await engine.play.control("state") == before
    else:
        assert status >= 400 or offset >= 86_400
        engine.sent[place] = (path, form, key, answer.status_code, answer.content)


OPERATIONS: tuple[Operation, ...] = (
    buy,
    pay_directly,
    refund,
    refund_rest,
    move_refund,
    open_account,
    move_account,
    transfer,
    transfer,
    reverse,
    move_lookup_key,
    advance,
    replay,
)
STEP = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 40), st.integers(0, 40))
BILLING_STEP = st.tuples(
    st.sampled_from((*SUBSCRIPTION_OPERATIONS, refund, replay)),
    st.integers(0, 40),
    st.integers(0, 40),
)
DISCOUNT_STEP = st.tuples(
    st.sampled_from((*DISCOUNT_OPERATIONS, *SUBSCRIPTION_OPERATIONS, refund, replay)),
    st.integers(0, 40),
    st.integers(0, 40),
)


async def _run(play: Playground, steps: list[tuple[Operation, int, int]]) -> None:
    play.sandbox.reset()
    engine = Engine(play)
    for operation, a, b in [(buy, 20, 0), (open_account, 0, 0), (subscribe, 20, 0), *steps]:
        await operation(engine, a, b)
        assert violations(play.sandbox.store) == [], operation.__name__


@pytest.mark.faults
@pytest.mark.parametrize(
    "step", [STEP, BILLING_STEP, DISCOUNT_STEP], ids=["payments", "subscriptions", "discounts"]
)
def test_the_books_balance_after_any_sequence_of_operations(
    step: st.SearchStrategy[tuple[Operation, int, int]], caplog: pytest.LogCaptureFixture
) -> None:
    print(f"FAULT_SEED={SEED}, {SEQUENCES} sequences")  # noqa: T201 - to run it again
    with asyncio.Runner() as runner:
        play = build(None)

        @seed(SEED)
        @settings(
            max_examples=SEQUENCES,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(step, min_size=5, max_size=25))
        def every_sequence(steps: list[tuple[Operation, int, int]]) -> None:
            runner.run(_run(play, steps))
            assert caplog.records == []

        every_sequence()
        runner.run(close(play))


async def test_books_that_do_not_balance_are_noticed(loose: Playground) -> None:
    await loose.sale(1000)
    account = await loose.account()
    store = loose.sandbox.store

    store.execute("UPDATE balances SET pending = pending + 1")
    store.execute("INSERT INTO balances VALUES (?, -1, 0)", (account.id,))
    store.execute(
        "UPDATE objects SET body = json_set(body, '$.amount_refunded', 5) WHERE kind = 'charge'"
    )
    store.execute(
        "UPDATE objects SET body = json_set(body, '$.status', 'open')"
        " WHERE kind = 'checkout.session'"
    )
    store.execute(
        "UPDATE objects SET body = json_set(body, '$.status', 'canceled')"
        " WHERE kind = 'payment_intent'"
    )

    found = violations(store)

    for words in (
        "platform:",
        f"{account.id}: available -1",
        "5 recorded",
        "open, paid",
        "canceled",
    ):
        assert any(words in text for text in found), words
