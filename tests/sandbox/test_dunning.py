"""Payments of renewals that fail: retries, recovery and the end, and first payments."""

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import begin_life, pay_on_page

HOUR = 3600


async def test_a_failed_renewal_is_tried_again_and_then_ends_the_subscription(
    play: Playground,
) -> None:
    life = await begin_life(play, trial_period_days=14)
    bad = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": life.customer.id}
    )
    await play.set_default_card(life.customer, bad)
    await life.to(SPRING + 14 * DAY)
    await life.mark()
    failed_at = SPRING + 14 * DAY + HOUR

    await life.to(failed_at)
    first = await life.events()
    owing = await life.now("latest_invoice", "customer")
    tried = []
    for days in (3, 5, 7):
        await life.to(failed_at + days * DAY - 1)
        tried.append((await life.now("latest_invoice")).latest_invoice.attempt_count)
    await life.mark()
    await life.to(failed_at + 7 * DAY)

    assert first == [
        "invoice.finalized",
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.updated",
    ]
    assert (owing.status, owing.customer.delinquent) == ("past_due", True)
    assert owing.latest_invoice.next_payment_attempt == failed_at + 3 * DAY
    assert tried == [1, 2, 3]
    ended = await life.now("latest_invoice", "customer")
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert (ended.latest_invoice.status, ended.latest_invoice.attempt_count) == ("open", 4)
    assert ended.latest_invoice.next_payment_attempt is None
    assert ended.customer.delinquent is False
    assert await life.events() == [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "invoice.updated",
        "customer.subscription.deleted",
        "customer.updated",
    ]


async def test_a_new_card_recovers_at_the_next_try(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    good = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": life.customer.id}
    )

    await play.set_default_card(life.customer, good)
    await life.to(SPRING + 4 * DAY + HOUR)

    subscription = await life.now("latest_invoice", "customer")
    assert (subscription.status, subscription.latest_invoice.status) == ("active", "paid")
    assert subscription.customer.delinquent is False


async def test_a_new_card_and_a_payment_by_the_api_recover_at_once(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    good = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": life.customer.id}
    )

    paid = await play.stripe.v1.invoices.pay_async(
        (await life.invoices())[-1].id, {"payment_method": good.id}
    )

    assert (paid.status, paid.attempt_count, paid.next_payment_attempt) == ("paid", 1, None)
    assert (await life.now()).status == "active"


async def test_a_lost_card_is_not_asked_again(play: Playground) -> None:
    life = await begin_life(play, trial_period_days=1)
    await play.control(f"customers/{life.customer.id}/next_charge", {"outcome": "lost_card"})
    await life.to(SPRING + DAY + HOUR)

    await life.to(SPRING + 7 * DAY + 12 * HOUR)
    before = (await life.now("latest_invoice")).latest_invoice.attempt_count
    await life.to(SPRING + 9 * DAY)

    assert before == 3  # those that were due count, although the bank was not asked
    assert (await life.now()).status == "canceled"


async def test_a_renewal_that_needs_its_owner_is_confirmed_on_the_page(play: Playground) -> None:
    life = await begin_life(play, "pm_card_authenticationRequired", trial_period_days=1)
    await life.to(SPRING + DAY)
    await life.mark()
    await life.to(SPRING + DAY + HOUR)
    invoice = (await life.now("latest_invoice.confirmation_secret")).latest_invoice

    assert await life.events() == [
        "invoice.finalized",
        "payment_intent.created",
        "payment_intent.requires_action",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.updated",
    ]
    assert invoice.confirmation_secret.client_secret.startswith("pi_")
    confirmation = invoice.hosted_invoice_url + "/confirm"
    shown = await play.http.get(invoice.hosted_invoice_url)
    page = await play.http.get(confirmation)
    refused = await play.http.post(confirmation, data={"action": "fail"})
    await pay_on_page(play, invoice, "4000002760003184")
    paid = await play.http.post(confirmation, data={"action": "complete"})

    assert "Confirm the payment with your bank" in shown.text
    assert "€29.00" in page.text
    assert (refused.status_code, paid.status_code) == (402, 303)
    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.status) == ("active", "paid")


async def test_another_card_on_the_page_pays_and_renews_from_then_on(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    invoice = (await life.invoices())[-1]

    refused = await pay_on_page(play, invoice, "4000000000009995")
    paid = await pay_on_page(play, invoice, "5555555555554444")
    again = await play.http.get(invoice.hosted_invoice_url)

    assert "insufficient funds" in refused.text
    assert paid.status_code == 303
    assert 'name="card"' not in again.text
    subscription = await life.now("default_payment_method")
    assert subscription.status == "active"
    assert subscription.default_payment_method.card.brand == "mastercard"


async def test_a_first_payment_that_fails_leaves_it_incomplete_for_aday_of(
    play: Playground,
) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail")
    incomplete = await life.now("latest_invoice")

    await life.to(SPRING + 23 * HOUR)

    assert (incomplete.status, incomplete.latest_invoice.status) == ("incomplete", "open")
    expired = await life.now("latest_invoice")
    assert (expired.status, expired.latest_invoice.status) == ("incomplete_expired", "void")


async def test_an_incomplete_subscription_is_completed_on_the_page(play: Playground) -> None:
    life = await begin_life(play, None, payment_behavior="default_incomplete")
    invoice = (await life.now("latest_invoice")).latest_invoice

    await pay_on_page(play, invoice)

    assert (await life.now()).status == "active"


async def test_without_a_card_nothing_is_tried_again(play: Playground) -> None:
    settings = {"end_behavior": {"missing_payment_method": "create_invoice"}}
    life = await begin_life(play, None, trial_period_days=1, trial_settings=settings)

    await life.to(SPRING + 8 * DAY)
    invoice = (await life.invoices())[-1]
    await life.to(SPRING + 8 * DAY + HOUR)

    assert (invoice.attempt_count, invoice.status) == (1, "open")
    assert (await life.now()).status == "canceled"
