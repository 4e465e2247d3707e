"""Coupons through the API: made and withdrawn by finance, quoted, typed, refused, guessed."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.core.clock import business_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint, gid
from tests.flows.coupons import make_coupon, read_coupon
from tests.flows.plans import complete, open_plans, start
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide

TERMS: dict[str, Any] = {"code": "HALF", "percentOff": 50, "duration": "ONCE"}


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


@pytest.fixture
async def finance(client: httpx.AsyncClient, services: Services, person: Person) -> Api:
    return as_session(client, services, await make_person("fin", staff=(Staff.FINANCE,)))


async def quote(api: Api, code: str, tier: str = "PRO", interval: str = "MONTH") -> Any:
    return (await api.run("QuoteCoupon", code=code, tier=tier, interval=interval)).data[
        "couponQuote"
    ]


async def test_a_coupon_has_the_terms_that_it_was_made_with(finance: Api) -> None:
    terms = {
        "code": "spring-26",
        "amountOffMinor": 500,
        "duration": "REPEATING",
        "durationInMonths": 2,
        "redeemBy": (business_now() + timedelta(days=9)).isoformat(),
        "maxRedemptions": 7,
        "maxRedemptionsPerCustomer": 2,
        "tiers": ["PRO"],
        "intervals": ["YEAR", "MONTH"],
    }

    made = (await finance.run("CreateCoupon", input=terms)).payload()["coupon"]
    [edge] = (await finance.run("Coupons")).data["staff"]["coupons"]["edges"]

    assert edge["node"] == made
    assert (made["code"], made["percentOff"], made["redemptions"]) == ("SPRING-26", None, 0)
    assert made["amountOff"]["amountMinor"] == 500
    assert (made["tiers"], made["intervals"]) == (["PRO"], ["MONTH", "YEAR"])
    assert (made["maxRedemptions"], made["maxRedemptionsPerCustomer"]) == (7, 2)


async def test_a_quote_says_how_many_invoices_it_is_about(
    client: httpx.AsyncClient, services: Services, person: Person, finance: Api
) -> None:
    terms = {**TERMS, "duration": "REPEATING", "durationInMonths": 3}
    await finance.run("CreateCoupon", input=terms)

    found = await quote(as_session(client, services, person), "half")
    visitor = await quote(Api(client), "HALF")
    program = await make_person("program", TierCode.PRO)
    key = await quote(await as_key(client, services, program, ApiScope.READ), "HALF")

    assert found["userErrors"] == []
    assert found["coupon"] == {
        "code": "HALF",
        "percentOff": 50,
        "amountOff": None,
        "duration": "REPEATING",
        "endsAt": None,
    }
    assert found["firstInvoice"]["amountMinor"] == 1450
    assert found["laterInvoices"]["amountMinor"] == 2900
    assert found["discountedInvoices"] == 3
    assert visitor["firstInvoice"]["amountMinor"] == 1450
    assert key["firstInvoice"]["amountMinor"] == 1450


async def test_a_plan_shows_its_discount_and_the_coupon_its_use(
    client: httpx.AsyncClient, services: Services, person: Person, finance: Api
) -> None:
    await finance.run("CreateCoupon", input={**TERMS, "duration": "FOREVER"})
    await complete(services, await start(services, person.actor, TierCode.PRO, coupon="half"))

    api = as_session(client, services, person)
    account = (await api.run("MyPlan")).data["viewer"]["account"]
    [edge] = (await finance.run("Coupons")).data["staff"]["coupons"]["edges"]

    assert account["subscription"]["discount"]["code"] == "HALF"
    assert account["subscription"]["discount"]["percentOff"] == 50
    assert edge["node"]["redemptions"] == 1


IN_VAIN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a short code": ({"code": "ABC"}, ["code"]),
    "a long code": ({"code": "A" * 31}, ["code"]),
    "a code with a blank": ({"code": "HALF OFF"}, ["code"]),
    "a code with an accent": ({"code": "ÉTÉ2026"}, ["code"]),
    "a code of a script": ({"code": "<script>"}, ["code"]),
    "neither per cent nor amount": ({"percentOff": None}, ["percentOff"]),
    "both": ({"amountOffMinor": 100}, ["percentOff"]),
    "no per cent": ({"percentOff": 0}, ["percentOff"]),
    "a negative per cent": ({"percentOff": -5}, ["percentOff"]),
    "all of it": ({"percentOff": 100}, ["percentOff"]),
    "nearly all of it": ({"percentOff": 95}, ["percentOff"]),
    "no amount": ({"percentOff": None, "amountOffMinor": 0}, ["amountOffMinor"]),
    "a negative amount": ({"percentOff": None, "amountOffMinor": -100}, ["amountOffMinor"]),
    "more than the cheapest costs": (
        {"percentOff": None, "amountOffMinor": 851},
        ["amountOffMinor"],
    ),
    "a huge amount": ({"percentOff": None, "amountOffMinor": 2**53 - 1}, ["amountOffMinor"]),
    "months of a coupon for once": ({"durationInMonths": 3}, ["durationInMonths"]),
    "no months of a repeating one": ({"duration": "REPEATING"}, ["durationInMonths"]),
    "too many months": ({"duration": "REPEATING", "durationInMonths": 37}, ["durationInMonths"]),
    "an end in the past": ({"redeemBy": "2020-01-01T00:00:00Z"}, ["redeemBy"]),
    "an end before its beginning": (
        {"startsAt": "2099-02-01T00:00:00Z", "redeemBy": "2099-01-01T00:00:00Z"},
        ["redeemBy"],
    ),
    "no redemption": ({"maxRedemptions": 0}, ["maxRedemptions"]),
    "too many redemptions": ({"maxRedemptions": 2**31 - 1}, ["maxRedemptions"]),
    "no redemption by a customer": (
        {"maxRedemptionsPerCustomer": 0},
        ["maxRedemptionsPerCustomer"],
    ),
    "no tier": ({"tiers": []}, ["tiers"]),
    "a tier that is not sold": ({"tiers": ["FREE", "PRO"]}, ["tiers"]),
    "no interval": ({"intervals": []}, ["intervals"]),
}


@pytest.mark.parametrize(("change", "path"), IN_VAIN.values(), ids=IN_VAIN)
async def test_a_coupon_that_is_wrong_is_refused_at_its_field(
    services: Services, finance: Api, change: dict[str, Any], path: list[str]
) -> None:
    before = await fingerprint(services)

    payload = (await finance.run("CreateCoupon", input={**TERMS, **change})).payload()

    [error] = payload["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", *path])
    assert payload["coupon"] is None
    assert await fingerprint(services) == before


async def test_a_code_exists_once(finance: Api) -> None:
    await finance.run("CreateCoupon", input=TERMS)

    again = (await finance.run("CreateCoupon", input=TERMS)).payload()
    other = (await finance.run("CreateCoupon", input={**TERMS, "percentOff": 40})).payload()
    await finance.run("DeactivateCoupon", code="HALF")
    late = (await finance.run("CreateCoupon", input=TERMS)).payload()
    missing = (await finance.run("DeactivateCoupon", code="NOTHING")).payload()

    assert again["userErrors"] == []
    assert [error["code"] for error in other["userErrors"]] == ["ALREADY_EXISTS"]
    assert [error["code"] for error in late["userErrors"]] == ["ALREADY_EXISTS"]
    assert [(error["code"], error["path"]) for error in missing["userErrors"]] == [
        ("NOT_FOUND", ["code"])
    ]
    assert await count("coupon") == 1


@pytest.mark.parametrize("role", [None, Staff.SUPPORT, Staff.REVIEWER])
async def test_coupons_are_finances_alone(
    client: httpx.AsyncClient, services: Services, person: Person, role: Staff | None
) -> None:
    coupon = await make_coupon(services)
    other = await make_person("other", staff=(role,) if role else ())
    api = as_session(client, services, other)
    node = gid("Coupon", coupon.id)

    made = await api.run("CreateCoupon", input=TERMS)
    withdrawn = await api.run("DeactivateCoupon", code="SAVE50")
    listed = await api.run("Coupons")
    found = await api.send("query($id: ID!) { node(id: $id) { id } }", {"id": node})

    assert made.codes == withdrawn.codes == listed.codes == ["FORBIDDEN"]
    assert found.data["node"] is None
    assert (await read_coupon()).active


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown": ({"couponCode": "NOBODY-KNOWS"}, "COUPON_REJECTED", "n’existe pas"),
    "empty": ({"couponCode": " "}, "COUPON_REJECTED", "n’existe pas"),
    "endless": ({"couponCode": "X" * 5000}, "COUPON_REJECTED", "n’existe pas"),
    "another script": ({"couponCode": "SАVE50"}, "COUPON_REJECTED", "n’existe pas"),
    "two at once": ({"couponCode": "SAVE50,SAVE50"}, "COUPON_REJECTED", "n’existe pas"),
    "sql": ({"couponCode": "' OR 1=1 --"}, "COUPON_REJECTED", "n’existe pas"),
    "for the month": (
        {"couponCode": "SAVE50", "interval": "YEAR"},
        "COUPON_REJECTED",
        "au mois",
    ),
    "for other tiers": ({"couponCode": "PROONLY"}, "COUPON_REJECTED", ": Pro"),
    "for no plan": (
        {"couponCode": "SAVE50", "tier": "FREE"},
        "INVALID",
        ": Starter, Pro, Business",
    ),
}


@pytest.mark.parametrize(("change", "code", "words"), REFUSED.values(), ids=REFUSED)
async def test_a_refused_code_starts_and_charges_nothing(
    client: httpx.AsyncClient,
    services: Services,
    person: Person,
    change: dict[str, Any],
    code: str,
    words: str,
) -> None:
    await make_coupon(services)
    await make_coupon(services, "PROONLY", tiers=(TierCode.PRO,))
    api = as_session(client, services, person)

    sent = {"tier": "STARTER", "idempotencyKey": "c-1", **change}
    payload = (await api.run("StartPlan", input=sent)).payload()

    [error] = payload["userErrors"]
    path = ["input", "couponCode"] if code == "COUPON_REJECTED" else ["input", "tier"]
    assert (error["code"], error["path"]) == (code, path)
    assert words in error["message"]
    assert payload["checkout"] is None
    assert await count("subscription_order") == await count("coupon_redemption") == 0


async def test_a_refused_quote_is_an_answer(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    await make_coupon(services)

    found = await quote(as_session(client, services, person), "SAVE50", interval="YEAR")

    [error] = found["userErrors"]
    assert (error["code"], error["path"]) == ("COUPON_REJECTED", ["code"])
    assert found["coupon"] is None
    assert found["firstInvoice"] is None


async def test_a_thousand_guesses_in_one_request_are_a_thousand(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    await make_coupon(services)
    api = as_session(client, services, person)
    guesses = " ".join(
        f'g{n}: couponQuote(code: "GUESS{n}", tier: PRO) {{ userErrors {{ code }} }}'
        for n in range(15)
    )

    reply = await api.send(f"{{ {guesses} }}")
    right = await api.run("QuoteCoupon", code="SAVE50", tier="PRO")
    begun = await api.run("StartPlan", input={"tier": "PRO", "idempotencyKey": "s-1"})

    assert set(reply.codes) == {"RATE_LIMITED"}
    assert right.codes == ["RATE_LIMITED"]
    assert 0 < right.errors[0]["extensions"]["retryAfter"] <= 3600
    assert 0 < int(right.http.headers["retry-after"]) <= 3600
    assert right.errors[0]["extensions"]["argument"] == ["code"]
    assert begun.payload()["userErrors"] == []
