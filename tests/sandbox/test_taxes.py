"""Automatic tax on subscriptions and on Checkout, by the sandbox's fixed table."""

from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground

TAX: dict[str, Any] = {"automatic_tax": {"enabled": True}}
FRENCH: dict[str, Any] = {"address": {"country": "FR"}}
AUTO = {"customer_update": {"address": "auto", "name": "auto"}}


async def _plan(play: Playground, behavior: str = "inclusive", amount: int = 1200) -> Any:
    plan = await play.plan(amount)
    return await play.stripe.v1.prices.update_async(plan.id, {"tax_behavior": behavior})


async def _customer(play: Playground, country: str, vat: str | None = None) -> Any:
    values: dict[str, Any] = {"address": {"country": country}}
    if vat:
        values["tax_id_data"] = [{"type": "eu_vat", "value": vat}]
    return await play.customer_with_card(**values)


async def _invoice(play: Playground, subscription: Any) -> Any:
    return await play.stripe.v1.invoices.retrieve_async(subscription.latest_invoice)


@pytest.mark.parametrize(
    ("country", "vat", "behavior", "total", "tax", "reason"),
    [
        ("FR", None, "inclusive", 1200, 200, "standard_rated"),
        ("FR", None, "exclusive", 1440, 240, "standard_rated"),
        ("DE", None, "inclusive", 1200, 192, "standard_rated"),
        ("DE", "DE000000000", "inclusive", 1200, 0, "reverse_charge"),
        ("DE", "DE000000000", "exclusive", 1200, 0, "reverse_charge"),
        ("FR", "FR00000000000", "exclusive", 1440, 240, "standard_rated"),
        ("US", None, "exclusive", 1200, 0, "not_collecting"),
    ],
)
async def test_an_invoice_says_its_tax(
    play: Playground,
    country: str,
    vat: str | None,
    behavior: str,
    total: int,
    tax: int,
    reason: str,
) -> None:
    customer = await _customer(play, country, vat)
    subscription = await play.subscription(customer, await _plan(play, behavior), **TAX)

    invoice = await _invoice(play, subscription)

    shown = invoice.total_taxes[0]
    assert (invoice.total, invoice.amount_paid, shown.amount) == (total, total, tax)
    assert (shown.tax_behavior, shown.taxability_reason) == (behavior, reason)
    assert shown.taxable_amount == total - tax
    assert invoice.total_excluding_tax == total - tax
    assert (invoice.automatic_tax.status, subscription.automatic_tax.enabled) == ("complete", True)
    assert [one.value for one in invoice.customer_tax_ids] == ([vat] if vat else [])


async def test_tax_is_computed_after_discounts_and_credited_with_the_line(
    play: Playground,
) -> None:
    # Half of 24.00 are 12.00, which contain 2.00 of tax.
    await play.stripe.v1.coupons.create_async(
        {"id": "half", "percent_off": 50, "duration": "forever"}
    )
    customer = await _customer(play, "FR")
    plan = await _plan(play, amount=2400)
    subscription = await play.subscription(customer, plan, discounts=[{"coupon": "half"}], **TAX)
    invoice = await _invoice(play, subscription)

    note = await play.stripe.v1.credit_notes.create_async(
        {"invoice": invoice.id, "amount": 600, "refund_amount": 600}
    )

    assert (invoice.total, invoice.total_taxes[0].amount) == (1200, 200)
    assert (note.subtotal, note.discount_amount, note.total) == (1200, 600, 600)
    assert (note.total_taxes[0].amount, note.total_excluding_tax) == (100, 500)


async def test_tax_on_top_is_credited_in_proportion(play: Playground) -> None:
    subscription = await play.subscription(
        await _customer(play, "FR"), await _plan(play, "exclusive"), **TAX
    )
    invoice = await _invoice(play, subscription)

    note = await play.stripe.v1.credit_notes.create_async(
        {"invoice": invoice.id, "amount": 720, "refund_amount": 720}
    )

    assert (note.subtotal, note.total, note.total_taxes[0].amount) == (600, 720, 120)


async def test_without_a_country_there_is_no_automatic_tax(loose: Playground) -> None:
    customer, plan = await loose.customer_with_card(), await _plan(loose)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.subscription(customer, plan, **TAX)

    assert refusal.value.code == "customer_tax_location_invalid"


async def test_a_preview_says_the_tax_of_a_plan(play: Playground) -> None:
    customer, plan = await _customer(play, "FR"), await _plan(play)

    preview = await play.stripe.v1.invoices.create_preview_async(
        {
            "customer": customer.id,
            "subscription_details": {"items": [{"price": plan.id}]},
            **TAX,
        }
    )

    assert (preview.total, preview.total_taxes[0].amount) == (1200, 200)


async def test_a_customer_says_whether_tax_can_be_computed(play: Playground) -> None:
    known = await _customer(play, "FR")
    unknown = await play.customer()
    customers = play.stripe.v1.customers

    shown = [
        await customers.retrieve_async(one.id, {"expand": ["tax"]}) for one in (known, unknown)
    ]

    assert [one.tax.automatic_tax for one in shown] == ["supported", "unrecognized_location"]
    assert shown[0].tax.location.country == "FR"


@pytest.mark.parametrize(
    ("typed", "total", "tax"),
    [
        ({"country": "fr"}, 1440, 240),
        ({"country": "DE", "tax_id": "DE 000000000"}, 1200, 0),
    ],
    ids=["person", "company"],
)
async def test_checkout_asks_where_its_customer_is(
    play: Playground, typed: dict[str, str], total: int, tax: int
) -> None:
    customer, plan = await play.customer(), await _plan(play, "exclusive")
    session = await play.subscribe(
        plan, customer, tax_id_collection={"enabled": True}, **TAX, **AUTO
    )

    page = await play.http.get(f"/c/pay/{session.id}")
    missing = await play.pay(session)
    wrong = await play.pay(session, country="FR", tax_id="12")
    await play.pay(session, **typed)

    paid = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["invoice", "customer", "line_items"]}
    )
    assert session.automatic_tax.status == "requires_location_inputs"
    assert 'name="country"' in page.text
    assert (missing.status_code, wrong.status_code) == (402, 402)
    assert "two letters" in missing.text
    assert (paid.amount_total, paid.total_details.amount_tax) == (total, tax)
    assert (paid.invoice.total, paid.invoice.total_taxes[0].amount) == (total, tax)
    shown = paid.to_dict()
    for person in (shown["customer"], shown["customer_details"]):
        assert person["address"]["country"] == typed["country"].upper()
    assert len(paid.customer_details.tax_ids) == (1 if "tax_id" in typed else 0)
    assert paid.line_items.data[0].amount_tax == tax


async def test_a_one_time_sale_is_taxed_where_the_customer_lives(play: Playground) -> None:
    customer = await play.customer(**FRENCH)

    charge = await play.sale(1200, customer=customer.id, invoice_creation={"enabled": True}, **TAX)

    invoice = (await play.stripe.v1.invoices.list_async()).data[0]
    assert (charge.amount, invoice.total, invoice.total_taxes[0].amount) == (1200, 1200, 200)


@pytest.mark.parametrize(
    ("values", "param"),
    [
        (TAX, "automatic_tax[enabled]"),
        ({"tax_id_collection": {"enabled": True}}, "customer_update[name]"),
    ],
)
async def test_a_session_needs_to_be_allowed_to_ask(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    customer, plan = await loose.customer(), await _plan(loose)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.subscribe(plan, customer, **values)

    assert refusal.value.param == param
