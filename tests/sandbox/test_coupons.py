from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground

DAY = 86_400


async def _now(play: Playground) -> int:
    return int((await play.control("clock"))["now"])


async def test_a_coupon_keeps_its_terms(play: Playground) -> None:
    product = await play.stripe.v1.products.create_async({"name": "Pro"})

    coupon = await play.stripe.v1.coupons.create_async(
        {
            "id": "launch50",
            "percent_off": 50,
            "duration": "repeating",
            "duration_in_months": 3,
            "applies_to": {"products": [product.id]},
            "max_redemptions": 10,
            "name": "Launch",
            "metadata": {"campaign": "launch"},
            "expand": ["applies_to"],
        }
    )

    assert (coupon.id, coupon.percent_off, coupon.duration_in_months) == ("launch50", 50, 3)
    assert (coupon.valid, coupon.times_redeemed, coupon.max_redemptions) == (True, 0, 10)
    assert coupon.applies_to.products == [product.id]
    assert await play.event_types() == ["product.created", "coupon.created"]


async def test_a_coupon_of_an_amount_has_a_currency_and_an_id_of_its_own(
    play: Playground,
) -> None:
    coupons = play.stripe.v1.coupons

    coupon = await coupons.create_async({"amount_off": 500, "currency": "eur"})

    found = await coupons.retrieve_async(coupon.id, {"expand": ["applies_to"]})
    assert (found.amount_off, found.currency, found.duration) == (500, "eur", "once")
    assert found.applies_to is None


async def test_only_name_and_metadata_of_a_coupon_change(play: Playground) -> None:
    coupons = play.stripe.v1.coupons
    coupon = await coupons.create_async({"percent_off": 12.5, "name": "Old"})

    changed = await coupons.update_async(coupon.id, {"name": "New", "metadata": {"a": "b"}})

    assert (changed.name, changed.percent_off) == ("New", 12.5)
    assert changed.to_dict()["metadata"] == {"a": "b"}
    assert (await play.event_types())[-1] == "coupon.updated"


async def test_coupons_are_listed_and_deleted(play: Playground) -> None:
    coupons = play.stripe.v1.coupons
    first = await coupons.create_async({"id": "first", "percent_off": 5})
    await coupons.create_async({"id": "gone", "percent_off": 5})

    await coupons.delete_async("gone")
    await coupons.create_async({"id": "gone", "percent_off": 6})
    await coupons.delete_async("gone")

    assert [one.id for one in (await coupons.list_async()).data] == [first.id]
    assert (await play.event_types())[-1] == "coupon.deleted"
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon: 'gone'"):
        await coupons.retrieve_async("gone")


@pytest.mark.parametrize(
    ("terms", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 5, "amount_off": 5, "currency": "eur"}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.5}, "percent_off"),
        ({"amount_off": 0, "currency": "eur"}, "amount_off"),
        ({"amount_off": 5}, "currency"),
        ({"amount_off": 5, "currency": "usd"}, "currency"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 5, "duration_in_months": 2}, "duration_in_months"),
        ({"percent_off": 5, "name": "x" * 41}, "name"),
        ({"percent_off": 5, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 5, "redeem_by": 1}, "redeem_by"),
        ({"percent_off": 5, "redeem_by": 9_999_999_999}, "redeem_by"),
        ({"percent_off": 5, "applies_to": {"products": ["prod_x"]}}, "applies_to[products][0]"),
        (
            {
                "amount_off": 5,
                "currency": "eur",
                "currency_options": {"usd": {"amount_off": 6}},
            },
            "currency_options",
        ),
    ],
)
async def test_terms_that_contradict_each_other_are_refused(
    loose: Playground, terms: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.coupons.create_async(terms)

    assert refusal.value.param == param
    assert (await loose.stripe.v1.coupons.list_async()).data == []


async def test_a_coupon_id_is_given_once(loose: Playground) -> None:
    await loose.stripe.v1.coupons.create_async({"id": "x", "percent_off": 5})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.coupons.create_async({"id": "x", "percent_off": 5})

    assert refusal.value.code == "resource_already_exists"


async def test_after_its_last_day_a_coupon_and_its_codes_are_invalid(play: Playground) -> None:
    ends = await _now(play) + DAY
    await play.stripe.v1.coupons.create_async({"id": "spring", "percent_off": 5, "redeem_by": ends})
    code = await _code(play, "spring")

    await play.advance("P2D")

    assert not (await play.stripe.v1.coupons.retrieve_async("spring")).valid
    assert not (await play.stripe.v1.promotion_codes.retrieve_async(code.id)).active


async def _code(play: Playground, coupon: str, **values: Any) -> Any:
    wanted: Any = {"promotion": {"type": "coupon", "coupon": coupon}, **values}
    return await play.stripe.v1.promotion_codes.create_async(wanted)


async def test_a_code_is_found_whatever_its_case(play: Playground) -> None:
    await play.stripe.v1.coupons.create_async({"id": "launch50", "percent_off": 50})
    customer = await play.customer()
    code = await _code(play, "launch50", code="LAUNCH50", customer=customer.id, max_redemptions=3)
    other = await _code(play, "launch50", active=False)

    found = await play.stripe.v1.promotion_codes.list_async(
        {"code": "launch50", "active": True, "expand": ["data.promotion.coupon"]}
    )

    assert [one.id for one in found.data] == [code.id]
    assert found.data[0].promotion.coupon.percent_off == 50
    assert found.data[0].customer == customer.id
    assert len(other.code) == 8
    listed = await play.stripe.v1.promotion_codes.list_async({"coupon": "launch50"})
    assert [one.id for one in listed.data] == [other.id, code.id]


async def test_an_active_code_is_unique_for_the_same_customer(loose: Playground) -> None:
    await loose.stripe.v1.coupons.create_async({"id": "c", "percent_off": 50})
    customer = await loose.customer()
    first = await _code(loose, "c", code="SALE")
    await _code(loose, "c", code="SALE", customer=customer.id)

    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        await _code(loose, "c", code="sale")
    await loose.stripe.v1.promotion_codes.update_async(first.id, {"active": False})
    await _code(loose, "c", code="sale")

    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        await loose.stripe.v1.promotion_codes.update_async(first.id, {"active": True})


async def test_a_retired_code_comes_back_only_while_its_coupon_is_valid(play: Playground) -> None:
    await play.stripe.v1.coupons.create_async({"id": "c", "percent_off": 50})
    code = await _code(play, "c")
    codes = play.stripe.v1.promotion_codes

    await codes.update_async(code.id, {"active": False, "metadata": {"a": "b"}})
    again = await codes.update_async(code.id, {"active": True})
    await play.stripe.v1.coupons.delete_async("c")

    assert again.active
    assert not (await codes.retrieve_async(code.id)).active
    with pytest.raises(stripe.InvalidRequestError, match="cannot be activated"):
        await codes.update_async(code.id, {"active": True})
    assert (await play.event_types())[-2:] == ["coupon.deleted", "promotion_code.updated"]


async def test_a_code_expires_by_itself(play: Playground) -> None:
    await play.stripe.v1.coupons.create_async({"id": "c", "percent_off": 50})
    code = await _code(play, "c", expires_at=await _now(play) + DAY)

    await play.advance("P2D")

    assert not (await play.stripe.v1.promotion_codes.retrieve_async(code.id)).active


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"code": "two words"}, "code"),
        ({"max_redemptions": 6}, "max_redemptions"),
        ({"expires_at": 1}, "expires_at"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"restrictions": {"minimum_amount": 100}}, "restrictions[minimum_amount]"),
        ({"promotion": {"type": "coupon"}}, "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "nothing"}}, "promotion[coupon]"),
    ],
)
async def test_limits_of_a_code_that_do_not_fit_are_refused(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    await loose.stripe.v1.coupons.create_async({"id": "c", "percent_off": 50, "max_redemptions": 5})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _code(loose, "c", **values)

    assert refusal.value.param == param
