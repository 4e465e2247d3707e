"""Refunds of agents through the API: who may, what a dry run shows, and each refusal."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.agents.access import list_usable_grants, record_first_use
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import PurchaseRow
from chenu.core.money import Cents
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, fingerprint, gid
from tests.flows.monthly import begin, pay_by_credit
from tests.flows.sales import Market, buy, open_market, open_monthly_market
from tests.flows.test_second_person import put_request
from tests.people import make_person
from tests.rows import count, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_market(services)


@pytest.fixture
async def sold(services: Services, market: Market) -> PurchaseRow:
    return await buy(services, market)


def back(purchase_id: PurchaseId, kind: str = "Purchase", **changes: Any) -> dict[str, Any]:
    request = {"reason": "It does not fit", "idempotencyKey": "back"}
    return {"purchaseId": gid(kind, purchase_id), **request, **changes}


def amounts(payload: dict[str, Any]) -> list[int]:
    return [int(line["amount"]["amountMinor"]) for line in payload["lines"]]


async def test_a_buyer_sees_what_would_go_back_and_then_gets_it(
    client: httpx.AsyncClient, services: Services, market: Market, sold: PurchaseRow
) -> None:
    api = as_session(client, services, market.buyer)
    before = await fingerprint(services)

    shown = (await api.run("RefundPurchase", input=back(sold.id, dryRun=True))).payload()
    unchanged = await fingerprint(services)
    done = (await api.run("RefundPurchase", input=back(sold.id, reason=""))).payload()
    again = (await api.run("RefundPurchase", input=back(sold.id, reason=""))).payload()

    assert unchanged == before
    assert amounts(shown) == amounts(done) == [700, 299]
    assert shown["purchase"]["status"] == "PAID"
    assert (done["purchase"]["status"], int(done["amount"]["amountMinor"])) == ("REFUNDED", 999)
    assert again == done


async def test_what_a_credit_paid_is_shown_before_and_after(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    monthly = await open_monthly_market(services)
    sold = await begin(services, monthly)
    await pay_by_credit(sold, Cents(250))
    api = as_session(client, services, monthly.buyer)

    shown = (await api.run("RefundPurchase", input=back(sold.id, dryRun=True))).payload()
    done = (await api.run("RefundPurchase", input=back(sold.id))).payload()

    assert shown["byCredit"]["amountMinor"] == done["byCredit"]["amountMinor"] == 250
    assert sum(amounts(shown)) == monthly.agent.price_amount


async def test_a_creator_gives_a_part_back_and_sees_the_sale_alone(
    client: httpx.AsyncClient, services: Services, market: Market, sold: PurchaseRow
) -> None:
    api = as_session(client, services, market.creator)
    request = back(sold.id, "Sale", amountMinor=333)

    payload = (await api.run("RefundPurchase", input=request)).payload()

    assert amounts(payload) == [233, 100]
    assert payload["purchase"] is None
    assert payload["sale"] == {"id": gid("Sale", sold.id), "status": "PARTIALLY_REFUNDED"}


async def test_the_support_desk_gives_it_back_with_a_reason(
    client: httpx.AsyncClient, services: Services, sold: PurchaseRow
) -> None:
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    api = as_session(client, services, clerk)

    silent = await api.run("RefundPurchase", input=back(sold.id, reason=" "))
    done = (await api.run("RefundPurchase", input=back(sold.id))).payload()

    assert silent.refusals() == [("INVALID", ["input", "reason"])]
    assert done["sale"]["status"] == "REFUNDED"
    assert await count("audit_event", "action = 'purchase.refund'") == 1


async def refuse(api: Api, request: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The same for a dry run and in earnest."""
    refusals = (await api.run("RefundPurchase", input=request)).refusals()
    dry = (await api.run("RefundPurchase", input={**request, "dryRun": True})).refusals()
    assert dry == refusals
    return refusals


AMOUNTS: dict[str, tuple[int, tuple[str, list[str] | None]]] = {
    "more than was paid": (1000, ("INVALID", ["input", "amountMinor"])),
    "nothing": (0, ("INVALID", ["input", "amountMinor"])),
    "less than nothing": (-1, ("INVALID", ["input", "amountMinor"])),
    "a part": (500, ("REFUND_NOT_ALLOWED", ["input", "amountMinor"])),
}


@pytest.mark.parametrize(("amount", "refusal"), AMOUNTS.values(), ids=AMOUNTS.keys())
async def test_a_buyer_is_refused_another_amount(
    client: httpx.AsyncClient,
    services: Services,
    market: Market,
    sold: PurchaseRow,
    amount: int,
    refusal: tuple[str, list[str] | None],
) -> None:
    api = as_session(client, services, market.buyer)

    assert await refuse(api, back(sold.id, amountMinor=amount)) == [refusal]
    assert await count("purchase_refund") == 0


async def test_each_refusal_has_its_code(
    client: httpx.AsyncClient, services: Services, market: Market, sold: PurchaseRow
) -> None:
    buyer, creator = (as_session(client, services, each) for each in (market.buyer, market.creator))
    request = back(sold.id)
    elsewhere = {**request, "paymentId": gid("PurchasePayment", sold.id)}
    grants = await list_usable_grants(sold.account_id, [sold.agent_id])

    assert await refuse(buyer, elsewhere) == [("NOT_FOUND", ["input", "paymentId"])]
    await put("purchase", "status", "DISPUTED", "id = $2", sold.id)
    assert await refuse(creator, request) == [("DISPUTED", None)]
    await put("purchase", "status", "PAID", "id = $2", sold.id)
    await record_first_use([grant.id for grant in grants])
    assert await refuse(buyer, request) == [("REFUND_NOT_ALLOWED", None)]
    await creator.run("RefundPurchase", input=request)
    again = {**request, "idempotencyKey": "again"}
    assert await refuse(creator, again) == [("REFUND_NOT_ALLOWED", None)]


async def test_what_needs_a_second_person_is_said_by_a_code_and_moves_nothing(
    client: httpx.AsyncClient, services: Services, sold: PurchaseRow
) -> None:
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    await put_request(sold.account_id, clerk, 9500)
    api = as_session(client, services, clerk)

    first = await api.run("RefundPurchase", input=back(sold.id))
    again = await api.run("RefundPurchase", input=back(sold.id))

    assert first.refusals() == again.refusals() == [("REFUND_NOT_ALLOWED", None)]
    [error] = first.payload()["userErrors"]
    assert "second person" in error["message"] or "seconde personne" in error["message"]
    assert await count("purchase_refund_request", "state = 'WAITING'") == 1
    assert await count("operation", "kind = 'REFUND'") == 0
