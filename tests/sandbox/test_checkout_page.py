import pytest

from tests.sandbox.playground import Playground

DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline", "was declined"),
    ("4000000000009995", "card_declined", "insufficient_funds", "insufficient funds"),
    ("4000000000009987", "card_declined", "lost_card", "was declined"),
    ("4000000000009979", "card_declined", "stolen_card", "was declined"),
    ("4000000000000069", "expired_card", "expired_card", "has expired"),
    ("4000000000000127", "incorrect_cvc", "incorrect_cvc", "security code is incorrect"),
    ("4000000000000119", "processing_error", "processing_error", "could not be processed"),
    ("4000000000000341", "card_declined", "generic_decline", "was declined"),
]


async def test_paying_goes_back_to_the_shop_and_tells_in_order(play: Playground) -> None:
    customer = await play.customer()
    session = await play.session(customer=customer.id, invoice_creation={"enabled": True})
    seen = len(await play.event_types())

    answer = await play.pay(session)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://shop.test/done?sid={session.id}"
    assert await play.events_since(seen) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.created",
        "invoice.finalized",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


async def test_a_paid_session_leads_to_charge_and_fee(play: Playground) -> None:
    session = await play.session(1000, payment_intent_data={"transfer_group": "order_1"})

    await play.pay(session)

    paid = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    charge = paid.payment_intent.latest_charge
    assert charge.transfer_group == "order_1"
    assert charge.payment_method_details.card.last4 == "4242"
    booked = charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net, booked.status) == (1000, 40, 960, "pending")
    assert booked.available_on == (booked.created // 86_400 + 7) * 86_400


@pytest.mark.parametrize(
    ("card", "code", "reason", "words"), DECLINES, ids=[row[0][-4:] for row in DECLINES]
)
async def test_a_declined_card_leaves_the_session_open(
    play: Playground, card: str, code: str, reason: str, words: str
) -> None:
    session = await play.session()
    seen = len(await play.event_types())

    answer = await play.pay(session, card=card)

    assert answer.status_code == 402
    assert words in answer.text
    assert 'name="card"' in answer.text
    assert await play.events_since(seen) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    again = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent"]}
    )
    error = again.payment_intent.last_payment_error
    assert (again.status, error.code, error.decline_code) == ("open", code, reason)


async def test_another_card_pays_after_a_decline(play: Playground) -> None:
    session = await play.session()
    await play.pay(session, card="4000000000000002")

    answer = await play.pay(session, card="5555 5555 5555 4444", exp="12/2034")

    assert answer.status_code == 303
    charges = await play.stripe.v1.charges.list_async()
    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]
    assert (await play.event_types()).count("payment_intent.created") == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"card": "4242 4242 4242 4241"}, "card number is not correct"),
        ({"card": ""}, "card number is not correct"),
        ({"card": "4111 1111 1111 1111"}, "test cards"),
        ({"exp": "01/20"}, "expiry date"),
        ({"exp": "13/34"}, "expiry date"),
        ({"exp": "soon"}, "expiry date"),
        ({"cvc": "12"}, "three or four digits"),
    ],
    ids=["luhn", "empty", "no test card", "past", "month 13", "words", "cvc"],
)
async def test_mistyped_values_are_named_and_change_nothing(
    play: Playground, typed: dict[str, str], words: str
) -> None:
    session = await play.session()
    seen = len(await play.event_types())

    answer = await play.pay(session, **typed)

    assert answer.status_code == 402
    assert words in answer.text
    assert 'value="Zoé Client"' in answer.text
    assert await play.events_since(seen) == []


async def test_the_page_shows_what_is_sold_and_the_way_back(play: Playground) -> None:
    session = await play.session(123_456)

    page = await play.http.get(f"/c/pay/{session.id}", headers={"accept-language": "en"})

    assert page.status_code == 200
    assert "Agent" in page.text
    assert "€1,234.56" in page.text
    assert 'href="http://shop.test/no"' in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("locale", "header", "words"),
    [
        (None, "fr-FR,fr;q=0.9,en;q=0.8", "Numéro de carte"),
        (None, "de,en;q=0.5,fr;q=0.2", "Card number"),
        ("fr", "en", "1\u202f234,56\u00a0€"),
        ("auto", "fr", "Payer"),
        (None, "", "Card number"),
    ],
    ids=["browser french", "browser english", "session french", "auto", "nothing"],
)
async def test_the_page_speaks_french_and_english(
    play: Playground, locale: str | None, header: str, words: str
) -> None:
    session = await play.session(123_456, locale=locale)

    page = await play.http.get(f"/c/pay/{session.id}", headers={"accept-language": header})

    assert words in page.text


async def test_a_finished_session_says_so_and_takes_no_second_payment(play: Playground) -> None:
    session = await play.session()
    await play.pay(session)
    seen = len(await play.event_types())

    page = await play.http.get(f"/c/pay/{session.id}")
    second = await play.pay(session)

    assert "already paid" in page.text
    assert "already paid" in second.text
    assert await play.events_since(seen) == []


async def test_expired_and_unknown_sessions_have_their_own_pages(play: Playground) -> None:
    session = await play.session()
    await play.stripe.v1.checkout.sessions.expire_async(session.id)

    gone = await play.pay(session)
    unknown = await play.http.get("/c/pay/cs_test_nothing")

    assert (gone.status_code, "has expired" in gone.text) == (410, True)
    assert unknown.status_code == 404


@pytest.mark.parametrize("card", ["4000002760003184", "4000002500003155"])
async def test_a_card_of_3d_secure_pays_once_its_owner_confirms(
    play: Playground, card: str
) -> None:
    session = await play.session()

    sent = await play.pay(session, card=card)
    assert sent.headers["location"] == f"/c/pay/{session.id}/confirm"
    page = await play.http.get(sent.headers["location"])
    done = await play.http.post(sent.headers["location"], data={"action": "complete"})

    assert 'value="complete"' in page.text
    assert done.headers["location"] == f"http://shop.test/done?sid={session.id}"
    charge = (await play.stripe.v1.charges.list_async()).data[0]
    details = charge.to_dict()["payment_method_details"]
    assert details["card"]["three_d_secure"]["result"] == "authenticated"
    assert "payment_intent.requires_action" in await play.event_types()


async def test_an_owner_who_refuses_is_back_at_the_form(play: Playground) -> None:
    session = await play.session()
    await play.pay(session, card="4000002760003184")

    refused = await play.http.post(f"/c/pay/{session.id}/confirm", data={"fail": "1"})
    again = await play.http.get(f"/c/pay/{session.id}/confirm")

    assert (refused.status_code, "did not confirm" in refused.text) == (402, True)
    assert (again.status_code, again.headers["location"]) == (303, f"/c/pay/{session.id}")
    assert (await play.stripe.v1.charges.list_async()).data == []
    assert (await play.event_types())[-1] == "payment_intent.payment_failed"


async def test_the_receipt_shows_amount_and_refund(play: Playground) -> None:
    charge = await play.sale(1000)
    await play.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 250})

    page = await play.http.get(charge.receipt_url)
    foreign = await play.http.get(charge.receipt_url[:-3] + "abc")

    assert "€10.00" in page.text
    assert "€2.50" in page.text
    assert foreign.status_code == 404


async def test_a_guest_leaves_name_and_email(play: Playground) -> None:
    session = await play.session(customer_creation="always")

    page = await play.http.get(f"/c/pay/{session.id}")
    await play.pay(session, email="guest@example.org")

    assert 'name="email"' in page.text
    paid = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["customer"]}
    )
    assert paid.customer.email == "guest@example.org"
    details = paid.to_dict()["customer_details"]
    assert (details["email"], details["name"]) == ("guest@example.org", "Zoé Client")


async def test_a_planned_outcome_hits_the_next_payment_only(play: Playground) -> None:
    customer = await play.customer()
    await play.control(f"customers/{customer.id}/next_charge", {"outcome": "insufficient_funds"})
    session = await play.session(customer=customer.id)

    first, second = await play.pay(session), await play.pay(session)

    assert (first.status_code, second.status_code) == (402, 303)
    assert "insufficient funds" in first.text


async def test_funds_of_one_card_are_there_at_once(play: Playground) -> None:
    charge = await play.sale(1000, card="4000000000000077")

    assert charge.balance_transaction.status == "available"
    assert await play.balance() == (960, 0)


async def test_every_valid_number_that_begins_424242_pays_and_is_another_card(
    play: Playground,
) -> None:
    numbers = ("4242424242424242", "4242420000000000", "4242420000000018", "4242421234567897")

    charges = [await play.sale(1000, card=number) for number in numbers]
    again = await play.sale(1000, card=numbers[1])

    prints = [charge.payment_method_details.card.fingerprint for charge in charges]
    assert len(set(prints)) == len(numbers)
    assert again.payment_method_details.card.fingerprint == prints[1]
    refund = await play.stripe.v1.refunds.create_async({"charge": charges[1].id})
    assert refund.status == "succeeded"


@pytest.mark.parametrize("number", ["4242420000000001", "424242000000000", "4242430000000009"])
async def test_other_numbers_are_no_test_cards(play: Playground, number: str) -> None:
    answer = await play.pay(await play.session(), card=number)

    assert answer.status_code == 402
