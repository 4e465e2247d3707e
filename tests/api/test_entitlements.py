"""Account.entitlements, reports of use by the apps, and what a refusal says."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from tests.accounts.entitled import override
from tests.api.calls import (
    Api,
    as_key,
    as_service,
    as_session,
    counted_statements,
    fingerprint,
)
from tests.people import make_member, make_person

REFUSAL = """userErrors { code message path
    ... on PlanRequired { feature used limit resetsAt cheapestTier { code } } }"""
CONSUME = f"""mutation($input: EntitlementUseInput!) {{ entitlementConsume(input: $input) {{
    entitlement {{ feature used limit remaining source }} {REFUSAL} }} }}"""


async def consume(api: Api, quantity: int, key: str, feature: str = "THREADS") -> dict[str, Any]:
    sent = {"feature": feature, "quantity": quantity, "idempotencyKey": key}
    return (await api.send(CONSUME, {"input": sent})).payload()


async def list_own(api: Api) -> dict[str, dict[str, Any]]:
    account = (await api.run("Entitlements")).data["viewer"]["account"]
    return {each["feature"]: each for each in account["entitlements"]}


async def test_an_account_has_one_entitlement_of_every_feature(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await consume(await as_service(client, services, person), 2, "a")

    found = await list_own(as_session(client, services, person))

    assert list(found) == [feature.value for feature in Feature]
    assert found["THREADS"] == {
        "feature": "THREADS",
        "hasAccess": True,
        "isUnlimited": False,
        "limit": 5,
        "used": 2,
        "remaining": 3,
        "resetsAt": None,
        "source": "TIER",
    }
    assert found["TOKENS"]["resetsAt"] is not None
    assert (found["MARKETPLACE"]["hasAccess"], found["MARKETPLACE"]["limit"]) == (False, None)


async def test_unlimited_is_null(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("zoe", TierCode.BUSINESS)

    threads = (await list_own(as_session(client, services, person)))["THREADS"]

    assert (threads["limit"], threads["remaining"], threads["isUnlimited"]) == (None, None, True)


async def test_an_override_is_the_source_of_what_it_changes(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await override(person, Feature.THREADS, 7)

    found = await list_own(as_session(client, services, person))

    assert (found["THREADS"]["limit"], found["THREADS"]["source"]) == (7, "OVERRIDE")
    assert {each["source"] for name, each in found.items() if name != "THREADS"} == {"TIER"}


async def test_a_refused_report_names_feature_use_limit_and_the_cheapest_tier(
    client: httpx.AsyncClient, services: Services
) -> None:
    app = await as_service(client, services, await make_person("zoe", TierCode.FREE))
    await consume(app, 5, "a")
    before = await fingerprint(services)

    refused = await consume(app, 1, "b")

    [error] = refused["userErrors"]
    assert refused["entitlement"] is None
    assert error == {
        "code": "PLAN_REQUIRED",
        "message": error["message"],
        "path": None,
        "feature": "THREADS",
        "used": 5,
        "limit": 5,
        "resetsAt": None,
        "cheapestTier": {"code": "STARTER"},
    }
    assert await fingerprint(services) == before


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        pytest.param({"feature": "TOKENS"}, ["input", "feature"], id="no gauge"),
        pytest.param({"quantity": 0}, ["input", "quantity"], id="nothing"),
        pytest.param({"quantity": -3}, ["input", "quantity"], id="less than nothing"),
        pytest.param({"idempotencyKey": ""}, ["input", "idempotencyKey"], id="no key"),
    ],
)
@pytest.mark.parametrize("name", ["ConsumeEntitlement", "ReleaseEntitlement"])
async def test_bad_input_is_refused_at_its_field(
    client: httpx.AsyncClient, services: Services, name: str, sent: dict[str, Any], path: list[str]
) -> None:
    app = await as_service(client, services, await make_person("zoe", TierCode.FREE))
    before = await fingerprint(services)

    request = {"feature": "THREADS", "quantity": 1, "idempotencyKey": "a", **sent}
    reply = await app.run(name, input=request)

    assert reply.refusals() == [("INVALID", path)]
    assert await fingerprint(services) == before


async def test_the_same_key_with_other_input_is_a_conflict(
    client: httpx.AsyncClient, services: Services
) -> None:
    app = await as_service(client, services, await make_person("zoe", TierCode.FREE))
    first = await consume(app, 1, "a")

    again = await consume(app, 1, "a")
    sent = {"feature": "THREADS", "quantity": 2, "idempotencyKey": "a"}
    other = await app.send(CONSUME, {"input": sent})

    assert again == first
    assert other.codes == ["IDEMPOTENCY_CONFLICT"]


async def test_people_and_their_keys_report_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    for api in (
        as_session(client, services, person),
        await as_key(client, services, person, *ApiScope),
    ):
        sent = {"feature": "THREADS", "quantity": 1, "idempotencyKey": "a"}
        assert (await api.send(CONSUME, {"input": sent})).codes == ["FORBIDDEN"]

    assert await db.fetch_value("SELECT count(*) FROM entitlement_use") == 0


async def test_entitlements_that_are_asked_together_take_one_statement(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("zoe"))
    query = """{ viewer {
        account { entitlements { feature used } } again: account { entitlements { limit } }
    } }"""

    async with counted_statements() as statements:
        reply = await api.send(query)

    assert len(reply.data["viewer"]["again"]["entitlements"]) == len(Feature)
    assert len([each for each in statements if "entitlement_gauge" in each]) == 1


async def test_entitlements_of_an_account_that_is_not_acted_for_are_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = await make_person("zoe")
    member = await make_member(owner, "max", AccountRole.MEMBER)
    query = "{ viewer { accounts { account { entitlements { feature } } } } }"

    reply = await as_session(client, services, member).send(query)

    assert reply.codes == ["FORBIDDEN"]
