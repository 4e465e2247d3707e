"""Changes of plans: prorations to the cent, worked by hand, and previews that equal the invoice.

June 2030 has 30 days: every day of a monthly plan of 30.00 is worth 1.00.
"""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import Life, at, begin_life, pay_on_page

JUNE = at("2030-06-01")
JULY = at("2030-07-01")
HOUR = 3600


async def _june(play: Playground, method: str = "pm_card_visa", **values: Any) -> Life:
    """Pro for 30.00 a month since the 1st of June."""
    return await begin_life(play, method, start=JUNE, amount=3000, **values)


async def _change(life: Life, price: Any, **values: Any) -> dict[str, Any]:
    """The parameters that replace the only item's price."""
    item = (await life.now())["items"].data[0]
    return {"items": [{"id": item.id, "price": price.id}], **values}


async def _preview(play: Playground, life: Life, **details: Any) -> Any:
    """What a change would bill; it leaves no trace."""
    before = await play.control("state")
    invoice = await play.stripe.v1.invoices.create_preview_async(
        {"customer": life.customer.id, "subscription": life.id, "subscription_details": details}
    )
    assert await play.control("state") == before
    return invoice


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
    life = await _june(play)
    moment = JUNE + day * DAY + seconds
    if moment > JUNE:
        await life.to(moment)
    change = await _change(life, await play.plan(9000, name="Business"))
    await life.mark()

    preview = await _preview(play, life, **change, proration_behavior="always_invoice")
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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    change = await _change(life, await play.plan(9000, name="Business"))
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


async def test_the_date_of_the_preview_makes_both_agree_although_time_passes(
    play: Playground,
) -> None:
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    change = await _change(
        life,
        await play.plan(9000),
        proration_behavior="always_invoice",
        proration_date=JUNE + 10 * DAY,
    )
    preview = await _preview(play, life, **change)

    await life.to(JUNE + 11 * DAY)
    changed = await life.update(**change, expand=["latest_invoice"])

    assert preview.total == changed.latest_invoice.total == 4000


async def test_a_second_change_credits_what_the_first_had_debited(play: Playground) -> None:
    # 10 June: 90.00 for 20 of 30 days: 60.00. 21 June: 10 of those 20 days are left: 30.00 back,
    # and 150.00 for 10 of 30 days: 50.00.
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    await life.update(
        **await _change(life, await play.plan(9000, name="Business")),
        proration_behavior="always_invoice",
    )
    await life.to(JUNE + 20 * DAY)

    changed = await life.update(
        **await _change(life, await play.plan(15_000, name="Enterprise")),
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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    change = await _change(life, await play.plan(900), proration_behavior="always_invoice")

    preview = await _preview(play, life, **change)
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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    change = await _change(life, await play.plan(9000, name="Business"))
    upcoming = await _preview(play, life, **change)

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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    await life.update(**await _change(life, await play.plan(9000)))
    await life.to(JUNE + 20 * DAY)

    await life.update(**await _change(life, await play.plan(1500)))
    await life.to(JULY + HOUR)

    amounts = [line.amount for line in (await life.invoices())[-1].lines.data]
    assert amounts == [-2000, 6000, -3000, 500, 1500]


async def test_without_prorations_the_new_price_is_due_at_the_renewal(play: Playground) -> None:
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)

    await life.update(**await _change(life, await play.plan(9000)), proration_behavior="none")
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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    change = await _change(
        life, await play.plan(30_000, "year", name="Pro yearly"), proration_behavior=behavior
    )

    preview = await _preview(play, life, **change)
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
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)

    changed = await life.update(billing_cycle_anchor={"type": "now"}, expand=["latest_invoice"])

    assert changed["items"].data[0].current_period_end == at("2030-07-11")
    assert [line.amount for line in changed.latest_invoice.lines.data] == [-2000, 3000]


async def test_a_change_of_quantity_is_prorated(play: Playground) -> None:
    life = await _june(play)
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
    life = await _june(play)
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


async def test_a_change_in_the_trial_costs_nothing_and_the_trial_goes_on(
    play: Playground,
) -> None:
    life = await _june(play, trial_period_days=14)
    await life.to(JUNE + 5 * DAY)

    changed = await life.update(
        **await _change(life, await play.plan(30_000, "year")), proration_behavior="none"
    )
    await life.to(JUNE + 14 * DAY + HOUR)

    assert (changed.status, changed.trial_end) == ("trialing", JUNE + 14 * DAY)
    assert [invoice.total for invoice in await life.invoices()] == [0, 30_000]


async def test_a_trial_is_ended_now(play: Playground) -> None:
    life = await _june(play, trial_period_days=14)
    await life.to(JUNE + 5 * DAY)

    ended = await life.update(trial_end="now", expand=["latest_invoice"])

    assert (ended.status, ended.trial_end) == ("active", JUNE + 5 * DAY)
    assert (ended.latest_invoice.total, ended.latest_invoice.status) == (3000, "paid")
    assert ended["items"].data[0].current_period_end == at("2030-07-06")


async def test_a_trial_is_made_longer(play: Playground) -> None:
    life = await _june(play, trial_period_days=14)

    await life.update(trial_end=JUNE + 20 * DAY)
    await life.to(JUNE + 16 * DAY)
    longer = await life.now()
    await life.to(JUNE + 20 * DAY + HOUR)

    assert longer.status == "trialing"
    assert [invoice.total for invoice in await life.invoices()] == [0, 3000]


@pytest.mark.parametrize(
    ("method", "next_charge"),
    [("pm_card_visa", "insufficient_funds"), ("pm_card_authenticationRequired", None)],
    ids=["declined", "3DS"],
)
async def test_a_change_that_is_not_paid_waits_and_is_applied_when_it_is(
    play: Playground, method: str, next_charge: str | None
) -> None:
    life, change = await _pending(play, method, next_charge)
    waiting = await life.update(**change, expand=["latest_invoice"])
    pending = waiting.pending_update
    await life.mark()

    form_answer = await pay_on_page(play, waiting.latest_invoice)

    assert waiting.status == "active"
    assert waiting["items"].data[0].price.unit_amount == 3000
    assert pending.subscription_items[0].price.unit_amount == 9000
    assert pending.expires_at == JUNE + 10 * DAY + 23 * HOUR
    assert (waiting.latest_invoice.status, waiting.latest_invoice.amount_due) == ("open", 4000)
    assert waiting.latest_invoice.next_payment_attempt is None
    assert form_answer.status_code == 303
    applied = await life.now()
    assert (applied.pending_update, applied["items"].data[0].price.unit_amount) == (None, 9000)
    assert "customer.subscription.pending_update_applied" in await life.events()
    await life.to(JULY + HOUR)
    assert (await life.invoices())[-1].total == 9000


async def _pending(
    play: Playground, method: str = "pm_card_visa", next_charge: str | None = "generic_decline"
) -> tuple[Life, dict[str, Any]]:
    """A subscription on its tenth day, and a change that its card will not pay."""
    life = await _june(play, method, trial_period_days=0, payment_behavior="default_incomplete")
    await pay_on_page(play, (await life.invoices())[0])
    card = await play.stripe.v1.payment_methods.attach_async(method, {"customer": life.customer.id})
    await life.update(default_payment_method=card.id)
    await life.to(JUNE + 10 * DAY)
    if next_charge:
        outcome = {"outcome": next_charge}
        await play.control(f"customers/{life.customer.id}/next_charge", outcome)
    change = await _change(
        life,
        await play.plan(9000),
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )
    return life, change


async def test_a_waiting_change_expires_after_23_hours(play: Playground) -> None:
    life, change = await _pending(play)
    await life.update(**change)
    await life.mark()

    await life.to(JUNE + 10 * DAY + 23 * HOUR)

    expired = await life.now("latest_invoice")
    assert (expired.pending_update, expired.latest_invoice.status) == (None, "void")
    assert expired["items"].data[0].price.unit_amount == 3000
    assert await life.events() == [
        "payment_intent.canceled",
        "invoice.voided",
        "customer.subscription.updated",
        "customer.subscription.pending_update_expired",
    ]
    await life.to(JULY + HOUR)
    assert (await life.invoices())[-1].total == 3000


async def test_a_new_change_takes_the_place_of_one_that_waits(play: Playground) -> None:
    life, change = await _pending(play)
    waiting = await life.update(**change)

    changed = await life.update(**change)

    assert changed.pending_update is None
    assert changed["items"].data[0].price.unit_amount == 9000
    first = await play.stripe.v1.invoices.retrieve_async(waiting.latest_invoice)
    assert first.status == "void"
    assert changed.status == "active"


async def test_a_paid_change_is_applied_at_once(play: Playground) -> None:
    life, change = await _pending(play, next_charge=None)

    changed = await life.update(**change, expand=["latest_invoice"])

    assert (changed.pending_update, changed.latest_invoice.status) == (None, "paid")
    assert changed["items"].data[0].price.unit_amount == 9000
    assert "customer.subscription.pending_update_applied" not in await life.events()


async def test_a_change_that_has_to_be_paid_is_undone(play: Playground) -> None:
    life, change = await _pending(play)
    before = await life.now()

    with pytest.raises(stripe.CardError) as refusal:
        await life.update(**{**change, "payment_behavior": "error_if_incomplete"})

    assert refusal.value.http_status == 402
    assert (await life.now()).to_dict() == before.to_dict()


async def test_a_failed_change_that_was_allowed_makes_it_past_due(play: Playground) -> None:
    life, change = await _pending(play)

    changed = await life.update(**{**change, "payment_behavior": "allow_incomplete"})

    assert changed.status == "past_due"
    assert changed["items"].data[0].price.unit_amount == 9000


async def test_a_cancellation_now_gives_unused_time_back(play: Playground) -> None:
    life = await _june(play)
    await life.to(JUNE + 10 * DAY)
    preview = await _preview(play, life, cancel_now=True, proration_behavior="always_invoice")

    await play.stripe.v1.subscriptions.cancel_async(life.id, {"prorate": True, "invoice_now": True})

    last = (await life.invoices())[-1]
    assert (last.total, last.status, preview.total) == (-2000, "paid", -2000)
    customer = await play.stripe.v1.customers.retrieve_async(life.customer.id)
    assert customer.balance == -2000


async def test_the_next_renewal_is_previewed(play: Playground) -> None:
    life = await _june(play)

    preview = await _preview(play, life)
    await life.to(JULY + HOUR)

    assert preview.id.startswith("upcoming_in_")
    assert (preview.total, preview.billing_reason) == (3000, "upcoming")
    assert preview.lines.data[0].period.start == JULY


async def test_a_subscription_that_ends_has_no_next_invoice(play: Playground) -> None:
    life = await _june(play)
    await life.update(cancel_at_period_end=True)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.invoices.create_preview_async({"subscription": life.id})

    assert (refusal.value.http_status, refusal.value.code) == (404, "invoice_upcoming_none")


async def test_a_subscription_to_be_made_is_previewed(play: Playground) -> None:
    customer, price = await play.customer(), await play.plan(3000)
    details: Any = {"items": [{"price": price.id, "quantity": 2}]}

    preview = await play.stripe.v1.invoices.create_preview_async(
        {"customer": customer.id, "subscription_details": details}
    )

    assert (preview.total, preview.billing_reason) == (6000, "subscription_create")
    assert (await play.stripe.v1.subscriptions.list_async({"customer": customer.id})).data == []


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"items": [{"id": "si_nobody", "quantity": 2}]}, "items[0][id]"),
        ({"items": [{"price": "price_nobody"}]}, "items[0][price]"),
        ({"items": [{"id": "SI", "quantity": 0}]}, "items[0][quantity]"),
        ({"items": [{"id": "SI", "deleted": True}]}, "items"),
        ({"items": [{"id": "SI", "quantity": 2}], "proration_date": 5}, "proration_date"),
        ({"trial_end": JUNE + 90 * DAY}, "trial_end"),
        ({"default_payment_method": "pm_nobody"}, "default_payment_method"),
        ({"collection_method": "send_invoice", "days_until_due": 3}, "days_until_due"),
        (
            {"payment_behavior": "pending_if_incomplete", "description": "x"},
            "description",
        ),
    ],
    ids=[
        "item", "price", "quantity", "last item", "date", "trial", "card", "collection", "pending",
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    life = await _june(loose)
    before = await life.now()
    item = before["items"].data[0]
    for one in values.get("items", []):
        one["id"] = item.id if one.get("id") == "SI" else one.get("id")
    given = {**values}
    if "items" in given:
        given["items"] = [
            {key: value for key, value in one.items() if value is not None}
            for one in given["items"]
        ]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await life.update(**given)

    assert refusal.value.param == param
    assert (await life.now()).to_dict() == before.to_dict()
