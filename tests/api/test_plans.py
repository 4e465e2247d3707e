"""Plans through the API: begun, looked at, left and taken up again, by session and by key."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint
from tests.flows.plans import (
    catch_up,
    complete,
    open_plans,
    pay_with,
    plan_of,
    put_portal,
    start,
)
from tests.people import Person, make_person, pay, sign_in_again
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


@pytest.fixture
async def subscribed(services: Services, person: Person) -> Person:
    """Somebody with a paid PRO."""
    await complete(services, await start(services, person.actor, TierCode.PRO))
    return await sign_in_again(person.user_id, person.email)


def start_input(**changes: Any) -> dict[str, Any]:
    return {"tier": "PRO", "idempotencyKey": "api-1", **changes}


async def read_plan(api: Api) -> Any:
    return (await api.run("MyPlan")).data["viewer"]["account"]


async def test_a_plan_begins_on_stripes_page(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    api = as_session(client, services, person)

    payload = (await api.run("StartPlan", input=start_input(interval="YEAR"))).payload()
    before = await read_plan(api)
    paid = await pay(payload["checkout"]["url"])
    await catch_up(services)
    again = (await api.run("StartPlan", input=start_input(interval="YEAR"))).payload()

    assert paid.status_code == 303
    assert before == {"tier": {"code": "FREE", "name": "Free"}, "subscription": None}
    after = await read_plan(api)
    assert after["tier"]["code"] == "PRO"
    plan = after["subscription"]
    assert (plan["status"], plan["interval"], plan["price"]["amountMinor"]) == (
        "TRIALING",
        "YEAR",
        29000,
    )
    assert plan["trialEndsAt"] == plan["currentPeriodEnd"]
    assert again["checkout"] is None
    assert again["subscription"]["id"] == plan["id"]


async def test_invoices_are_listed_for_whoever_pays(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = as_session(client, services, subscribed)

    invoices = (await api.run("MyInvoices")).data["viewer"]["account"]["invoices"]

    [edge] = invoices["edges"]
    assert invoices["totalCount"] == 1
    assert edge["node"]["status"] == "PAID"
    assert edge["node"]["amountPaid"]["amountMinor"] == 2900
    assert edge["node"]["number"]
    assert edge["node"]["pdfUrl"].startswith(f"{client.base_url}/account/invoices/")


async def test_a_key_with_billing_leaves_and_comes_back(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = await as_key(client, services, subscribed, ApiScope.BILLING, ApiScope.READ)
    request = {"idempotencyKey": "leave", "reason": "Trop cher"}

    left = (await api.run("LeavePlan", input=request)).payload()["subscription"]
    again = (await api.run("LeavePlan", input=request)).payload()["subscription"]
    other = await api.run("LeavePlan", input={**request, "atPeriodEnd": False})
    back = (await api.run("ResumePlan")).payload()["subscription"]

    assert left["cancelAtPeriodEnd"]
    assert left["status"] == "ACTIVE"
    assert again == left
    assert other.codes == ["IDEMPOTENCY_CONFLICT"]
    assert not back["cancelAtPeriodEnd"]


async def test_a_plan_ends_at_once_when_asked_so(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = as_session(client, services, subscribed)
    request = {"idempotencyKey": "leave", "atPeriodEnd": False}

    left = (await api.run("LeavePlan", input=request)).payload()["subscription"]

    assert left["status"] == "CANCELED"
    assert (await read_plan(api))["tier"]["code"] == "FREE"


async def test_a_change_is_previewed_and_charged_so(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = as_session(client, services, subscribed)

    offer = (await api.run("PreviewPlan", tier="BUSINESS")).data["tierChangePreview"]
    agreed = {
        "tier": "BUSINESS",
        "idempotencyKey": "up",
        "prorationDate": offer["prorationDate"],
        "expectedDueNowMinor": offer["dueNow"]["amountMinor"],
    }
    other = {**agreed, "expectedDueNowMinor": offer["dueNow"]["amountMinor"] - 1}
    refused = (await api.run("ChangePlan", input=other)).payload()
    changed = (await api.run("ChangePlan", input=agreed)).payload()
    await catch_up(services)

    assert sum(line["amount"]["amountMinor"] for line in offer["lines"]) == 7000
    assert offer["dueNow"]["amountMinor"] == 7000
    assert offer["nextInvoice"]["amountMinor"] == 9900
    [error] = refused["userErrors"]
    assert (error["code"], error["path"]) == ("PRICE_CHANGED", ["input", "expectedDueNowMinor"])
    assert changed["subscription"]["tier"]["code"] == "BUSINESS"
    assert changed["paymentUrl"] is None
    invoices = (await api.run("MyInvoices")).data["viewer"]["account"]["invoices"]
    assert invoices["edges"][0]["node"]["amountPaid"]["amountMinor"] == 7000


async def test_a_downgrade_is_named_and_taken_back(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = await as_key(client, services, subscribed, ApiScope.BILLING, ApiScope.READ)
    request = {"tier": "STARTER", "interval": "YEAR", "idempotencyKey": "down"}

    lower = (await api.run("ChangePlan", input=request)).payload()["subscription"]
    back = (await api.run("ResumePlan")).payload()["subscription"]

    assert lower["tier"]["code"] == "PRO"
    assert (lower["scheduledTier"], lower["scheduledInterval"]) == ({"code": "STARTER"}, "YEAR")
    assert (back["scheduledTier"], back["scheduledInterval"]) == (None, None)


async def test_an_unconfirmed_payment_names_stripes_page(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide, subscribed: Person
) -> None:
    api = as_session(client, services, subscribed)
    plan = await plan_of(subscribed)
    assert plan is not None
    await pay_with(stripe_side, plan, "pm_card_authenticationRequired")

    request = {"tier": "BUSINESS", "idempotencyKey": "up"}
    waiting = (await api.run("ChangePlan", input=request)).payload()

    assert waiting["paymentUrl"].startswith("http")
    assert waiting["subscription"]["tier"]["code"] == "PRO"
    assert (await read_plan(api))["tier"]["code"] == "PRO"


async def test_the_portal_is_stripes(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    api = as_session(client, services, subscribed)

    before = (await api.run("OpenBillingPortal")).payload()
    await put_portal(services)
    after = (await api.run("OpenBillingPortal")).payload()

    assert [error["code"] for error in before["userErrors"]] == ["PROVIDER_UNAVAILABLE"]
    assert before["url"] is None
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(after["url"])).status_code == 200


@pytest.mark.parametrize(
    ("tier", "words"), [("PRO", "déjà votre offre"), ("FREE", "Starter, Pro, Business")]
)
async def test_what_cannot_be_previewed_is_said(
    client: httpx.AsyncClient, services: Services, subscribed: Person, tier: str, words: str
) -> None:
    api = as_session(client, services, subscribed)

    answer = await api.run("PreviewPlan", tier=tier)

    assert answer.codes == ["BAD_INPUT"]
    assert words in answer.body["errors"][0]["message"]
    assert answer.body["data"] == {"tierChangePreview": None}


REFUSED = {
    "a change without a plan": (
        "ChangePlan",
        {"tier": "PRO", "idempotencyKey": "k"},
        "INVALID_STATE",
    ),
    "a change to a tier that is not sold": (
        "ChangePlan",
        {"tier": "FREE", "idempotencyKey": "k"},
        "INVALID",
    ),
    "a change with an empty key": ("ChangePlan", {"tier": "PRO", "idempotencyKey": " "}, "INVALID"),
    "a tier that is not sold": ("StartPlan", start_input(tier="FREE"), "INVALID"),
    "a tier on request": ("StartPlan", start_input(tier="ENTERPRISE"), "INVALID"),
    "a foreign address": (
        "StartPlan",
        start_input(successUrl="https://evil.example/"),
        "INVALID",
    ),
    "an empty key": ("StartPlan", start_input(idempotencyKey=" "), "INVALID"),
    "leaving without a plan": ("LeavePlan", {"idempotencyKey": "k"}, "INVALID_STATE"),
    "a reason without end": (
        "LeavePlan",
        {"idempotencyKey": "k", "reason": "x" * 501},
        "INVALID",
    ),
}


@pytest.mark.parametrize(("name", "request_", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    person: Person,
    name: str,
    request_: dict[str, Any],
    code: str,
) -> None:
    api = as_session(client, services, person)
    before = await fingerprint(services)

    errors = (await api.run(name, input=request_)).payload()["userErrors"]

    assert [error["code"] for error in errors] == [code]
    assert await fingerprint(services) == before


async def test_plans_and_invoices_of_others_are_not_there(
    client: httpx.AsyncClient, services: Services, subscribed: Person
) -> None:
    own = as_session(client, services, subscribed)
    plan = (await read_plan(own))["subscription"]["id"]
    invoices = (await own.run("MyInvoices")).data["viewer"]["account"]["invoices"]
    invoice = invoices["edges"][0]["node"]["id"]
    stranger = as_session(client, services, await make_person("mallory", TierCode.PRO))

    for node in (plan, invoice):
        query = f'{{ node(id: "{node}") {{ id }} }}'
        assert (await own.send(query)).data["node"] == {"id": node}
        assert (await stranger.send(query)).data["node"] is None
