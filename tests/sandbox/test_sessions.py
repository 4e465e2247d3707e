import time
from typing import Any

import pytest
import stripe

from tests.sandbox.playground import URL, Playground


async def test_a_session_opens_with_its_page_and_total(play: Playground) -> None:
    customer = await play.customer()

    session = await play.session(
        1900,
        customer=customer.id,
        client_reference_id="order_1",
        metadata={"kind": "agent"},
        locale="auto",
        ui_mode="hosted_page",
        adaptive_pricing={"enabled": False},
        automatic_tax={"enabled": False},
        payment_intent_data={"transfer_group": "order_1", "metadata": {"sale": "1"}},
        invoice_creation={"enabled": True, "invoice_data": {"metadata": {"sale": "1"}}},
    )

    assert session.url == f"{URL}/c/pay/{session.id}"
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_subtotal, session.amount_total) == (1900, 1900)
    assert session.customer_details.email == "zoe@example.org"
    assert session.payment_intent is None
    assert session.invoice_creation.enabled


async def test_line_items_are_there_when_asked_for(play: Playground) -> None:
    price = await play.price(700)
    session = await play.session(
        line_items=[
            {"price": price.id, "quantity": 2},
            {
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 300,
                    "product_data": {"name": "Extra"},
                },
                "quantity": 1,
            },
        ]
    )

    expanded = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["line_items.data.price.product"]}
    )
    listed = await play.stripe.v1.checkout.sessions.line_items.list_async(session.id, {"limit": 1})

    lines = expanded.line_items
    assert [(line.description, line.amount_total) for line in lines.data] == [
        ("Agent", 1400),
        ("Extra", 300),
    ]
    assert lines.data[0].price.product.name == "Agent"
    assert (len(listed.data), listed.has_more) == (1, True)
    assert "line_items" not in session.to_dict()
    assert session.amount_total == 1700


async def test_sessions_are_found_by_customer_intent_and_status(play: Playground) -> None:
    customer = await play.customer()
    session = await play.session(customer=customer.id)
    await play.session(customer_email="other@example.org")

    found = await play.stripe.v1.checkout.sessions.list_async(
        {"customer": customer.id, "status": "open"}
    )
    by_email = await play.stripe.v1.checkout.sessions.list_async(
        {"customer_details": {"email": "other@example.org"}}
    )

    assert [one.id for one in found.data] == [session.id]
    assert len(by_email.data) == 1


async def test_an_open_session_can_be_expired_once(play: Playground) -> None:
    session = await play.session()

    expired = await play.stripe.v1.checkout.sessions.expire_async(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    assert (await play.event_types())[-1] == "checkout.session.expired"
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        await play.stripe.v1.checkout.sessions.expire_async(session.id)


async def test_a_session_expires_by_itself_after_a_day(play: Playground) -> None:
    session = await play.session()

    await play.advance("PT23H")
    before = await play.stripe.v1.checkout.sessions.retrieve_async(session.id)
    await play.advance("PT2H")
    after = await play.stripe.v1.checkout.sessions.retrieve_async(session.id)

    assert (before.status, after.status) == ("open", "expired")
    event = (await play.stripe.v1.events.list_async({"type": "checkout.session.expired"})).data[0]
    assert event.created - session.created == 24 * 3600


async def test_expiry_is_wall_time_whatever_the_clock_shows(play: Playground) -> None:
    await play.advance("P10D")

    session = await play.session(expires_at=int(time.time()) + 1800)

    assert session.expires_at <= int(time.time()) + 1800
    assert session.created > int(time.time()) + 9 * 86_400
    await play.advance("PT29M")
    open_still = await play.stripe.v1.checkout.sessions.retrieve_async(session.id)
    await play.advance("PT2M")
    closed = await play.stripe.v1.checkout.sessions.retrieve_async(session.id)
    assert (open_still.status, closed.status) == ("open", "expired")


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"mode": None}, "mode", "parameter_missing"),
        ({"success_url": None}, "success_url", "parameter_missing"),
        ({"success_url": "nowhere"}, "success_url", "url_invalid"),
        ({"line_items": None}, "line_items", "parameter_missing"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "parameter_missing"),
        ({"expires_at": 60}, "expires_at", None),
        ({"expires_at": 90_000}, "expires_at", None),
        ({"customer": "cus_nobody"}, "customer", "resource_missing"),
        ({"mode": "setup"}, "mode", None),
        ({"adaptive_pricing": {"enabled": True}}, "adaptive_pricing[enabled]", None),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        (
            {"payment_intent_data": {"application_fee_amount": 1}},
            "payment_intent_data[application_fee_amount]",
            None,
        ),
        ({"payment_method_collection": "always"}, "payment_method_collection", None),
        ({"locale": "klingon"}, "locale", None),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_session_that_cannot_be_is_refused(
    loose: Playground, wrong: dict[str, Any], param: str, code: str | None
) -> None:
    if "expires_at" in wrong:
        wrong = {"expires_at": int(time.time()) + wrong["expires_at"]}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.session(**wrong)

    assert (refusal.value.param, refusal.value.code) == (param, code)


async def test_less_than_fifty_cents_is_no_sale(loose: Playground) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.session(49)

    assert refusal.value.code == "amount_too_small"


async def test_retired_and_recurring_prices_are_no_line_items(loose: Playground) -> None:
    retired = await loose.price()
    await loose.stripe.v1.prices.update_async(retired.id, {"active": False})
    monthly = await loose.stripe.v1.prices.create_async(
        {
            "product": retired.product,
            "currency": "eur",
            "unit_amount": 500,
            "recurring": {"interval": "month"},
        }
    )

    for price, words in ((retired, "inactive"), (monthly, "recurring")):
        with pytest.raises(stripe.InvalidRequestError, match=words):
            await loose.session(line_items=[{"price": price.id, "quantity": 1}])
