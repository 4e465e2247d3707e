from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground


async def test_a_product_keeps_the_id_it_was_given(play: Playground) -> None:
    await play.stripe.v1.products.create_async({"id": "plan_pro", "name": "Pro"})

    product = await play.stripe.v1.products.retrieve_async("plan_pro")

    assert product.name == "Pro"
    assert product.default_price is None


async def test_a_taken_product_id_is_refused(loose: Playground) -> None:
    await loose.stripe.v1.products.create_async({"id": "plan_pro", "name": "Pro"})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.products.create_async({"id": "plan_pro", "name": "Pro"})

    assert refusal.value.code == "resource_already_exists"


async def test_a_product_can_bring_its_default_price(play: Playground) -> None:
    product = await play.stripe.v1.products.create_async(
        {"name": "Pack", "default_price_data": {"currency": "eur", "unit_amount": 500}}
    )

    shown = await play.stripe.v1.products.retrieve_async(product.id, {"expand": ["default_price"]})

    price = shown.default_price
    assert (price.unit_amount, str(price.unit_amount_decimal)) == (500, "500")


async def test_products_are_updated_listed_and_deleted(play: Playground) -> None:
    products = play.stripe.v1.products
    renamed = await products.create_async({"name": "Old name"})
    gone = await products.create_async({"name": "Gone", "metadata": {"k": "v"}})

    await products.update_async(renamed.id, {"active": False, "name": "Renamed"})
    await products.delete_async(gone.id)

    listed = await products.list_async({"active": False})
    assert [(product.id, product.name) for product in listed.data] == [(renamed.id, "Renamed")]
    assert [product.id for product in (await products.list_async({"ids": [renamed.id]})).data] == [
        renamed.id
    ]
    assert await play.event_types() == [
        "product.created",
        "product.created",
        "product.updated",
        "product.deleted",
    ]


async def test_a_product_with_prices_stays(loose: Playground) -> None:
    price = await loose.price()

    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        await loose.stripe.v1.products.delete_async(price.product)


async def test_a_lookup_key_moves_only_when_asked(play: Playground) -> None:
    prices = play.stripe.v1.prices
    first = await prices.create_async(
        {"product": (await play.price()).product, "currency": "eur", "unit_amount": 900,
         "lookup_key": "plan_pro_month_eur", "recurring": {"interval": "month"}}
    )  # fmt: skip

    second = await prices.create_async(
        {"product": first.product, "currency": "eur", "unit_amount": 1200,
         "lookup_key": "plan_pro_month_eur", "transfer_lookup_key": True}
    )  # fmt: skip

    held = await prices.list_async({"lookup_keys": ["plan_pro_month_eur"], "limit": 10})
    assert [price.id for price in held.data] == [second.id]
    assert (await prices.retrieve_async(first.id)).lookup_key is None
    assert first.recurring
    assert first.recurring.interval == "month"


async def test_a_lookup_key_that_is_taken_is_refused(loose: Playground) -> None:
    price = await loose.price()
    wanted = {"product": price.product, "currency": "eur", "unit_amount": 1, "lookup_key": "k"}
    await loose.stripe.v1.prices.create_async(wanted)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.prices.create_async(wanted)

    assert refusal.value.param == "lookup_key"


async def test_an_amount_never_changes(loose: Playground) -> None:
    price = await loose.price()
    change = {"unit_amount": 1}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.prices.update_async(price.id, change)

    assert refusal.value.code == "parameter_unknown"


async def test_tax_behavior_is_set_once(loose: Playground) -> None:
    price = await loose.price()
    await loose.stripe.v1.prices.update_async(price.id, {"tax_behavior": "inclusive"})

    with pytest.raises(stripe.InvalidRequestError, match="tax_behavior"):
        await loose.stripe.v1.prices.update_async(price.id, {"tax_behavior": "exclusive"})


async def test_prices_are_retired_and_filtered(play: Playground) -> None:
    old, new = await play.price(), await play.price()

    await play.stripe.v1.prices.update_async(old.id, {"active": False, "nickname": "old"})

    active = await play.stripe.v1.prices.list_async({"active": True})
    of_product = await play.stripe.v1.prices.list_async({"product": old.product})
    assert [price.id for price in active.data] == [new.id]
    assert [price.id for price in of_product.data] == [old.id]
    assert "price.updated" in await play.event_types()


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"currency": "usd", "unit_amount": 100}, "currency"),
        ({"currency": "eur", "unit_amount": -1}, "unit_amount"),
        ({"currency": "eur", "unit_amount": 100_000_000}, "unit_amount"),
        ({"currency": "eur", "unit_amount_decimal": "1.5"}, "unit_amount_decimal"),
    ],
    ids=["dollars", "negative", "nine digits", "half a cent"],
)
async def test_amounts_that_cannot_be_are_refused(
    loose: Playground, wrong: dict[str, Any], param: str
) -> None:
    wanted = {"product": (await loose.price()).product, **wrong}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.prices.create_async(wanted)

    assert refusal.value.param == param


@pytest.mark.parametrize("archived", ["price", "product"])
async def test_checkout_takes_nothing_that_is_archived(loose: Playground, archived: str) -> None:
    price = await loose.price()
    if archived == "price":
        await loose.stripe.v1.prices.update_async(price.id, {"active": False})
    else:
        await loose.stripe.v1.products.update_async(price.product, {"active": False})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.session(line_items=[{"price": price.id, "quantity": 1}])

    assert (refusal.value.http_status, refusal.value.param) == (400, "line_items[0][price]")


async def test_a_price_of_an_archived_product_stays_active_itself(play: Playground) -> None:
    price = await play.price()

    await play.stripe.v1.products.update_async(price.product, {"active": False})

    shown = await play.stripe.v1.prices.retrieve_async(price.id, {"expand": ["product"]})
    assert (shown.active, shown.product.active) == (True, False)
