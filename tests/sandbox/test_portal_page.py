"""What the page of the customer portal lets customers do."""

import pytest

from tests.sandbox.playground import CARD, Playground
from tests.sandbox.portals import new_configuration, open_portal, press


async def test_a_session_leads_to_a_page_that_shows_everything(play: Playground) -> None:
    customer = await play.customer_with_card()
    await play.subscription(customer, await play.plan(3000))
    invoice = (await play.stripe.v1.invoices.list_async()).data[0]
    session = await open_portal(play, customer, return_url="http://shop.test/back")

    page = await play.http.get(session.url, headers={"accept-language": "en"})

    assert session.url.endswith(f"/p/session/{session.id}")
    for words in ("Pro", "€30.00", "•••• 4242", invoice.number, "http://shop.test/back"):
        assert words in page.text
    assert "<script" not in page.text


async def test_the_page_speaks_french(play: Playground) -> None:
    session = await open_portal(play, await play.customer(), locale="fr")

    assert "Coordonnées de facturation" in (await play.http.get(session.url)).text


async def test_a_new_card_is_charged_from_now_on(play: Playground) -> None:
    customer = await play.customer()
    subscribed = await play.subscribe(await play.plan(3000), customer)
    await play.pay(subscribed)
    session = await open_portal(play, customer)

    answer = await press(play, session, "card", **{**CARD, "card": "5555555555554444"})

    assert answer.status_code == 303
    subscription = (
        await play.stripe.v1.subscriptions.list_async(
            {"customer": customer.id, "expand": ["data.default_payment_method"]}
        )
    ).data[0]
    assert subscription.default_payment_method.card.brand == "mastercard"
    shown = await play.stripe.v1.customers.retrieve_async(customer.id)
    default = shown.invoice_settings.default_payment_method
    assert default == subscription.default_payment_method.id


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"card": "4242424242424241"}, "card number is not correct"),
        ({"card": "4000000000000002"}, "was declined"),
        ({"exp": "01/20"}, "expiry date"),
    ],
    ids=["luhn", "declined", "expired"],
)
async def test_a_card_that_does_not_work_is_not_saved(
    play: Playground, typed: dict[str, str], words: str
) -> None:
    customer = await play.customer()
    session = await open_portal(play, customer)

    answer = await press(play, session, "card", **{**CARD, **typed})

    assert (answer.status_code, words in answer.text) == (402, True)
    methods = await play.stripe.v1.payment_methods.list_async({"customer": customer.id})
    assert methods.data == []


@pytest.mark.parametrize(("choice", "saved"), [("complete", 1), ("fail", 0)])
async def test_a_bank_asks_the_owner_of_a_new_card(
    play: Playground, choice: str, saved: int
) -> None:
    customer = await play.customer()
    session = await open_portal(play, customer)

    sent = await press(play, session, "card", **{**CARD, "card": "4000002500003155"})
    page = await play.http.get(sent.headers["location"])
    await play.http.post(sent.headers["location"], data={"action": choice})

    assert 'value="complete"' in page.text
    methods = await play.stripe.v1.payment_methods.list_async({"customer": customer.id})
    assert len(methods.data) == saved


async def test_a_customer_cancels_with_a_reason_and_changes_their_mind(play: Playground) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    session = await open_portal(play, customer)
    subscriptions = play.stripe.v1.subscriptions

    await press(
        play,
        session,
        "cancel",
        subscription=subscription.id,
        feedback="too_expensive",
        comment="Sorry",
    )
    canceled = await subscriptions.retrieve_async(subscription.id)
    await press(play, session, "resume", subscription=subscription.id)
    resumed = await subscriptions.retrieve_async(subscription.id)

    assert canceled.cancel_at_period_end
    details = canceled.cancellation_details
    assert (details.feedback, details.comment) == ("too_expensive", "Sorry")
    assert not resumed.cancel_at_period_end
    assert (await play.event_types())[-1] == "customer.subscription.updated"


async def test_a_configuration_may_cancel_at_once(play: Playground) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    configuration = await new_configuration(
        play, subscription_cancel={"enabled": True, "mode": "immediately"}
    )
    session = await open_portal(play, customer, configuration=configuration.id)

    await press(play, session, "cancel", subscription=subscription.id)

    after = await play.stripe.v1.subscriptions.retrieve_async(subscription.id)
    assert after.status == "canceled"


async def test_details_and_tax_ids_are_the_customers_to_change(play: Playground) -> None:
    customer = await play.customer()
    session = await open_portal(play, customer)

    await press(
        play,
        session,
        "details",
        name="Zoé SARL",
        email="new@example.org",
        country="FR",
        city="Lyon",
    )
    await press(play, session, "add_tax_id", value="DE000000000")
    await press(play, session, "add_tax_id", value="DE111111111")
    tax_ids = (await play.stripe.v1.customers.tax_ids.list_async(customer.id)).data
    await press(play, session, "remove_tax_id", tax_id=tax_ids[0].id)

    after = await play.stripe.v1.customers.retrieve_async(customer.id, {"expand": ["tax_ids"]})
    assert (after.name, after.email, after.to_dict()["address"]["city"]) == (
        "Zoé SARL",
        "new@example.org",
        "Lyon",
    )
    assert [one.value for one in after.tax_ids.data] == ["DE000000000"]
    assert "DE000000000" in (await play.http.get(session.url)).text


@pytest.mark.parametrize(
    ("action", "typed", "words"),
    [
        ("details", {"email": "nothing"}, "e-mail address is not valid"),
        ("add_tax_id", {"value": "12"}, "VAT number is not valid"),
        ("cancel", {"subscription": "sub_x"}, "not possible"),
        ("resume", {"subscription": "sub_x"}, "not possible"),
        ("remove_tax_id", {"tax_id": "txi_x"}, "not possible"),
        ("confirm_update", {}, "not possible"),
    ],
)
async def test_what_does_not_work_is_said_and_changes_nothing(
    play: Playground, action: str, typed: dict[str, str], words: str
) -> None:
    session = await open_portal(play, await play.customer())
    seen = len(await play.event_types())

    answer = await press(play, session, action, **typed)

    assert (answer.status_code, words in answer.text) == (402, True)
    assert await play.events_since(seen) == []


async def test_features_that_are_off_are_neither_shown_nor_done(play: Playground) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    configuration = await play.stripe.v1.billing_portal.configurations.create_async(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    session = await open_portal(play, customer, configuration=configuration.id)

    page = await play.http.get(session.url)
    answer = await press(play, session, "cancel", subscription=subscription.id)

    assert 'value="cancel"' not in page.text
    assert 'name="card"' not in page.text
    assert answer.status_code == 402
    after = await play.stripe.v1.subscriptions.retrieve_async(subscription.id)
    assert not after.cancel_at_period_end


async def test_a_flow_ends_where_it_says(play: Playground) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    session = await open_portal(
        play,
        customer,
        flow_data={
            "type": "subscription_cancel",
            "subscription_cancel": {"subscription": subscription.id},
            "after_completion": {
                "type": "redirect",
                "redirect": {"return_url": "http://shop.test/canceled"},
            },
        },
    )

    answer = await press(play, session, "cancel", subscription=subscription.id)

    assert session.flow.subscription_cancel.subscription == subscription.id
    assert answer.headers["location"] == "http://shop.test/canceled"


async def test_a_proposed_change_is_confirmed_on_the_page(play: Playground) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(3000))
    better = await play.plan(9000)
    configuration = await new_configuration(
        play,
        subscription_update={
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "always_invoice",
            "products": [{"product": better.product, "prices": [better.id]}],
        },
    )
    item = subscription["items"].data[0].id
    session = await open_portal(
        play,
        customer,
        configuration=configuration.id,
        flow_data={
            "type": "subscription_update_confirm",
            "subscription_update_confirm": {
                "subscription": subscription.id,
                "items": [{"id": item, "price": better.id, "quantity": 1}],
            },
            "after_completion": {"type": "hosted_confirmation"},
        },
    )

    answer = await press(play, session, "confirm_update")

    assert "can close this page" in answer.text
    after = await play.stripe.v1.subscriptions.retrieve_async(subscription.id)
    assert after["items"].data[0].price.id == better.id


async def test_a_session_lives_for_an_hour(play: Playground) -> None:
    session = await open_portal(play, await play.customer())

    await play.advance("PT1H")

    assert (await play.http.get(session.url)).status_code == 404
    assert (await press(play, session, "details")).status_code == 404
    assert (await play.http.get(session.url + "/confirm")).status_code == 404
