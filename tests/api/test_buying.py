"""Buying through the API: with a key, by idempotency key, with every refusal named."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.agents.model import PurchaseId
from chenu.core import db
from chenu.core.global_id import find_uuid
from chenu.flows.purchases.state import report_purchase
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint
from tests.api.makers import make_offer, purchase_input
from tests.people import MANIFEST, Person, make_person, pay


async def settle(services: Services, person: Person, purchase: dict[str, Any]) -> None:
    """As the webhook, or the page that the buyer returns to, does."""
    account_id, purchase_id = person.actor.account_id, find_uuid("Purchase", purchase["id"])
    assert account_id is not None
    assert purchase_id is not None
    await report_purchase(services, account_id, PurchaseId(purchase_id))


async def test_a_program_buys_pays_and_opens_the_manifest(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent = await make_offer(services)
    person = await make_person("buyer", tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.MARKETPLACE, ApiScope.READ)

    closed = (await api.run("OpenManifest", agentId=agent)).data["agent"]["version"]["manifest"]
    payload = (await api.run("BuyAgent", input=purchase_input(agent))).payload()
    paid = await pay(payload["checkout"]["url"])
    await settle(services, person, payload["purchase"])
    after = (await api.run("Purchase", id=payload["purchase"]["id"])).data["node"]
    opened = (await api.run("OpenManifest", agentId=agent)).data["agent"]["version"]["manifest"]
    [edge] = (await api.run("Library")).data["viewer"]["account"]["library"]["edges"]

    assert closed is None
    assert payload["purchase"]["status"] == "PENDING"
    assert paid.status_code == 303
    assert after["status"] == "PAID"
    assert after["paidAt"] is not None
    assert after["receiptUrl"].startswith("http")
    assert opened == MANIFEST
    assert edge["node"]["agent"]["id"] == agent
    assert edge["node"]["source"] == "PURCHASE"


async def test_reading_the_manifest_is_the_first_use(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent = await make_offer(services, price=0)
    person = await make_person("buyer")
    api = as_session(client, services, person)
    await api.run("BuyAgent", input=purchase_input(agent, expectedAmountMinor=0))
    sql = "SELECT first_used_at FROM access_grant"

    await api.run("Library")
    unused = await db.fetch_value(sql)
    await api.run("OpenManifest", agentId=agent)

    assert unused is None
    assert await db.fetch_value(sql) is not None


async def test_every_cent_is_reported_to_buyer_and_creator(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, agent = await make_offer(services)
    person = await make_person("buyer")
    buyer = as_session(client, services, person)
    payload = (await buyer.run("BuyAgent", input=purchase_input(agent))).payload()
    await pay(payload["checkout"]["url"])
    await settle(services, person, payload["purchase"])

    query = """{ viewer { account { purchases(first: 5) { totalCount edges { node {
        breakdown { gross { amountMinor } net { amountMinor } tax { amountMinor }
            creatorShare { amountMinor } platformShare { amountMinor } creatorBasisPoints
            lines { amount { amountMinor } } }
        payments(first: 5) { totalCount edges { node { breakdown { gross { amountMinor } } } } }
        currentPeriodEnd cancelAtPeriodEnd accessEndsAt
    } } } } } }"""
    page = (await buyer.send(query)).data["viewer"]["account"]["purchases"]
    shop = (await as_session(client, services, creator).run("MyShop")).data["viewer"]["creator"]

    node = page["edges"][0]["node"]
    amounts = {
        name: value["amountMinor"]
        for name, value in node["breakdown"].items()
        if isinstance(value, dict)
    }
    assert amounts == {
        "gross": 999,
        "net": 999,
        "tax": 0,
        "creatorShare": 700,
        "platformShare": 299,
    }
    assert sum(line["amount"]["amountMinor"] for line in node["breakdown"]["lines"]) == 999
    assert node["breakdown"]["creatorBasisPoints"] == 7000
    assert node["payments"]["totalCount"] == 1
    assert (node["currentPeriodEnd"], node["accessEndsAt"]) == (None, None)
    assert node["cancelAtPeriodEnd"] is False
    assert shop["earnings"]["net"]["amountMinor"] == 700
    assert [point["amount"]["amountMinor"] for point in shop["earnings"]["series"]] == [700]
    [sale] = shop["sales"]["edges"]
    assert sale["node"]["buyerHint"] == "b…@e…"
    assert sale["node"]["status"] == "PAID"


async def test_the_processing_fee_is_for_staff(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent = await make_offer(services)
    person = await make_person("clerk", staff=(Staff.FINANCE,))
    api = as_session(client, services, person)
    payload = (await api.run("BuyAgent", input=purchase_input(agent))).payload()
    await pay(payload["checkout"]["url"])
    await settle(services, person, payload["purchase"])
    query = """query($id: ID!) { node(id: $id) {
        ... on Purchase { breakdown { gross { amountMinor } processingFee { amountMinor } } }
    } }"""
    sent = {"id": payload["purchase"]["id"]}

    as_staff = await api.send(query, sent)
    await db.execute("DELETE FROM staff_role")
    as_buyer = await api.send(query, sent)

    assert as_staff.data["node"]["breakdown"]["processingFee"]["amountMinor"] > 0
    assert as_buyer.codes == ["FORBIDDEN"]
    breakdown = as_buyer.body["data"]["node"]["breakdown"]
    assert breakdown == {"gross": {"amountMinor": 999}, "processingFee": None}


async def test_the_same_key_and_input_give_the_same_answer(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent = await make_offer(services)
    api = as_session(client, services, await make_person("buyer"))

    first = (await api.run("BuyAgent", input=purchase_input(agent))).payload()
    before = await fingerprint(services)
    again = (await api.run("BuyAgent", input=purchase_input(agent))).payload()

    assert again == first
    assert await fingerprint(services) == before


OTHER_INPUTS: dict[str, dict[str, Any]] = {
    "another amount": {"expectedAmountMinor": 998},
    "another address": {"successUrl": "https://app.example/done"},
}


@pytest.mark.parametrize("other", OTHER_INPUTS.values(), ids=OTHER_INPUTS.keys())
async def test_the_same_key_with_other_input_conflicts(
    client: httpx.AsyncClient, services: Services, other: dict[str, Any]
) -> None:
    _, agent = await make_offer(services)
    api = as_session(client, services, await make_person("buyer"))
    await api.run("BuyAgent", input=purchase_input(agent))
    before = await fingerprint(services)

    reply = await api.run("BuyAgent", input=purchase_input(agent, **other))

    assert reply.codes == ["IDEMPOTENCY_CONFLICT"]
    assert reply.body["data"] is None
    assert await fingerprint(services) == before


async def test_a_free_agent_is_the_buyers_at_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent = await make_offer(services, price=0)
    api = as_session(client, services, await make_person("buyer"))
    page = "query($id: ID!) { agent(id: $id) { installs viewerAccess { canUse grant { id } } } }"

    payload = (
        await api.run("BuyAgent", input=purchase_input(agent, expectedAmountMinor=0))
    ).payload()
    twice = await api.run(
        "BuyAgent", input=purchase_input(agent, expectedAmountMinor=0, idempotencyKey="key-2")
    )
    seen = (await api.send(page, {"id": agent})).data["agent"]

    assert payload["purchase"]["status"] == "PAID"
    assert payload["checkout"] is None
    assert twice.refusals() == [("ALREADY_OWNED", None)]
    assert seen["installs"] == 1
    assert seen["viewerAccess"]["canUse"] is True
    assert seen["viewerAccess"]["grant"] is not None


async def test_access_says_what_would_lift_the_refusal(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, agent = await make_offer(services)
    free = as_session(client, services, await make_person("free", tier=TierCode.FREE))
    starter = as_session(client, services, await make_person("starter"))
    query = """query($id: ID!) { agent(id: $id) { viewerAccess { canUse reason {
        __typename code message ... on PlanRequired { feature used limit cheapestTier { code } }
    } } } }"""

    async def reason(api: Api) -> dict[str, Any]:
        access = (await api.send(query, {"id": agent})).data["agent"]["viewerAccess"]
        return {"canUse": access["canUse"], **(access["reason"] or {})}

    assert (await reason(Api(client)))["code"] == "INVALID_STATE"
    assert (await reason(starter))["__typename"] == "SimpleError"
    required = await reason(free)
    assert required["__typename"] == "PlanRequired"
    assert (required["feature"], required["cheapestTier"]) == ("MARKETPLACE", {"code": "STARTER"})
    assert (await reason(as_session(client, services, creator)))["canUse"] is True
