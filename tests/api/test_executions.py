"""Runs over the API: by service key, by an own key with one scope, and by a session."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.agents.updates import accept_update
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.agents.newer import publish_newer
from tests.api.calls import Api, Reply, as_key, as_service, as_session, gid
from tests.flows.runs import Bench, give_agent, set_up
from tests.people import get_agent, make_member, make_person
from tests.rows import fingerprint

BEGIN = """mutation($input: ExecutionAuthorizeInput!) { executionAuthorize(input: $input) {
    execution { id status tokensHeld tokensUsed capped minutesSaved agent { name }
        sphere { code } startedAt finishedAt isFreeTry expiresAt }
    wallet { available held }
    userErrors { code path message ... on InsufficientTokens {
        required available cheapestPack { code } cheapestTier { code } } } } }"""
END = """mutation($input: ExecutionCompleteInput!) { executionComplete(input: $input) {
    execution { id status tokensUsed capped minutesSaved finishedAt }
    wallet { available held } userErrors { code path message } } }"""
CANCEL = """mutation($input: ExecutionCancelInput!) { executionCancel(input: $input) {
    execution { status tokensUsed } wallet { available held } userErrors { code path } } }"""


@pytest.fixture
async def bench(services: Services) -> Bench:
    return await set_up(services, tier=TierCode.PRO)


async def begin(api: Api, bench: Bench, **changes: Any) -> Reply:
    request = {"agentId": gid("Agent", bench.agent_id), "maxTokens": 100, "idempotencyKey": "a"}
    return await api.send(BEGIN, {"input": request | changes})


async def end(api: Api, run: str, **changes: Any) -> Reply:
    request = {"executionId": run, "tokensUsed": 40, "idempotencyKey": "b"}
    return await api.send(END, {"input": request | changes})


async def caller(kind: str, client: httpx.AsyncClient, bench: Bench) -> Api:
    if kind == "service key":
        return await as_service(client, bench.services, bench.person)
    if kind == "own key":
        return await as_key(client, bench.services, bench.person, ApiScope.EXECUTIONS)
    return as_session(client, bench.services, bench.person)


@pytest.mark.parametrize("kind", ["service key", "own key", "session"])
async def test_a_run_begins_and_ends(client: httpx.AsyncClient, bench: Bench, kind: str) -> None:
    api = await caller(kind, client, bench)

    begun = (await begin(api, bench)).data["executionAuthorize"]
    done = (await end(api, begun["execution"]["id"], minutesSaved=12.5)).data["executionComplete"]

    run = begun["execution"]
    assert (run["status"], run["tokensHeld"], run["tokensUsed"]) == ("AUTHORIZED", 100, None)
    assert (run["agent"]["name"], run["sphere"]["code"]) == ("Planner", "BUSINESS")
    assert begun["wallet"] == {"available": 900, "held": 100}
    assert done["execution"]["status"] == "COMPLETED"
    assert (done["execution"]["tokensUsed"], done["execution"]["minutesSaved"]) == (40, 12.5)
    assert done["wallet"] == {"available": 960, "held": 0}
    assert begun["userErrors"] == done["userErrors"] == []


async def test_a_run_is_given_up(client: httpx.AsyncClient, bench: Bench) -> None:
    api = await caller("session", client, bench)
    run = (await begin(api, bench)).data["executionAuthorize"]["execution"]["id"]

    request = {"executionId": run, "idempotencyKey": "c"}
    given_up = (await api.send(CANCEL, {"input": request})).data["executionCancel"]

    assert given_up["execution"] == {"status": "CANCELED", "tokensUsed": None}
    assert given_up["wallet"] == {"available": 1000, "held": 0}


async def test_no_tokens_is_a_typed_refusal_with_pack_and_tier(
    client: httpx.AsyncClient, services: Services
) -> None:
    bench = await set_up(services, tokens=0)
    api = await caller("session", client, bench)

    payload = (await begin(api, bench, maxTokens=500)).data["executionAuthorize"]

    [error] = payload["userErrors"]
    assert (payload["execution"], payload["wallet"]) == (None, None)
    assert error["code"] == "INSUFFICIENT_TOKENS"
    assert (error["required"], error["available"]) == (500, 0)
    assert (error["cheapestPack"], error["cheapestTier"]) == ({"code": "pack_1k"}, {"code": "PRO"})


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"maxTokens": 0}, "INVALID", ["input", "maxTokens"]),
        ({"maxTokens": 4}, "INVALID", ["input", "maxTokens"]),
        ({"sphere": "MARS"}, "INVALID", ["input", "sphere"]),
        ({"agentId": "x"}, "NOT_FOUND", ["input", "agentId"]),
        ({"agentId": gid("Agent", UUID(int=1))}, "NOT_FOUND", ["input", "agentId"]),
        ({"idempotencyKey": " "}, "INVALID", ["input", "idempotencyKey"]),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(
    client: httpx.AsyncClient, bench: Bench, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    api = await caller("session", client, bench)
    before = await fingerprint()

    [error] = (await begin(api, bench, **changes)).data["executionAuthorize"]["userErrors"]

    assert (error["code"], error["path"]) == (code, path)
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"tokensUsed": -1}, "INVALID", ["input", "tokensUsed"]),
        ({"minutesSaved": -1}, "INVALID", ["input", "minutesSaved"]),
        ({"minutesSaved": 1441}, "INVALID", ["input", "minutesSaved"]),
        ({"executionId": "x"}, "NOT_FOUND", ["input", "executionId"]),
    ],
    ids=str,
)
async def test_a_bad_report_names_the_field(
    client: httpx.AsyncClient, bench: Bench, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    api = await caller("session", client, bench)
    run = (await begin(api, bench)).data["executionAuthorize"]["execution"]["id"]
    before = await fingerprint()

    [error] = (await end(api, run, **changes)).data["executionComplete"]["userErrors"]

    assert (error["code"], error["path"]) == (code, path)
    assert await fingerprint() == before


async def test_what_a_plan_lacks_is_the_typed_refusal_of_plans(
    client: httpx.AsyncClient, services: Services
) -> None:
    bench = await set_up(services, tier=TierCode.FREE)
    await db.execute("UPDATE agent SET level = 'L2', platform_rank = 120 WHERE kind = 'PLATFORM'")
    api = await caller("session", client, bench)

    [error] = (await begin(api, bench)).data["executionAuthorize"]["userErrors"]

    assert error["code"] == "PLAN_REQUIRED"


async def test_runs_are_listed_page_by_page_for_their_account_alone(
    client: httpx.AsyncClient, bench: Bench
) -> None:
    api = await caller("session", client, bench)
    for key in "abc":
        await begin(api, bench, idempotencyKey=key, maxTokens=10)
    query = """query($after: String) { viewer { account { executions(first: 2, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } edges { node { id tokensHeld } } } } } }"""

    first = (await api.send(query)).data["viewer"]["account"]["executions"]
    rest = (await api.send(query, {"after": first["pageInfo"]["endCursor"]})).data["viewer"][
        "account"
    ]["executions"]
    stranger = as_session(client, bench.services, await make_person("yann"))
    node = "query($id: ID!) { node(id: $id) { id } }"
    foreign = await stranger.send(node, {"id": first["edges"][0]["node"]["id"]})

    assert (first["totalCount"], len(first["edges"]), len(rest["edges"])) == (3, 2, 1)
    assert foreign.data == {"node": None}


async def test_a_member_beyond_the_seats_reads_and_runs_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = await make_person("zoe", TierCode.BUSINESS)
    bench = await set_up(services, person=owner)
    member = await make_member(owner, "membre", AccountRole.MEMBER)
    await db.execute("UPDATE account SET seats = 1 WHERE id = $1", bench.account_id)
    headers = {
        **as_session(client, services, member).headers,
        "chenu-account": gid("Account", bench.account_id),
    }
    api = Api(client, headers)

    refused = await begin(api, bench)
    query = "{ viewer { account { executions(first: 1) { totalCount } } } }"
    listed = await api.send(query)

    assert refused.codes == ["FORBIDDEN"]
    assert listed.data["viewer"]["account"]["executions"] == {"totalCount": 0}


@pytest.mark.parametrize("kind", ["service key", "own key", "session"])
async def test_a_run_is_of_the_version_that_the_account_accepted_last(
    client: httpx.AsyncClient, bench: Bench, kind: str
) -> None:
    await give_agent(bench)
    first = (await get_agent(bench.foreign_id)).current_version
    newer = await publish_newer(bench.foreign_id)
    api = await caller(kind, client, bench)
    agent = {"agentId": gid("Agent", bench.foreign_id)}

    await begin(api, bench, **agent)
    grant_id = await db.fetch_value("SELECT id FROM access_grant")
    await accept_update(bench.actor, grant_id, newer)
    await begin(api, bench, **agent, idempotencyKey="again")

    sql = "SELECT array_agg(version_id ORDER BY id) FROM execution"
    assert await db.fetch_value(sql) == [first, newer]


async def test_the_api_names_the_version_in_use_and_to_others_the_newest(
    client: httpx.AsyncClient, bench: Bench
) -> None:
    await give_agent(bench)
    await publish_newer(bench.foreign_id)
    query = "query($id: ID!) { agent(id: $id) { version { number manifest } } }"
    wanted = {"id": gid("Agent", bench.foreign_id)}
    stranger = await make_person("stranger")

    own = await as_session(client, bench.services, bench.person).send(query, wanted)
    other = await as_session(client, bench.services, stranger).send(query, wanted)

    assert own.data["agent"]["version"]["number"] == "1.0.0"
    assert own.data["agent"]["version"]["manifest"]["permissions"] == ["files:read"]
    assert other.data["agent"]["version"] == {"number": "1.1.0", "manifest": None}
