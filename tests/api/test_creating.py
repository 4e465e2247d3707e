"""Becoming a creator, and drafts: every bad input names its field and saves nothing."""

from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session, fingerprint
from tests.api.makers import DRAFT, make_maker
from tests.people import MANIFEST, make_creator, make_person

PROFILE = {"handle": "atelier-sud", "displayName": "Atelier Sud", "bio": "Nous.", "country": "fr"}


async def test_a_profile_leads_on_to_the_payout_set_up(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("maker"))

    payload = (await api.run("BecomeCreator", input=PROFILE)).payload()
    again = (await api.run("BecomeCreator", input=PROFILE)).payload()
    changed = (await api.run("UpdateCreator", input={"bio": "Autres mots."})).payload()

    assert payload["creator"]["handle"] == "atelier-sud"
    assert payload["creator"]["payoutsReady"] is False
    assert payload["onboardingUrl"] == "http://127.0.0.1:8000/creator/onboarding"
    assert again == payload
    assert changed["creator"] == {"displayName": "Atelier Sud", "bio": "Autres mots."}


async def test_nothing_is_due_once_payouts_are_set_up(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)

    creator = (await api.run("MyShop")).data["viewer"]["creator"]

    assert creator["payoutsReady"] is True
    assert creator["onboardingUrl"] is None


BAD_PROFILES: dict[str, tuple[dict[str, Any], list[tuple[str, list[str]]]]] = {
    "a short handle": ({"handle": "a"}, [("INVALID", ["input", "handle"])]),
    "a reserved handle": ({"handle": "admin"}, [("INVALID", ["input", "handle"])]),
    "a handle with spaces": ({"handle": "a b c"}, [("INVALID", ["input", "handle"])]),
    "no name": ({"displayName": ""}, [("INVALID", ["input", "displayName"])]),
    "an overlong bio": ({"bio": "x" * 1001}, [("INVALID", ["input", "bio"])]),
    "a country outside": ({"country": "us"}, [("INVALID", ["input", "country"])]),
    "no country": ({"country": ""}, [("INVALID", ["input", "country"])]),
    "a handle in use": ({"handle": "atelier-nord"}, [("ALREADY_EXISTS", ["input", "handle"])]),
    "several": (
        {"handle": "-", "country": "zz"},
        [("INVALID", ["input", "handle"]), ("INVALID", ["input", "country"])],
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_PROFILES.values(), ids=BAD_PROFILES.keys())
async def test_a_bad_profile_makes_no_creator(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: list[tuple[str, list[str]]],
) -> None:
    await make_creator(services)
    api = as_session(client, services, await make_person("maker"))
    before = await fingerprint(services)

    reply = await api.run("BecomeCreator", input={**PROFILE, **wrong})

    assert reply.refusals() == expected
    assert reply.payload()["creator"] is None
    assert await fingerprint(services) == before


async def test_creating_needs_a_plan_a_verified_address_and_a_profile(
    client: httpx.AsyncClient, services: Services
) -> None:
    free = as_session(client, services, await make_person("free", tier=TierCode.FREE))
    nobody = as_session(client, services, await make_person("nobody"))

    no_plan = await free.run("BecomeCreator", input=PROFILE)
    no_profile = await nobody.run("CreateAgent", input=DRAFT)
    custom = await nobody.run("CreateAgent", input={**DRAFT, "custom": True})
    anonymous = await Api(client).run("CreateAgent", input=DRAFT)

    assert no_plan.refusals() == [("PLAN_REQUIRED", None)]
    assert no_profile.refusals() == [("INVALID_STATE", None)]
    [error] = custom.payload()["userErrors"]
    assert error["feature"] == "CUSTOM_AGENTS"
    assert error["cheapestTier"] == {"code": "BUSINESS"}
    assert anonymous.codes == ["UNAUTHENTICATED"]


async def test_a_draft_holds_what_was_sent(client: httpx.AsyncClient, services: Services) -> None:
    api, _ = await make_maker(client, services)

    made = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]
    query = """query($id: ID!) { agent(id: $id) {
        slug status kind name tagline description descriptionHtml capabilities permissions level
        language averageMinutesSaved price { type amount { amountMinor } } sphere { code }
        creator { handle } version { number status manifest } versions { number }
        rating reviewCount installs successRate medianTokens publishedAt iconUrl
    } }"""
    agent = (await api.send(query, {"id": made["id"]})).data["agent"]

    assert agent["status"] == "DRAFT"
    assert agent["kind"] == "MARKETPLACE"
    assert agent["capabilities"] == ["invoices"]
    assert agent["permissions"] == ["files:read"]
    assert agent["averageMinutesSaved"] == 7.5
    assert agent["language"] == "fr"
    assert agent["price"] == {"type": "ONE_TIME", "amount": {"amountMinor": 900}}
    assert agent["version"] == {"number": "1.0.0", "status": "DRAFT", "manifest": MANIFEST}
    assert agent["descriptionHtml"].startswith("<p>Il <strong>classe</strong>")
    assert agent["iconUrl"].endswith(".svg")
    figures = ("rating", "successRate", "medianTokens", "publishedAt")
    assert {agent[name] for name in figures} == {None}


NO_NAME = {key: value for key, value in MANIFEST.items() if key != "name"}

BAD_DRAFTS: dict[str, tuple[dict[str, Any], list[tuple[str, list[str]]]]] = {
    "a short name": ({"name": "x"}, [("INVALID", ["input", "name"])]),
    "an overlong name": ({"name": "x" * 61}, [("INVALID", ["input", "name"])]),
    "no tagline": ({"tagline": ""}, [("INVALID", ["input", "tagline"])]),
    "no description": ({"description": " "}, [("INVALID", ["input", "description"])]),
    "11 capabilities": (
        {"capabilities": [f"c{i}" for i in range(11)]},
        [("INVALID", ["input", "capabilities"])],
    ),
    "an empty capability": (
        {"capabilities": ["a", ""]},
        [("INVALID", ["input", "capabilities", "1"])],
    ),
    "an unknown language": ({"language": "de"}, [("INVALID", ["input", "language"])]),
    "an unknown sphere": ({"sphere": "X"}, [("INVALID", ["input", "sphere"])]),
    "no minutes": (
        {"averageMinutesSaved": 0},
        [("INVALID", ["input", "averageMinutesSaved"])],
    ),
    "minutes beyond a day": (
        {"averageMinutesSaved": 1441},
        [("INVALID", ["input", "averageMinutesSaved"])],
    ),
    "99 cents": (
        {"price": {"type": "ONE_TIME", "amountMinor": 99}},
        [("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"])],
    ),
    "5001 cents": (
        {"price": {"type": "ONE_TIME", "amountMinor": 5001}},
        [("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"])],
    ),
    "a negative price": (
        {"price": {"type": "ONE_TIME", "amountMinor": -100}},
        [("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"])],
    ),
    "a price without an amount": (
        {"price": {"type": "ONE_TIME"}},
        [("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"])],
    ),
    "free for money": (
        {"price": {"type": "FREE", "amountMinor": 1}},
        [("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"])],
    ),
    "a manifest without a name": (
        {"manifest": NO_NAME},
        [("INVALID", ["input", "manifest"])],
    ),
    "a manifest that is a list": ({"manifest": []}, [("INVALID", ["input", "manifest"])]),
    "a manifest of the wrong kind inside": (
        {"manifest": {**MANIFEST, "permissions": [1], "systemPrompt": ""}},
        [
            ("INVALID", ["input", "manifest", "permissions", "0"]),
            ("INVALID", ["input", "manifest", "systemPrompt"]),
        ],
    ),
    "several": (
        {"name": "", "price": {"type": "ONE_TIME", "amountMinor": 1}, "manifest": {}},
        [
            ("INVALID", ["input", "name"]),
            ("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"]),
            *[("INVALID", ["input", "manifest"])] * 6,
        ],
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_DRAFTS.values(), ids=BAD_DRAFTS.keys())
async def test_a_bad_draft_names_each_field_and_saves_nothing(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: list[tuple[str, list[str]]],
) -> None:
    api, _ = await make_maker(client, services)
    before = await fingerprint(services)

    reply = await api.run("CreateAgent", input={**DRAFT, **wrong})

    assert reply.refusals() == expected
    assert reply.payload()["agent"] is None
    assert await fingerprint(services) == before
