"""Changes of plans: prorations to the cent, worked by hand, and previews that equal the invoice.

June 2030 has 30 days: every day of a monthly plan of 30.00 is worth 1.00.
"""

from typing import Any

import pytest

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import (
    JULY,
    JUNE,
    at,
    begin_june,
    begin_life,
    preview_of,
    price_change,
)

HOUR = 3600


def _amounts(invoice: Any) -> list[tuple[str, int]]:
    return [(line.description, line.amount) for line in invoice.lines.data]


@pytest.mark.parametrize(
    ("day", "seconds", "credit", "debit"),
    [
        (0, 0, -3000, 9000),
        (10, 0, -2000, 6000),
        (15, 0, -1500, 4500),
        (10, 1, -2000, 6000),
        (10, 500, -1999, 5998),
        (29, 86_399, 0, 0),
    ],
    ids=["first-second", "day-10", "middle", "a-second-later", "500-seconds-later", "last-second"],
)
async def test_an_upgrade_bills_the_rest_of_the_period(
    play: Playground, day: int, seconds: int, credit: int, debit: int
) -> None:
    # 500 seconds of 30.00 in 2 592 000 are 0.58 cents: 1999.42; of 90.00 1.74 cents: 5998.26.
    life = await begin_june(play)
    moment = JUNE + day * DAY + seconds
    if moment > JUNE:
        await life.to(moment)
    change = await price_change(life, await play.plan(9000, name="Business"))
    await life.mark()

    preview = await preview_of(play, life, **change, proration_behavior="always_invoice")
    changed = await life.update(
        **change, proration_behavior="always_invoice", expand=["latest_invoice"]
    )

    invoice = changed.latest_invoice
    found = dict(_amounts(invoice))
    date = invoice.parent.subscription_details.subscription_proration_date
    assert [line.amount for line in invoice.lines.data if line.amount < 0] == [credit] * bool(
        credit
    )
    assert [amount for words, amount in found.items() if "Remaining" in words] == [debit]
    assert (invoice.total, date) == (credit + debit, moment)
    assert (preview.total, _amounts(preview)) == (invoice.total, _amounts(invoice))
    assert preview.amount_due == max(credit + debit, 0)
    assert invoice.billing_reason == "subscription_update"


async def test_an_upgrade_tells_in_order_and_keeps_the_period(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    change = await price_change(life, await play.plan(9000, name="Business"))
    await life.mark()

    changed = await life.update(
        **change, proration_behavior="always_invoice", expand=["latest_invoice"]
    )

    item = changed["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (JUNE, JULY)
    assert changed.billing_cycle_anchor == JUNE
    assert _amounts(changed.latest_invoice) == [
        ("Unused time on Pro after 11 Jun 2030", -2000),
        ("Remaining time on Business after 11 Jun 2030", 6000),
    ]
    credit = changed.latest_invoice.lines.data[0].parent.subscription_item_details
    assert credit.proration
    assert credit.proration_details.credited_items.invoice == (await life.invoices())[0].id
    assert await life.events() == [
        "invoiceitem.created",
        "invoiceitem.created",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "charge.updated",
    ]


async def test_a_second_change_credits_what_the_first_had_debited(play: Playground) -> None:
    # 10 June: 90.00 for 20 of 30 days: 60.00. 21 June: 10 of those 20 days are left: 30.00 back,
    # and 150.00 for 10 of 30 days: 50.00.
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    await life.update(
        **await price_change(life, await play.plan(9000, name="Business")),
        proration_behavior="always_invoice",
    )
    await life.to(JUNE + 20 * DAY)

    changed = await life.update(
        **await price_change(life, await play.plan(15_000, name="Enterprise")),
        proration_behavior="always_invoice",
        expand=["latest_invoice"],
    )

    assert _amounts(changed.latest_invoice) == [
        ("Unused time on Business after 21 Jun 2030", -3000),
        ("Remaining time on Enterprise after 21 Jun 2030", 5000),
    ]


async def test_a_downgrade_at_once_leaves_a_credit_that_pays_the_next_invoice(
    play: Playground,
) -> None:
    # 20.00 back for Pro, 6.00 for the rest of Starter at 9.00: a credit of 14.00, more than the
    # 9.00 of July; 5.00 are left for August.
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    change = await price_change(life, await play.plan(900), proration_behavior="always_invoice")

    preview = await preview_of(play, life, **change)
    changed = await life.update(**change, expand=["latest_invoice", "customer"])
    await life.to(JULY + HOUR)
    await life.to(at("2030-08-01") + HOUR)

    assert (preview.total, preview.amount_due, preview.ending_balance) == (-1400, 0, -1400)
    invoice = changed.latest_invoice
    assert (invoice.total, invoice.amount_due, invoice.status) == (-1400, 0, "paid")
    assert (invoice.ending_balance, changed.customer.balance) == (-1400, -1400)
    july, august = (await life.invoices())[-2:]
    assert (july.starting_balance, july.amount_due, july.ending_balance) == (-1400, 0, -500)
    assert (august.total, august.amount_due, august.amount_paid) == (900, 400, 400)


async def test_prorations_wait_for_the_next_invoice_by_default(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    change = await price_change(life, await play.plan(9000, name="Business"))
    upcoming = await preview_of(play, life, **change)

    changed = await life.update(**change)
    waiting = await play.stripe.v1.invoice_items.list_async(
        {"customer": life.customer.id, "pending": True}
    )
    await life.to(JULY + HOUR)

    assert changed.latest_invoice == (await life.invoices())[0].id
    assert sorted(item.amount for item in waiting.data) == [-2000, 6000]
    renewal = (await life.invoices())[-1]
    assert _amounts(renewal) == [
        ("Unused time on Pro after 11 Jun 2030", -2000),
        ("Remaining time on Business after 11 Jun 2030", 6000),
        ("1 × Business (at €90.00 / month)", 9000),
    ]
    assert (renewal.total, renewal.status) == (13_000, "paid")
    assert (upcoming.total, _amounts(upcoming)) == (renewal.total, _amounts(renewal))


async def test_a_waiting_debit_is_credited_by_a_second_change(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    await life.update(**await price_change(life, await play.plan(9000)))
    await life.to(JUNE + 20 * DAY)

    await life.update(**await price_change(life, await play.plan(1500)))
    await life.to(JULY + HOUR)

    amounts = [line.amount for line in (await life.invoices())[-1].lines.data]
    assert amounts == [-2000, 6000, -3000, 500, 1500]


async def test_without_prorations_the_new_price_is_due_at_the_renewal(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)

    await life.update(**await price_change(life, await play.plan(9000)), proration_behavior="none")
    await life.to(JULY + HOUR)

    invoices = await life.invoices()
    assert [invoice.total for invoice in invoices] == [3000, 9000]


@pytest.mark.parametrize(
    ("behavior", "credit"),
    [("create_prorations", -2000), ("always_invoice", -2000), ("none", 0)],
)
async def test_another_interval_begins_a_new_period_at_once(
    play: Playground, behavior: str, credit: int
) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    change = await price_change(
        life, await play.plan(30_000, "year", name="Pro yearly"), proration_behavior=behavior
    )

    preview = await preview_of(play, life, **change)
    changed = await life.update(**change, expand=["latest_invoice"])

    item = changed["items"].data[0]
    assert item.current_period_start == changed.billing_cycle_anchor == JUNE + 10 * DAY
    assert item.current_period_end == at("2031-06-11")
    invoice = changed.latest_invoice
    assert (invoice.total, invoice.status) == (30_000 + credit, "paid")
    assert preview.total == invoice.total
    await life.to(at("2031-06-11") + HOUR)
    assert (await life.invoices())[-1].total == 30_000


async def test_the_anchor_moves_to_now(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)

    changed = await life.update(billing_cycle_anchor={"type": "now"}, expand=["latest_invoice"])

    assert changed["items"].data[0].current_period_end == at("2030-07-11")
    assert [line.amount for line in changed.latest_invoice.lines.data] == [-2000, 3000]


async def test_a_change_of_quantity_is_prorated(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 15 * DAY)
    item = (await life.now())["items"].data[0]

    changed = await life.update(
        items=[{"id": item.id, "quantity": 3}],
        proration_behavior="always_invoice",
        expand=["latest_invoice"],
    )

    assert _amounts(changed.latest_invoice) == [
        ("Unused time on Pro after 16 Jun 2030", -1500),
        ("Remaining time on 3 × Pro after 16 Jun 2030", 4500),
    ]


async def test_items_are_added_and_removed(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 15 * DAY)
    extra = await play.plan(1000, name="Extra")

    added = await life.update(items=[{"price": extra.id}], proration_behavior="always_invoice")
    item = next(one for one in added["items"].data if one.price.id == extra.id)
    found = await play.stripe.v1.subscription_items.retrieve_async(item.id)
    listed = await play.stripe.v1.subscription_items.list_async({"subscription": life.id})
    await life.update(items=[{"id": item.id, "deleted": True}], proration_behavior="always_invoice")

    assert [invoice.total for invoice in await life.invoices()] == [3000, 500, -500]
    assert (found.price.id, len(listed.data)) == (extra.id, 2)
    assert len((await life.now())["items"].data) == 1


async def test_what_was_free_begins_to_cost_with_a_new_period(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=0)
    await life.to(JUNE + 10 * DAY)

    paid = await life.update(
        **await price_change(life, await play.plan(3000)), expand=["latest_invoice"]
    )

    assert paid.billing_cycle_anchor == JUNE + 10 * DAY
    assert [line.amount for line in paid.latest_invoice.lines.data] == [3000]
