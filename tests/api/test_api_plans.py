"""Plans of the paid API over GraphQL: what stands, refusals with a way, a payment that waits."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import enter_contract
from chenu.tiers.catalogue import Feature, TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint
from tests.contracts import contract_of_days
from tests.flows.api_plans import api_plan_of, open_api_plans, open_paid_api_plan, start_api
from tests.flows.plans import catch_up, complete, pay_with
from tests.people import Person, make_person, sign_in_again
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_api_plans(services)


async def read_plan(api: Api) -> Any:
    return (await api.run("MyApiPlan")).data["viewer"]["account"]["apiSubscription"]


async def test_an_account_has_the_free_plan_until_it_buys_another(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    free = await read_plan(as_session(client, services, person))

    await complete(services, await start_api(services, person.actor))

    paid = await read_plan(as_session(client, services, person))
    assert (free["plan"]["code"], free["plan"]["monthlyCalls"]) == ("FREE", "1000")
    assert (free["status"], free["currentPeriodEnd"]) == ("ACTIVE", None)
    assert (paid["plan"]["code"], paid["plan"]["callsPerMinute"]) == ("BASIC", 100)
    assert paid["currentPeriodEnd"] is not None


@pytest.mark.parametrize(
    ("operation", "request_", "words"),
    [
        ("StartApiPlan", {"plan": "FREE"}, "ne se souscrit pas"),
        ("StartApiPlan", {"plan": "ENTERPRISE"}, "/enterprise"),
        ("ChangeApiPlan", {"plan": "PRO"}, "commencez-en d’abord une"),
        ("LeaveApiPlan", {}, "commencez-en d’abord une"),
        ("ResumeApiPlan", {}, "commencez-en d’abord une"),
        ("StartApiPlan", {"plan": "PRO", "successUrl": "https://evil.example/"}, "adresse"),
    ],
)
async def test_a_refusal_names_a_way_and_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    person: Person,
    operation: str,
    request_: dict[str, str],
    words: str,
) -> None:
    api, before = as_session(client, services, person), await fingerprint()

    answer = await api.run(operation, input={**request_, "idempotencyKey": "no"})

    [error] = answer.payload()["userErrors"]
    assert words in error["message"]
    assert await fingerprint() == before


async def test_a_payment_that_waits_has_its_page_and_the_old_plan_stays(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    payer = await open_paid_api_plan(services)
    await pay_with(stripe_side, await api_plan_of(payer), "pm_card_authenticationRequired")

    request = {"plan": "PRO", "idempotencyKey": "up"}
    answer = await as_session(client, services, payer).run("ChangeApiPlan", input=request)

    payload = answer.payload()
    assert payload["paymentUrl"].startswith("http")
    assert payload["apiSubscription"]["plan"]["code"] == "BASIC"


async def test_a_key_of_a_free_tier_works_with_a_paid_plan(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    payer = await open_paid_api_plan(services)
    payer = await sign_in_again(payer.user_id, payer.email)
    key = await as_key(client, services, payer, ApiScope.READ, ApiScope.BILLING)

    found = await read_plan(key)
    left = (await key.run("LeaveApiPlan", input={"idempotencyKey": "leave"})).payload()

    assert payer.actor.entitlements.has(Feature.API_ACCESS)
    assert found["plan"]["code"] == "BASIC"
    assert left["apiSubscription"]["cancelAtPeriodEnd"]


async def test_a_contract_gives_its_own_calls_and_ends_what_is_beside_it(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    payer = await open_paid_api_plan(services)
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    assert payer.actor.account_id is not None

    await enter_contract(finance.actor, payer.actor.account_id, contract_of_days(-1, 90))
    await catch_up(services)
    payer = await sign_in_again(payer.user_id, payer.email)

    assert payer.actor.tier is TierCode.ENTERPRISE
    found = await read_plan(as_session(client, services, payer))
    assert (found["plan"]["code"], found["plan"]["monthlyCalls"]) == ("ENTERPRISE", "5000000")
    assert (await api_plan_of(payer)).cancel_at_period_end
