"""Requests to buy that are refused: each names its field, nothing is bought."""

from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session, fingerprint, gid
from tests.api.makers import make_offer, purchase_input
from tests.people import make_person

BAD_INPUTS: dict[str, tuple[dict[str, Any], tuple[str, list[str]]]] = {
    "no consent": (
        {"acceptImmediateSupply": False},
        ("INVALID", ["input", "acceptImmediateSupply"]),
    ),
    "another price": (
        {"expectedAmountMinor": 900},
        ("PRICE_CHANGED", ["input", "expectedAmountMinor"]),
    ),
    "nothing": ({"expectedAmountMinor": 0}, ("PRICE_CHANGED", ["input", "expectedAmountMinor"])),
    "less than nothing": (
        {"expectedAmountMinor": -999},
        ("PRICE_CHANGED", ["input", "expectedAmountMinor"]),
    ),
    "another site": (
        {"successUrl": "https://evil.example/"},
        ("INVALID", ["input", "successUrl"]),
    ),
    "a login in the address": (
        {"cancelUrl": "https://app.example@evil.example/"},
        ("INVALID", ["input", "cancelUrl"]),
    ),
    "a script": ({"cancelUrl": "javascript:alert(1)"}, ("INVALID", ["input", "cancelUrl"])),
    "an empty key": ({"idempotencyKey": " "}, ("INVALID", ["input", "idempotencyKey"])),
    "an overlong key": (
        {"idempotencyKey": "k" * 256},
        ("INVALID", ["input", "idempotencyKey"]),
    ),
    "no such agent": ({"agentId": gid("Agent", "x")}, ("NOT_FOUND", ["input", "agentId"])),
    "another type of id": (
        {"agentId": gid("Creator", "01a203af-0000-7000-8000-000000000000")},
        ("NOT_FOUND", ["input", "agentId"]),
    ),
    "no id": ({"agentId": "!!"}, ("NOT_FOUND", ["input", "agentId"])),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
async def test_a_bad_request_buys_nothing(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: tuple[str, list[str]],
) -> None:
    _, agent = await make_offer(services)
    api = as_session(client, services, await make_person("buyer"))
    before = await fingerprint(services)

    reply = await api.run("BuyAgent", input=purchase_input(agent, **wrong))

    assert reply.refusals() == [expected]
    assert (reply.payload()["purchase"], reply.payload()["checkout"]) == (None, None)
    assert await fingerprint(services) == before


AMOUNTS: dict[str, Any] = {"2^53": 2**53, "text": "999", "a fraction": 999.5, "null": None}


@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS.keys())
async def test_an_amount_is_a_whole_number(
    client: httpx.AsyncClient, services: Services, amount: Any
) -> None:
    _, agent = await make_offer(services)
    api = as_session(client, services, await make_person("buyer"))

    reply = await api.run("BuyAgent", input=purchase_input(agent, expectedAmountMinor=amount))

    assert reply.codes == ["BAD_INPUT"]
    assert "expectedAmountMinor" in reply.errors[0]["message"]


async def test_who_may_not_buy_is_informed_why(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, agent = await make_offer(services)
    free = as_session(client, services, await make_person("free", tier=TierCode.FREE))
    maker = as_session(client, services, creator)
    before = await fingerprint(services)

    no_plan = (await free.run("BuyAgent", input=purchase_input(agent))).payload()["userErrors"]
    own = await maker.run("BuyAgent", input=purchase_input(agent))
    anonymous = await Api(client).run("BuyAgent", input=purchase_input(agent))

    assert no_plan[0]["code"] == "PLAN_REQUIRED"
    assert no_plan[0]["cheapestTier"] == {"code": "STARTER"}
    assert own.refusals() == [("ALREADY_OWNED", None)]
    assert anonymous.codes == ["UNAUTHENTICATED"]
    assert await fingerprint(services) == before
