"""Limits of tokens through the API: listed by page, set in place of another, removed, refused."""

from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.sessions import choose_account
from chenu.core.ids import new_id
from chenu.flows.executions.token_limits import HIGHEST, LimitInput, set_token_limit
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import Api, as_key, as_session, counted_statements, fingerprint, gid
from tests.flows.runs import Bench, set_up
from tests.people import make_member, make_person
from tests.rows import count


@pytest.fixture
async def bench(services: Services) -> Bench:
    """Somebody on BUSINESS with 1,000 tokens."""
    return await set_up(services, tier=TierCode.BUSINESS)


def limit_of_agent(bench: Bench, **changes: Any) -> dict[str, Any]:
    return {"agentId": gid("Agent", bench.agent_id), "hardLimit": 500} | changes


async def set_limit(api: Api, terms: dict[str, Any]) -> dict[str, Any]:
    answer = await api.run("SetTokenLimit", input=terms)
    return answer.payload()  # type: ignore[no-any-return]


async def list_limits(api: Api, **page: Any) -> Any:
    return (await api.run("TokenLimits", **page)).data["viewer"]["account"]["tokenLimits"]


async def make_key(bench: Bench, name: str = "Import") -> str:
    pepper = bench.services.settings.secret
    made = await create_api_key(bench.actor, name, [ApiScope.EXECUTIONS], None, pepper)
    return gid("ApiKey", made.key.id)


async def test_a_limit_counts_what_was_used_and_then_stops(
    client: httpx.AsyncClient, services: Services, bench: Bench
) -> None:
    run = await bench.authorize(100)
    await bench.complete(run.id, 40)
    api = as_session(client, services, bench.person)

    limit = (await set_limit(api, limit_of_agent(bench, softLimit=30, hardLimit=40)))["tokenLimit"]
    request = {"agentId": gid("Agent", bench.agent_id), "maxTokens": 10, "idempotencyKey": "k"}
    refused = (await api.run("AuthorizeExecution", input=request)).payload()

    assert (limit["used"], limit["softLimit"], limit["hardLimit"]) == (40, 30, 40)
    assert (limit["agent"]["name"], limit["apiKey"]) == ("Planner", None)
    assert limit["resetsAt"].endswith("-01T00:00:00Z")
    assert [error["code"] for error in refused["userErrors"]] == ["LIMIT_REACHED"]


async def test_setting_anew_keeps_the_id_and_removing_ends_it(
    client: httpx.AsyncClient, services: Services, bench: Bench
) -> None:
    api = as_session(client, services, bench.person)
    terms = {"apiKeyId": await make_key(bench), "softLimit": 10}

    first = (await set_limit(api, terms))["tokenLimit"]
    second = (await set_limit(api, {**terms, "softLimit": None, "hardLimit": 0}))["tokenLimit"]
    removed = (await api.run("RemoveTokenLimit", id=first["id"])).payload()
    again = (await api.run("RemoveTokenLimit", id=first["id"])).payload()

    assert (second["id"], second["apiKey"]["name"]) == (first["id"], "Import")
    assert (second["softLimit"], second["hardLimit"]) == (None, 0)
    assert removed == {"removedId": first["id"], "userErrors": []}
    assert [(error["code"], error["path"]) for error in again["userErrors"]] == [
        ("NOT_FOUND", ["id"])
    ]
    assert await count("audit_event", "action LIKE 'token_limit.%'") == 3


async def test_limits_are_paged_from_the_newest_by_few_statements(
    client: httpx.AsyncClient, services: Services, bench: Bench
) -> None:
    shop = await open_shop("atelier")
    agents = [await shelve(shop, f"Agent {number}") for number in range(4)]
    for agent_id in agents:
        await set_token_limit(bench.actor, LimitInput(agent_id=agent_id, hard=5))
    await set_limit(
        as_session(client, services, bench.person),
        {"apiKeyId": await make_key(bench), "hardLimit": 7},
    )
    api = as_session(client, services, bench.person)

    async with counted_statements() as statements:
        first = await list_limits(api, first=3)
    rest = await list_limits(api, first=3, after=first["pageInfo"]["endCursor"])

    pages = [[edge["node"] for edge in page["edges"]] for page in (first, rest)]
    names = [(each["agent"] or each["apiKey"])["name"] for page in pages for each in page]
    assert names == ["Import", "Agent 3", "Agent 2", "Agent 1", "Agent 0"]
    assert (first["totalCount"], rest["pageInfo"]["hasNextPage"]) == (5, False)
    assert len([each for each in statements if "FROM agent" in each]) == 1
    assert len([each for each in statements if "FROM api_key k" in each]) == 1


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no subject": ({"agentId": None}, ["input", "agentId"]),
    "an unknown agent": ({"agentId": gid("Agent", new_id())}, ["input", "agentId"]),
    "no id": ({"agentId": "nothing"}, ["input", "agentId"]),
    "no limit": ({"hardLimit": None}, ["input", "hardLimit"]),
    "below nothing": ({"hardLimit": -1}, ["input", "hardLimit"]),
    "too much": ({"hardLimit": HIGHEST + 1}, ["input", "hardLimit"]),
    "a mail at nothing": ({"softLimit": 0}, ["input", "softLimit"]),
    "a mail after the stop": ({"softLimit": 501}, ["input", "softLimit"]),
    "an unknown key": (
        {"agentId": None, "apiKeyId": gid("ApiKey", new_id())},
        ["input", "apiKeyId"],
    ),
    "an agent as a key": (
        {"agentId": None, "apiKeyId": gid("Agent", new_id())},
        ["input", "apiKeyId"],
    ),
}


@pytest.mark.parametrize(("changes", "path"), BAD.values(), ids=BAD.keys())
async def test_bad_input_is_refused_at_its_field(
    client: httpx.AsyncClient,
    services: Services,
    bench: Bench,
    changes: dict[str, Any],
    path: list[str],
) -> None:
    before = await fingerprint(services)

    refused = await set_limit(
        as_session(client, services, bench.person), limit_of_agent(bench, **changes)
    )

    assert [error["path"] for error in refused["userErrors"]] == [path]
    assert refused["tokenLimit"] is None
    assert await fingerprint(services) == before


async def test_a_subject_is_one_agent_or_one_key(
    client: httpx.AsyncClient, services: Services, bench: Bench
) -> None:
    both = limit_of_agent(bench, apiKeyId=await make_key(bench))

    refused = await set_limit(as_session(client, services, bench.person), both)

    assert [error["path"] for error in refused["userErrors"]] == [["input", "agentId"]]


async def test_a_key_of_another_account_cannot_be_limited(
    client: httpx.AsyncClient, services: Services, bench: Bench
) -> None:
    other = await make_person("other", TierCode.PRO)
    key = await make_key(bench)

    refused = await set_limit(
        as_session(client, services, other), {"apiKeyId": key, "hardLimit": 5}
    )

    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]
    assert await count("token_limit") == 0


@pytest.mark.parametrize(
    ("role", "may"),
    [(AccountRole.BILLING, True), (AccountRole.MEMBER, False)],
)
async def test_who_manages_the_plan_sets_limits_and_everybody_reads_them(
    client: httpx.AsyncClient, services: Services, bench: Bench, role: AccountRole, may: bool
) -> None:
    await set_token_limit(bench.actor, LimitInput(agent_id=bench.agent_id, hard=5))
    member = await make_member(bench.person, "colleague", role)
    await choose_account(member.actor, bench.account_id)
    api = as_session(client, services, member)

    answer = await api.run("SetTokenLimit", input=limit_of_agent(bench))
    listed = await list_limits(api)

    assert answer.codes == ([] if may else ["FORBIDDEN"])
    assert [edge["node"]["hardLimit"] for edge in listed["edges"]] == [500 if may else 5]


@pytest.mark.parametrize(
    ("scope", "may"), [(ApiScope.BILLING, True), (ApiScope.TOKENS, False), (ApiScope.READ, False)]
)
async def test_a_key_sets_limits_with_the_scope_of_plans(
    client: httpx.AsyncClient, services: Services, bench: Bench, scope: ApiScope, may: bool
) -> None:
    api = await as_key(client, services, bench.person, scope)

    answer = await api.run("SetTokenLimit", input=limit_of_agent(bench))

    assert answer.codes == ([] if may else ["FORBIDDEN"])
    assert await count("token_limit") == int(may)
