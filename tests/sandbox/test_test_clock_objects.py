"""The objects of a customer live on its test clock; all others follow the global one."""

import time

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground

PREFIX = "test_helpers.test_clock"


async def test_a_customer_lives_on_its_clock(play: Playground) -> None:
    clock = await play.test_clock()

    customer = await play.customer(test_clock=clock.id)
    other = await play.customer()

    assert (customer.test_clock, customer.created) == (clock.id, SPRING)
    assert (other.test_clock, other.created <= time.time()) == (None, True)
    expanded = await play.stripe.v1.customers.retrieve_async(
        customer.id, {"expand": ["test_clock"]}
    )
    assert expanded.test_clock.frozen_time == SPRING


async def test_customers_of_a_clock_are_listed_when_it_is_named(play: Playground) -> None:
    clock = await play.test_clock()
    hidden, shown = await play.customer(test_clock=clock.id), await play.customer()
    customers = play.stripe.v1.customers

    unnamed = await customers.list_async()
    named = await customers.list_async({"test_clock": clock.id})

    assert [one.id for one in unnamed.data] == [shown.id]
    assert [one.id for one in named.data] == [hidden.id]


async def test_a_payment_lives_on_the_clock_of_its_customer(play: Playground) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    await play.advance_test_clock(clock, 40 * DAY)

    charge = await play.sale(1000, customer=customer.id, invoice_creation={"enabled": True})
    refund = await play.stripe.v1.refunds.create_async({"charge": charge.id})

    invoice = (await play.stripe.v1.invoices.list_async({"customer": customer.id})).data[0]
    later = SPRING + 40 * DAY
    assert (charge.created, refund.created, invoice.created) == (later, later, later)
    assert (invoice.test_clock, invoice.status_transitions.paid_at) == (clock.id, later)
    assert charge.balance_transaction.created <= time.time()
    assert charge.balance_transaction.available_on <= time.time() + 7 * DAY


async def test_a_payment_intent_and_its_dispute_live_on_the_clock(play: Playground) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    intent = await play.stripe.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "return_url": "http://shop.test/back",
            "confirm": True,
        }
    )

    dispute = await play.control(f"charges/{intent.latest_charge}/dispute", {})
    await play.control(f"disputes/{dispute['id']}", {"status": "won"})

    assert intent.created == SPRING
    assert dispute["created"] == SPRING
    assert dispute["evidence_details"]["due_by"] == SPRING + 7 * DAY


async def test_a_payment_method_lives_on_the_clock(play: Playground) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    methods = play.stripe.v1.payment_methods

    method = await methods.attach_async("pm_card_visa", {"customer": customer.id})
    await methods.detach_async(method.id)

    assert method.created == SPRING
    [detached] = [
        event
        for event in (await play.stripe.v1.events.list_async()).data
        if event.type == "payment_method.detached"
    ]
    assert detached.created == SPRING


async def test_what_is_due_on_a_clock_runs_as_it_advances_and_not_with_the_global_one(
    play: Playground,
) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    simulated = await play.session(customer=customer.id)
    ordinary = await play.session()
    sessions = play.stripe.v1.checkout.sessions

    async def statuses() -> list[str]:
        return [(await sessions.retrieve_async(one.id)).status for one in (simulated, ordinary)]

    await play.advance("P2D")
    after_global = await statuses()
    await play.advance_test_clock(clock, DAY - 1)
    just_before = await statuses()
    await play.advance_test_clock(clock, 1)
    after_own = await statuses()

    assert after_global == ["open", "expired"]
    assert just_before == ["open", "expired"]
    assert after_own == ["expired", "expired"]


async def test_tasks_of_a_clock_run_in_the_order_of_time(play: Playground) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    charge = await play.sale(1000, card="4000 0000 0000 7726", customer=customer.id)
    await play.session(customer=customer.id)
    await play.stripe.v1.refunds.create_async({"charge": charge.id})
    seen = len(await play.event_types())

    await play.advance_test_clock(clock, 2 * DAY)

    events = (await play.stripe.v1.events.list_async({"limit": 100})).data[::-1][seen:]
    assert [(event.type, event.created) for event in events[1:3]] == [
        ("refund.updated", SPRING + 3600),
        ("checkout.session.expired", SPRING + DAY),
    ]
    assert [event.type for event in events][::3] == [f"{PREFIX}.advancing", f"{PREFIX}.ready"]


async def test_two_clocks_do_not_touch_each_other(play: Playground) -> None:
    first, second = await play.test_clock(), await play.test_clock()
    customer = await play.customer(test_clock=second.id)
    session = await play.session(customer=customer.id)

    await play.advance_test_clock(first, 30 * DAY)

    sessions = play.stripe.v1.checkout.sessions
    assert (await sessions.retrieve_async(session.id)).status == "open"
    clocks = play.stripe.v1.test_helpers.test_clocks
    assert (await clocks.retrieve_async(second.id)).frozen_time == SPRING


async def test_events_of_a_clock_in_the_past_are_listed(play: Playground) -> None:
    clock = await play.test_clock(frozen_time=SPRING - 3650 * DAY)

    customer = await play.customer(test_clock=clock.id)

    events = play.stripe.v1.events
    [created] = (await events.list_async({"type": "customer.created"})).data
    assert created.created == customer.created == SPRING - 3650 * DAY
    assert (await events.retrieve_async(created.id)).id == created.id
