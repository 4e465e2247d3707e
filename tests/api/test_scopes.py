"""What keys may: each mutation with each scope, private data, and nothing by service keys."""

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.accounts.service_keys import create_service_key
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint, gid
from tests.api.dummies import call_of, mutations
from tests.people import make_person

BY_AGENTS = {
    "creatorOnboard",
    "creatorUpdate",
    "agentCreate",
    "agentUpdate",
    "agentVersionCreate",
    "agentSubmit",
    "agentArchive",
    "reviewReply",
}
BY_MARKETPLACE = {
    "agentPurchase",
    "disputeEvidenceSubmit",
    "libraryBringBack",
    "libraryPutAway",
    "purchaseCancel",
    "purchaseResume",
    "purchaseRefund",
    "reviewCreate",
}
BY_BILLING = {
    "apiPlanCancel",
    "apiPlanChange",
    "apiPlanResume",
    "apiPlanStart",
    "billingPortalOpen",
    "roiSettingsUpdate",
    "subscriptionCancel",
    "subscriptionChange",
    "subscriptionResume",
    "subscriptionStart",
    "tokenLimitRemove",
    "tokenLimitSet",
    "tokenPackBuy",
}
RUNS = {"executionAuthorize", "executionComplete", "executionCancel"}
BY_APPS = {"entitlementConsume", "entitlementRelease", "tokenSpend"} | RUNS
"""What service keys may write."""
MAY = {
    ApiScope.EXECUTIONS: RUNS | {"tokenSpend"},
    ApiScope.TOKENS: {"tokenSpend"},
    ApiScope.AGENTS: BY_AGENTS,
    ApiScope.MARKETPLACE: BY_MARKETPLACE,
    ApiScope.BILLING: BY_BILLING,
}


@pytest.mark.parametrize("scope", list(ApiScope))
async def test_a_key_may_what_its_scope_says_and_nothing_else(
    client: httpx.AsyncClient, services: Services, scope: ApiScope
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    api = await as_key(client, services, person, scope)

    answers = {name: (await api.send(call_of(name))).codes for name in mutations()}

    allowed = {name for name, codes in answers.items() if codes != ["FORBIDDEN"]}
    assert allowed == MAY.get(scope, set())


async def test_a_key_of_staff_is_no_staff(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("admin", tier=TierCode.PRO, staff=(Staff.ADMIN,))
    api = await as_key(client, services, person, *ApiScope)

    decision = await api.send(call_of("agentReviewDecide"))
    office = await api.send("{ staff { moderationQueue(first: 1) { totalCount } } }")

    assert decision.codes == ["FORBIDDEN"]
    assert office.codes == ["FORBIDDEN"]
    assert office.body["data"] == {"staff": None}


PRIVATE = {
    "viewer": "{ viewer { email } }",
    "purchases": "{ viewer { account { purchases(first: 1) { totalCount } } } }",
    "library": "{ viewer { account { library(first: 1) { totalCount } } } }",
    "api keys": "{ viewer { account { apiKeys { prefix } } } }",
}


@pytest.mark.parametrize("query", PRIVATE.values(), ids=PRIVATE.keys())
async def test_own_data_needs_the_scope_read(
    client: httpx.AsyncClient, services: Services, query: str
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    blind = [scope for scope in ApiScope if scope is not ApiScope.READ]

    seeing = await (await as_key(client, services, person, ApiScope.READ)).send(query)
    refused = await (await as_key(client, services, person, *blind)).send(query)

    assert seeing.errors == []
    assert refused.codes == ["FORBIDDEN"]
    assert refused.body["data"] == {"viewer": None}


async def test_nodes_of_ones_own_need_the_scope_read(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    account = gid("Account", person.actor.account_id)
    api = await as_key(client, services, person, ApiScope.AGENTS)

    reply = await api.send("query($id: ID!) { node(id: $id) { id } }", {"id": account})

    assert reply.codes == ["FORBIDDEN"]
    assert reply.body["data"] == {"node": None}


async def test_everybody_reads_the_store_without_any_scope(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.EXECUTIONS)

    reply = await api.send("{ agents(first: 1) { totalCount } tiers { code } }")

    assert reply.data["agents"] == {"totalCount": 0}


async def test_a_service_key_reads_for_the_account_it_names_and_changes_nothing_else(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, other = await make_person("buyer"), await make_person("other")
    secret = await create_service_key("apps", services.settings.secret)
    account = gid("Account", person.actor.account_id)
    api = Api(client, {"authorization": f"Bearer {secret}", "chenu-account": account})
    node = """query($id: ID!) {
        node(id: $id) { ... on Account { name tier { code } library(first: 1) { totalCount } } }
    }"""

    own = await api.send(node, {"id": account})
    foreign = await api.send(node, {"id": gid("Account", other.actor.account_id)})
    viewer = await api.send("{ viewer { id } }")
    before = await fingerprint(services)
    others = [name for name in mutations() if name not in BY_APPS]
    changes = {name: (await api.send(call_of(name))).codes for name in others}

    assert own.data["node"]["tier"] == {"code": "STARTER"}
    assert foreign.data == {"node": None}
    assert viewer.data == {"viewer": None}
    assert changes == {name: ["FORBIDDEN"] for name in others}
    assert await fingerprint(services) == before


async def test_a_service_key_without_an_account_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    secret = await create_service_key("apps", services.settings.secret)

    reply = await Api(client, {"authorization": f"Bearer {secret}"}).send("{ tiers { code } }")

    assert reply.http.status_code == 403
    assert reply.codes == ["FORBIDDEN"]


async def test_a_session_acts_only_for_accounts_it_belongs_to(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, other = await make_person("buyer"), await make_person("other")
    headers = as_session(client, services, person).headers
    foreign = gid("Account", other.actor.account_id)

    reply = await Api(client, {**headers, "chenu-account": foreign}).send("{ viewer { id } }")

    assert reply.http.status_code == 403
    assert reply.codes == ["FORBIDDEN"]


async def test_a_revoked_key_is_worth_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    key = await as_key(client, services, person, ApiScope.READ)
    owner = as_session(client, services, person)
    [known] = (await owner.run("ApiKeys")).data["viewer"]["account"]["apiKeys"]

    await owner.run("RevokeApiKey", id=known["id"])
    reply = await key.send("{ viewer { id } }")

    assert reply.http.status_code == 401
    assert reply.codes == ["UNAUTHENTICATED"]
