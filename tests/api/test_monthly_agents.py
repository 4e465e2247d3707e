"""Monthly agents through the API: read, cancelled and taken up again."""

from typing import Any

import httpx
import pytest

from chenu.agents.purchases import PurchaseRow
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, gid
from tests.flows.monthly import begin
from tests.flows.plans import advance
from tests.flows.sales import Market, buy, open_market, open_monthly_market
from tests.people import make_person

PURCHASE = """query($id: ID!) { node(id: $id) { ... on Purchase {
    status currentPeriodEnd cancelAtPeriodEnd accessEndsAt price { type }
    breakdown { gross { amountMinor } creatorShare { amountMinor } }
    payments(first: 10) { totalCount edges { node {
        id receiptUrl breakdown { gross { amountMinor } creatorShare { amountMinor } } } } }
} } }"""


def open_api(client: httpx.AsyncClient, services: Services, market: Market) -> Api:
    return as_session(client, services, market.buyer)


async def read(api: Api, purchase: PurchaseRow) -> dict[str, Any]:
    node: dict[str, Any] = (await api.send(PURCHASE, {"id": gid("Purchase", purchase.id)})).data[
        "node"
    ]
    return node


def renewal(purchase: PurchaseRow, key: str) -> dict[str, Any]:
    return {"purchaseId": gid("Purchase", purchase.id), "idempotencyKey": key}


async def test_payments_of_a_monthly_purchase_are_one_for_each_month(
    client: httpx.AsyncClient, services: Services
) -> None:
    market = await open_monthly_market(services)
    purchase = await begin(services, market)
    await advance(services, 31.1)

    node = await read(open_api(client, services, market), purchase)

    assert node["price"]["type"] == "SUBSCRIPTION"
    assert (node["status"], node["cancelAtPeriodEnd"], node["accessEndsAt"]) == (
        "ACTIVE",
        False,
        None,
    )
    assert node["currentPeriodEnd"] is not None
    shares = [
        edge["node"]["breakdown"]["creatorShare"]["amountMinor"]
        for edge in node["payments"]["edges"]
    ]
    assert shares == ["700", "700"] or shares == [700, 700]
    assert int(node["breakdown"]["gross"]["amountMinor"]) == 1998


async def test_cancelled_and_taken_up_again(client: httpx.AsyncClient, services: Services) -> None:
    market = await open_monthly_market(services)
    purchase = await begin(services, market)
    api = open_api(client, services, market)

    left = (await api.run("CancelPurchase", input=renewal(purchase, "leave"))).payload()
    back = (await api.run("ResumePurchase", input=renewal(purchase, "back"))).payload()

    assert left["userErrors"] == back["userErrors"] == []
    assert left["purchase"]["status"] == "CANCELED"
    assert left["purchase"]["accessEndsAt"] == left["purchase"]["currentPeriodEnd"]
    assert (back["purchase"]["status"], back["purchase"]["accessEndsAt"]) == ("ACTIVE", None)


@pytest.mark.parametrize("operation", ["CancelPurchase", "ResumePurchase"])
async def test_what_was_bought_once_is_neither_cancelled_nor_taken_up_again(
    client: httpx.AsyncClient, services: Services, operation: str
) -> None:
    market = await open_market(services)
    purchase = await buy(services, market)
    api = open_api(client, services, market)

    payload = (await api.run(operation, input=renewal(purchase, "leave"))).payload()

    assert [error["code"] for error in payload["userErrors"]] == ["INVALID_STATE"]


async def test_somebody_elses_purchase_is_not_found(
    client: httpx.AsyncClient, services: Services
) -> None:
    market = await open_monthly_market(services)
    purchase = await begin(services, market)
    stranger = await make_person("stranger")
    api = as_session(client, services, stranger)

    payload = (await api.run("CancelPurchase", input=renewal(purchase, "leave"))).payload()

    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]
