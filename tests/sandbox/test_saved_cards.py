"""Cards that are saved for renewals."""

import pytest
import stripe

from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import all_events


async def test_a_detached_card_is_nobodys_default(play: Playground) -> None:
    customer = await play.customer_with_card()
    cards = await play.stripe.v1.payment_methods.list_async({"customer": customer.id})

    await play.stripe.v1.payment_methods.detach_async(cards.data[0].id)

    found = await play.stripe.v1.customers.retrieve_async(customer.id)
    assert found.invoice_settings.default_payment_method is None


async def test_a_card_that_its_bank_declines_is_not_saved(play: Playground) -> None:
    customer = await play.customer()

    with pytest.raises(stripe.CardError) as refusal:
        await play.stripe.v1.payment_methods.attach_async(
            "pm_card_visa_chargeDeclinedInsufficientFunds", {"customer": customer.id}
        )

    assert refusal.value.code == "card_declined"
    assert "payment_method.attached" not in await all_events(play)


async def test_a_saved_card_is_found_as_a_setup_intent(play: Playground) -> None:
    customer = await play.customer()
    session = await play.subscribe(
        await play.plan(), customer, subscription_data={"trial_period_days": 7}
    )
    await play.pay(session)

    found = await play.stripe.v1.setup_intents.list_async({"customer": customer.id})
    one = await play.stripe.v1.setup_intents.retrieve_async(
        found.data[0].id, {"expand": ["payment_method"]}
    )

    assert (one.status, one.usage, one.payment_method.customer) == (
        "succeeded",
        "off_session",
        customer.id,
    )
