"""Invoices of subscriptions by their own calls."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import Life, begin_life, pay_on_page

HOUR = 3600


async def _drafted(play: Playground) -> tuple[Life, Any]:
    """The draft of a renewal."""
    life = await begin_life(play, trial_period_days=1)
    await life.to(SPRING + DAY)
    await life.mark()
    return life, (await life.invoices())[-1]


async def _unpaid(play: Playground) -> tuple[Life, Any]:
    """The open invoice of a renewal that was not paid."""
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    await life.mark()
    return life, (await life.invoices())[-1]


async def test_a_draft_is_edited_and_then_waits_for_its_hour(play: Playground) -> None:
    life, draft = await _drafted(play)

    edited = await play.stripe.v1.invoices.update_async(
        draft.id, {"description": "Merci", "footer": "SIREN", "metadata": {"k": "v"}}
    )
    await life.to(SPRING + DAY + HOUR)

    assert (edited.status, edited.description, edited.footer) == ("draft", "Merci", "SIREN")
    assert (await life.invoices())[-1].status == "paid"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.invoices.update_async(draft.id, {"description": "Too late"})
    assert refusal.value.code == "invoice_not_editable"


async def test_a_draft_that_does_not_advance_stays_one(play: Playground) -> None:
    life, draft = await _drafted(play)

    await play.stripe.v1.invoices.update_async(draft.id, {"auto_advance": False})
    await life.to(SPRING + 3 * DAY)

    assert (await life.invoices())[-1].status == "draft"


@pytest.mark.parametrize("advances", [True, False])
async def test_a_draft_is_finalized_before_its_hour(play: Playground, advances: bool) -> None:
    life, draft = await _drafted(play)
    invoices = play.stripe.v1.invoices

    done = await invoices.finalize_invoice_async(draft.id, {"auto_advance": advances})

    assert (done.status, done.number[-5:]) == ("paid" if advances else "open", "-0002")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await invoices.finalize_invoice_async(draft.id)
    assert refusal.value.code == "invoice_not_editable"
    await life.to(SPRING + 2 * DAY)
    assert (await life.invoices())[-1].status == done.status


async def test_a_draft_is_paid_by_the_api(play: Playground) -> None:
    life, draft = await _drafted(play)

    paid = await play.stripe.v1.invoices.pay_async(draft.id)

    assert (paid.status, paid.amount_paid, paid.attempt_count) == ("paid", 2900, 1)
    assert (await life.events())[0] == "invoice.finalized"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.invoices.pay_async(draft.id)
    assert refusal.value.code == "invoice_already_paid"


async def test_a_payment_by_the_api_can_fail(play: Playground) -> None:
    life, invoice = await _unpaid(play)

    with pytest.raises(stripe.CardError) as refusal:
        await play.stripe.v1.invoices.pay_async(invoice.id)

    assert refusal.value.code == "card_declined"
    again = (await life.invoices())[-1]
    assert (again.attempt_count, again.status) == (1, "open")
    assert again.next_payment_attempt == invoice.next_payment_attempt


async def test_a_payment_by_the_api_can_need_the_owner(play: Playground) -> None:
    life, invoice = await _unpaid(play)
    method = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_authenticationRequired", {"customer": life.customer.id}
    )

    with pytest.raises(stripe.CardError) as refusal:
        await play.stripe.v1.invoices.pay_async(invoice.id, {"payment_method": method.id})

    assert refusal.value.code == "invoice_payment_intent_requires_action"
    done = await play.http.post(
        invoice.hosted_invoice_url + "/confirm", data={"action": "complete"}
    )
    assert done.status_code == 303
    assert (await life.invoices())[-1].status == "paid"


async def test_without_a_card_there_is_nothing_to_pay_with(play: Playground) -> None:
    life = await begin_life(play, None, payment_behavior="default_incomplete")

    with pytest.raises(stripe.InvalidRequestError, match="default_payment_method"):
        await play.stripe.v1.invoices.pay_async((await life.invoices())[0].id)

    assert (await life.now()).status == "incomplete"


async def test_an_invoice_is_paid_elsewhere(play: Playground) -> None:
    life, invoice = await _unpaid(play)

    paid = await play.stripe.v1.invoices.pay_async(invoice.id, {"paid_out_of_band": True})

    assert (paid.status, (await life.now()).status) == ("paid", "active")
    payments = await play.stripe.v1.invoice_payments.list_async({"invoice": invoice.id})
    assert [one.status for one in payments.data] == ["canceled"]


async def test_an_open_invoice_is_voided_with_its_payment(play: Playground) -> None:
    life, invoice = await _unpaid(play)

    void = await play.stripe.v1.invoices.void_invoice_async(invoice.id, {"expand": ["payments"]})

    assert (void.status, void.next_payment_attempt) == ("void", None)
    assert [one.status for one in void.payments.data] == ["canceled"]
    assert await life.events() == ["payment_intent.canceled", "invoice.voided"]
    page = await pay_on_page(play, invoice)
    assert "Void: nothing is to be paid." in page.text
    with pytest.raises(stripe.InvalidRequestError):
        await play.stripe.v1.invoices.pay_async(invoice.id)


async def test_an_invoice_that_was_given_up_can_still_be_paid(play: Playground) -> None:
    life, invoice = await _unpaid(play)

    given_up = await play.stripe.v1.invoices.mark_uncollectible_async(invoice.id)
    await pay_on_page(play, invoice)

    assert given_up.status == "uncollectible"
    assert (await life.invoices())[-1].status == "paid"
    assert (await life.now()).status == "active"


@pytest.mark.parametrize("call", ["void_invoice_async", "mark_uncollectible_async"])
async def test_a_paid_invoice_stays_paid(play: Playground, call: str) -> None:
    life = await begin_life(play)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await getattr(play.stripe.v1.invoices, call)((await life.invoices())[0].id)

    assert refusal.value.code == "invoice_not_editable"


async def test_the_payment_of_an_invoice_is_refunded(play: Playground) -> None:
    life = await begin_life(play)
    invoice = (await life.invoices())[0]
    payments = await play.stripe.v1.invoice_payments.list_async(
        {"invoice": invoice.id, "status": "paid"}
    )
    intent = payments.data[0].payment.payment_intent

    refund = await play.stripe.v1.refunds.create_async({"payment_intent": intent, "amount": 900})

    charge = await play.stripe.v1.charges.retrieve_async(refund.charge)
    assert (charge.amount, charge.amount_refunded) == (2900, 900)
    assert (await life.now("latest_invoice")).latest_invoice.amount_paid == 2900


async def test_the_payment_of_an_invoice_is_left_to_the_invoice(play: Playground) -> None:
    life = await begin_life(play, None, payment_behavior="default_incomplete")
    invoice = (await life.now("latest_invoice.payments")).latest_invoice
    intent = invoice.payments.data[0].payment.payment_intent

    with pytest.raises(stripe.InvalidRequestError, match="belongs to an invoice"):
        await play.stripe.v1.payment_intents.cancel_async(intent)


async def test_the_page_of_a_draft_and_its_pdf_are_not_there_yet(play: Playground) -> None:
    _, draft = await _drafted(play)

    assert (draft.hosted_invoice_url, draft.invoice_pdf) == (None, None)


async def test_the_page_refuses_a_wrong_number_and_a_foreign_secret(play: Playground) -> None:
    _, invoice = await _unpaid(play)

    wrong = await pay_on_page(play, invoice, "4242424242424241")
    foreign = await play.http.post(invoice.hosted_invoice_url + "x", data={"card": "1"})
    confirmation = await play.http.get(invoice.hosted_invoice_url + "/confirm")

    assert (wrong.status_code, foreign.status_code) == (402, 404)
    assert 'aria-invalid="true"' in wrong.text
    assert confirmation.headers["location"] in invoice.hosted_invoice_url


async def test_all_that_a_subscription_names_can_be_expanded(play: Playground) -> None:
    life = await begin_life(play)
    card = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_mastercard", {"customer": life.customer.id}
    )
    await life.update(default_payment_method=card.id)

    shown = await life.now(
        "customer",
        "default_payment_method",
        "items.data.price.product",
        "latest_invoice.payments",
    )

    assert shown["items"].data[0].price.product.name == "Pro"
    assert shown.default_payment_method.card.brand == "mastercard"
    assert shown.latest_invoice.payments.data[0].status == "paid"


async def test_an_invoice_item_is_retrieved(play: Playground) -> None:
    life = await begin_life(play)
    await life.to(SPRING + 5 * DAY)
    item = (await life.now())["items"].data[0]
    await life.update(items=[{"id": item.id, "quantity": 2}])

    items = (await play.stripe.v1.invoice_items.list_async({"pending": True})).data
    one = await play.stripe.v1.invoice_items.retrieve_async(items[0].id)

    assert (one.id, one.invoice, one.proration) == (items[0].id, None, True)
    assert one.parent.subscription_details.subscription_item == item.id


async def test_too_small_an_amount_is_owed_until_the_next_invoice(play: Playground) -> None:
    # 40 cents are less than a card can be charged; the second month they make 80.
    life = await begin_life(play, amount=40)
    first = (await life.invoices())[0]

    await life.to(first.created + 31 * DAY + HOUR)

    second = (await life.invoices())[1]
    assert (first.total, first.amount_due, first.ending_balance, first.status) == (
        40,
        0,
        40,
        "paid",
    )
    assert (second.starting_balance, second.amount_due, second.amount_paid) == (40, 80, 80)


async def test_a_paused_subscription_is_resumed_twice(play: Playground) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    life = await begin_life(play, None, trial_period_days=7, trial_settings=settings)
    await life.to(SPRING + 8 * DAY)
    subscriptions = play.stripe.v1.subscriptions

    await subscriptions.resume_async(life.id)
    first = (await life.invoices())[-1]
    await life.to(SPRING + 9 * DAY)
    again = await subscriptions.resume_async(life.id)
    await pay_on_page(play, (await life.invoices())[-1])

    expired = await play.stripe.v1.invoices.retrieve_async(first.id)
    assert (expired.status, again.status) == ("void", "paused")
    assert (await life.now()).status == "active"
    with pytest.raises(stripe.InvalidRequestError, match="paused"):
        await subscriptions.resume_async(life.id)
