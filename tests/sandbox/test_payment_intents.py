from typing import Any

import pytest
import stripe

from tests.sandbox.playground import URL, Playground

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


async def _intent(play: Playground, **values: Any) -> Any:
    return await play.stripe.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "automatic_payment_methods": NO_REDIRECTS,
            **values,
        }
    )


async def test_an_intent_is_paid_in_one_call(play: Playground) -> None:
    intent = await _intent(play, payment_method="pm_card_visa", confirm=True)

    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    assert await play.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


async def test_an_intent_goes_through_its_states(play: Playground) -> None:
    intents = play.stripe.v1.payment_intents
    created = await _intent(play)
    with_method = await intents.update_async(
        created.id, {"payment_method": "pm_card_visa", "amount": 1200}
    )
    paid = await intents.confirm_async(created.id)

    assert [one.status for one in (created, with_method, paid)] == [
        "requires_payment_method",
        "requires_confirmation",
        "succeeded",
    ]
    assert paid.amount_received == 1200
    found = await intents.retrieve_async(created.id, {"expand": ["payment_method"]})
    assert found.payment_method.card.brand == "visa"


async def test_a_decline_is_402_and_leaves_its_traces(play: Playground) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await _intent(
            play, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds", confirm=True
        )

    error: Any = declined.value
    assert (error.code, error.error.decline_code) == ("card_declined", "insufficient_funds")
    assert error.error.charge.startswith("ch_")
    assert error.error.payment_intent.status == "requires_payment_method"
    assert "payment_intent.payment_failed" in await play.event_types()
    assert (await play.stripe.v1.charges.list_async()).data[0].status == "failed"


async def test_a_declined_intent_can_be_paid_with_another_card(play: Playground) -> None:
    intent = await _intent(play)
    with pytest.raises(stripe.CardError):
        await play.stripe.v1.payment_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_visa_chargeDeclined"}
        )

    paid = await play.stripe.v1.payment_intents.confirm_async(
        intent.id, {"payment_method": "pm_card_mastercard"}
    )

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


async def test_3d_secure_sends_the_owner_away_and_back(play: Playground) -> None:
    intent = await play.stripe.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "http://shop.test/back?order=1",
        }
    )

    assert intent.status == "requires_action"
    url = intent.next_action.redirect_to_url.url
    assert url.startswith(URL)
    page = await play.http.get(url)
    sent = await play.http.post(url, data={"complete": ""})
    assert "confirm" in page.text
    assert sent.headers["location"].startswith("http://shop.test/back?order=1&payment_intent=pi_")
    assert sent.headers["location"].endswith("redirect_status=succeeded")
    paid = await play.stripe.v1.payment_intents.retrieve_async(intent.id)
    assert paid.status == "succeeded"
    assert (await play.http.post(url, data={"complete": ""})).status_code == 404


async def test_an_owner_who_refuses_fails_the_intent(play: Playground) -> None:
    intent = await play.stripe.v1.payment_intents.create_async(
        {
            "amount": 1000,
            "currency": "eur",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "http://shop.test/back",
        }
    )

    sent = await play.http.post(intent.next_action.redirect_to_url.url, data={"action": "fail"})

    assert sent.headers["location"].endswith("redirect_status=failed")
    failed = await play.stripe.v1.payment_intents.retrieve_async(intent.id)
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


async def test_off_session_a_card_of_3d_secure_is_declined(play: Playground) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await _intent(
            play,
            payment_method="pm_card_authenticationRequired",
            confirm=True,
            off_session=True,
        )

    assert declined.value.code == "authentication_required"


async def test_a_card_that_was_set_up_pays_off_session(play: Playground) -> None:
    customer = await play.customer()
    method = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_authenticationRequiredOnSetup", {"customer": customer.id}
    )

    intent = await _intent(
        play, customer=customer.id, payment_method=method.id, confirm=True, off_session=True
    )

    assert intent.status == "succeeded"


async def test_a_canceled_intent_is_over(play: Playground) -> None:
    intent = await _intent(play)

    canceled = await play.stripe.v1.payment_intents.cancel_async(
        intent.id, {"cancellation_reason": "abandoned"}
    )

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert (await play.event_types())[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.payment_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_visa"}
        )
    assert refusal.value.code == "payment_intent_unexpected_state"


async def test_intents_are_listed_by_customer(play: Playground) -> None:
    customer = await play.customer()
    intent = await _intent(play, customer=customer.id)
    await _intent(play)

    found = await play.stripe.v1.payment_intents.list_async({"customer": customer.id})

    assert [one.id for one in found.data] == [intent.id]


async def test_a_saved_card_belongs_to_its_customer(play: Playground) -> None:
    customer, other = await play.customer(), await play.customer()
    await _intent(
        play,
        customer=customer.id,
        payment_method="pm_card_visa",
        confirm=True,
        setup_future_usage="off_session",
    )

    saved = await play.stripe.v1.payment_methods.list_async({"customer": customer.id})
    of_customer = await play.stripe.v1.customers.payment_methods.list_async(customer.id)

    assert [one.card.last4 for one in saved.data] == ["4242"]
    assert [one.id for one in of_customer.data] == [saved.data[0].id]
    with pytest.raises(stripe.InvalidRequestError, match="another Customer"):
        await _intent(play, customer=other.id, payment_method=saved.data[0].id, confirm=True)


async def test_a_detached_card_is_used_up(play: Playground) -> None:
    customer = await play.customer()
    methods = play.stripe.v1.payment_methods
    method = await methods.attach_async("pm_card_visa", {"customer": customer.id})
    await play.stripe.v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )

    detached = await methods.detach_async(method.id)

    assert detached.customer is None
    assert (await methods.retrieve_async(method.id)).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await _intent(play, payment_method=method.id, confirm=True)
    assert "payment_method.detached" in await play.event_types()


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"currency": "usd"}, "currency", None),
        ({"confirm": True}, "payment_method", "payment_intent_unexpected_state"),
        ({"capture_method": "manual"}, "capture_method", None),
        ({"off_session": True}, "off_session", None),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"payment_method": "pm_nothing"}, "payment_method", "resource_missing"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_intent_that_cannot_be_is_refused(
    loose: Playground, wrong: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _intent(loose, **wrong)

    assert (refusal.value.param, refusal.value.code) == (param, code)


async def test_a_possible_redirect_needs_a_return_url(play: Playground) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.payment_intents.create_async(
            {
                "amount": 1000,
                "currency": "eur",
                "payment_method": "pm_card_visa",
                "confirm": True,
            }
        )

    assert refusal.value.param == "return_url"
