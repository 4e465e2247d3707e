"""Credit notes, worked by hand: for what is still open, and for what comes back."""

from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground


async def _paid(play: Playground, amount: int = 1000, **values: Any) -> Any:
    """The paid invoice of a one-time sale."""
    customer = await play.customer()
    await play.sale(amount, customer=customer.id, invoice_creation={"enabled": True}, **values)
    return (await play.stripe.v1.invoices.list_async({"customer": customer.id})).data[0]


async def _note(play: Playground, invoice: Any, **values: Any) -> Any:
    return await play.stripe.v1.credit_notes.create_async({"invoice": invoice.id, **values})


async def _again(play: Playground, invoice: Any) -> Any:
    return await play.stripe.v1.invoices.retrieve_async(invoice.id)


async def test_a_refund_comes_in_order_with_its_credit_note(play: Playground) -> None:
    invoice = await _paid(play)
    seen = len(await play.event_types())

    note = await _note(
        play,
        invoice,
        amount=400,
        refund_amount=400,
        reason="order_change",
        memo="Sorry",
        metadata={"row": "1"},
    )

    assert (note.total, note.post_payment_amount, note.type) == (400, 400, "post_payment")
    assert note.number == f"{invoice.number}-CN-01"
    assert [line.amount for line in note.lines.data] == [400]
    refund = await play.stripe.v1.refunds.retrieve_async(note.refunds[0].refund)
    assert (refund.amount, refund.status) == (400, "succeeded")
    assert (await _again(play, invoice)).post_payment_credit_notes_amount == 400
    assert await play.events_since(seen) == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "credit_note.created",
        "invoice.updated",
    ]


async def test_a_refund_that_was_made_gets_a_credit_note(play: Playground) -> None:
    invoice = await _paid(play)
    charge = (await play.stripe.v1.charges.list_async()).data[0]
    refund = await play.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 300})

    note = await _note(play, invoice, amount=300, refunds=[{"refund": refund.id}])

    assert [(one.refund, one.amount_refunded) for one in note.refunds] == [(refund.id, 300)]
    assert len((await play.stripe.v1.refunds.list_async()).data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="Only 0 of this refund"):
        await _note(play, invoice, amount=1, refunds=[{"refund": refund.id}])


async def test_what_is_returned_otherwise_is_out_of_band(play: Playground) -> None:
    invoice = await _paid(play)

    note = await _note(play, invoice, amount=1000, out_of_band_amount=600, refund_amount=400)

    assert (note.out_of_band_amount, note.refunds[0].amount_refunded) == (600, 400)


async def test_credit_notes_and_refunds_together_return_no_more_than_was_paid(
    play: Playground,
) -> None:
    invoice = await _paid(play)
    charge = (await play.stripe.v1.charges.list_async()).data[0]
    await play.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 300})
    await _note(play, invoice, amount=500, refund_amount=500)

    with pytest.raises(stripe.InvalidRequestError, match="what is left of the invoice"):
        await _note(play, invoice, amount=201, out_of_band_amount=201)
    await _note(play, invoice, amount=200, out_of_band_amount=200)

    assert (await _again(play, invoice)).post_payment_credit_notes_amount == 700


async def test_a_preview_leaves_no_trace(play: Playground) -> None:
    invoice = await _paid(play)
    before = await play.control("state")

    preview = await play.stripe.v1.credit_notes.preview_async(
        {"invoice": invoice.id, "amount": 400, "refund_amount": 400}
    )

    assert (preview.total, preview.number) == (400, f"{invoice.number}-CN-01")
    assert await play.control("state") == before


async def test_lines_are_credited_by_quantity_and_with_their_discount(play: Playground) -> None:
    # Three for 10.00 each, less 9.00: one of them costs 10.00 less 3.00.
    coupon = await play.stripe.v1.coupons.create_async({"amount_off": 900, "currency": "eur"})
    price = await play.price(1000)
    invoice = await _paid(
        play,
        line_items=[{"price": price.id, "quantity": 3}],
        discounts=[{"coupon": coupon.id}],
    )
    line = invoice.lines.data[0].id

    note = await _note(
        play,
        invoice,
        lines=[{"type": "invoice_line_item", "invoice_line_item": line, "quantity": 1}],
        refund_amount=700,
    )

    credited = (await play.stripe.v1.credit_notes.line_items.list_async(note.id)).data
    assert [(one.amount, one.discount_amount, one.quantity) for one in credited] == [(1000, 300, 1)]
    assert (note.subtotal, note.discount_amount, note.total) == (1000, 300, 700)


async def test_a_line_of_ones_own_words_is_credited(play: Playground) -> None:
    invoice = await _paid(play)
    custom = {"type": "custom_line_item", "description": "Goodwill", "unit_amount": 50}

    note = await _note(play, invoice, lines=[{**custom, "quantity": 2}], refund_amount=100)

    shown = await play.stripe.v1.credit_notes.retrieve_async(note.id, {"expand": ["invoice"]})
    assert (shown.lines.data[0].description, shown.total) == ("Goodwill", 100)
    assert shown.invoice.id == invoice.id


async def _open(play: Playground, amount: int = 3000) -> Any:
    """The open invoice of a subscription whose card declines."""
    customer = await play.customer_with_card("pm_card_chargeCustomerFail")
    subscription = await play.subscription(customer, await play.plan(amount))
    return await play.stripe.v1.invoices.retrieve_async(subscription.latest_invoice)


async def test_an_open_invoice_asks_for_less(play: Playground) -> None:
    invoice = await _open(play)

    note = await _note(play, invoice, amount=1000)

    after = await play.stripe.v1.invoices.retrieve_async(invoice.id, {"expand": ["payments"]})
    assert (note.type, note.pre_payment_amount) == ("pre_payment", 1000)
    assert (after.amount_due, after.amount_remaining, after.total) == (2000, 2000, 3000)
    assert after.payments.data[0].amount_requested == 2000
    paid = await play.stripe.v1.invoices.pay_async(invoice.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_paid) == ("paid", 2000)
    assert (await play.stripe.v1.charges.list_async()).data[0].amount == 2000


async def test_an_open_invoice_that_is_credited_wholly_is_paid(play: Playground) -> None:
    invoice = await _open(play)

    await _note(play, invoice, amount=3000)

    after = await _again(play, invoice)
    assert (after.status, after.amount_due, after.amount_paid) == ("paid", 0, 0)
    subscriptions = await play.stripe.v1.subscriptions.list_async()
    assert subscriptions.data[0].status == "active"


async def test_credit_notes_are_listed_and_their_memo_changes(play: Playground) -> None:
    invoice = await _paid(play)
    first = await _note(play, invoice, amount=100, refund_amount=100)
    second = await _note(play, invoice, amount=200, refund_amount=200)
    notes = play.stripe.v1.credit_notes

    changed = await notes.update_async(first.id, {"memo": "Thanks"})

    listed = await notes.list_async({"invoice": invoice.id})
    assert [one.id for one in listed.data] == [second.id, first.id]
    assert changed.memo == "Thanks"
    assert second.number.endswith("-CN-02")


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({}, "amount"),
        ({"amount": 100, "lines": [{"type": "custom_line_item", "unit_amount": 1}]}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1001, "refund_amount": 1001}, "amount"),
        ({"amount": 100}, "refund_amount"),
        ({"amount": 100, "refund_amount": 99}, "refund_amount"),
        ({"amount": 100, "credit_amount": 100}, "credit_amount"),
        ({"amount": 100, "refunds": [{"refund": "re_x"}]}, "refunds[0][refund]"),
        ({"lines": [{"type": "custom_line_item"}]}, "lines[0][unit_amount]"),
        (
            {"lines": [{"type": "invoice_line_item", "invoice_line_item": "il_x", "quantity": 1}]},
            "lines[0][invoice_line_item]",
        ),
    ],
)
async def test_credit_notes_that_do_not_fit_are_refused_and_change_nothing(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    invoice = await _paid(loose)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _note(loose, invoice, **values)

    assert refusal.value.param == param
    assert (await loose.stripe.v1.refunds.list_async()).data == []
    assert (await _again(loose, invoice)).post_payment_credit_notes_amount == 0


async def test_a_draft_is_edited_and_not_credited(loose: Playground) -> None:
    customer = await loose.customer_with_card()
    subscription = await loose.subscription(customer, await loose.plan(3000))
    await loose.stripe.v1.subscriptions.update_async(
        subscription.id, {"pause_collection": {"behavior": "keep_as_draft"}}
    )
    await loose.advance("P32D")
    draft = (await loose.stripe.v1.invoices.list_async({"status": "draft"})).data[0]

    with pytest.raises(stripe.InvalidRequestError, match="that is draft"):
        await _note(loose, draft, amount=100)


async def test_there_is_a_pdf_of_a_credit_note(play: Playground) -> None:
    note = await _note(play, await _paid(play), amount=100, refund_amount=100)

    pdf = await play.http.get(note.pdf)
    foreign = await play.http.get(note.pdf.replace("/pdf", "x/pdf"))

    assert pdf.content.startswith(b"%PDF-1.4")
    assert note.number.encode() in pdf.content
    assert foreign.status_code == 404


async def test_an_upgrade_is_credited_by_its_lines(play: Playground) -> None:
    # The whole period of 90.00 was billed, and that of 30.00 given back: 60.00 paid.
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    better, item = await play.plan(9000), subscription["items"].data[0]
    updated = await play.stripe.v1.subscriptions.update_async(
        subscription.id,
        {
            "items": [{"id": item.id, "price": better.id}],
            "proration_behavior": "always_invoice",
            "proration_date": item.current_period_start,
            "expand": ["latest_invoice"],
        },
    )
    invoice = updated.latest_invoice
    debit = next(line for line in invoice.lines.data if line.amount > 0)
    line = {"type": "invoice_line_item", "invoice_line_item": debit.id}

    with pytest.raises(stripe.InvalidRequestError, match="what is left of the invoice"):
        await _note(play, invoice, lines=[{**line, "quantity": 1}], refund_amount=9000)
    part = await _note(play, invoice, lines=[{**line, "amount": 2500}], refund_amount=2500)
    rest = await _note(play, invoice, amount=3500, refund_amount=3500)

    assert (invoice.amount_paid, part.total, rest.total) == (6000, 2500, 3500)
    assert part.lines.data[0].invoice_line_item == debit.id
    refunds = (await play.stripe.v1.refunds.list_async()).data
    assert sum(refund.amount for refund in refunds) == 6000
