"""tokenSpend: by members, their keys and the apps; what it answers and what it refuses."""

import asyncio
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.agents.model import AgentId, AgentKind
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.pubsub import wallet_channel
from chenu.flows.services import Services
from chenu.tiers.catalogue import AgentLevel, TierCode
from chenu.tokens.limits import LimitSubject, LimitValues, lock_limits, store_limit
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import Api, as_key, as_service, as_session, fingerprint, gid
from tests.flows.runs import give_agent, set_up
from tests.people import Person, make_person
from tests.rows import count, put
from tests.tokens.granting import give


async def make_spender(tokens: int = 100, tier: TierCode = TierCode.FREE) -> Person:
    person = await make_person("zoe", tier)
    if tokens:
        await give(person.actor.require_account(ApiScope.READ), tokens)
    return person


async def send_spend(api: Api, **changes: Any) -> Any:
    sent = {"amount": 5, "reason": "A use", "idempotencyKey": new_id().hex} | changes
    return await api.run("SpendTokens", input=sent)


async def spend(api: Api, **changes: Any) -> dict[str, Any]:
    return (await send_spend(api, **changes)).payload()  # type: ignore[no-any-return]


async def test_a_spend_answers_with_its_entry_and_what_is_left(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender()

    spent = await spend(as_session(client, services, person), reason="  Translation  ")

    entry = spent["entry"]
    assert (entry["kind"], entry["amount"], entry["balanceAfter"]) == ("SPEND", -5, 95)
    assert (entry["reason"], entry["grant"]["kind"]) == ("Translation", "ADJUSTMENT")
    assert spent["wallet"] == {"available": 95}
    assert spent["userErrors"] == []


@pytest.mark.parametrize("scope", [ApiScope.EXECUTIONS, ApiScope.TOKENS])
async def test_a_key_spends_and_stands_in_the_entry(
    client: httpx.AsyncClient, services: Services, scope: ApiScope
) -> None:
    person = await make_spender(tier=TierCode.PRO)

    await spend(await as_key(client, services, person, scope))

    assert await count("token_entry", "api_key_id IS NOT NULL AND kind = 'SPEND'") == 1


async def test_the_apps_spend_for_any_account(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender()

    spent = await spend(await as_service(client, services, person))

    assert spent["wallet"] == {"available": 95}
    assert await count("token_entry", "api_key_id IS NOT NULL") == 0


async def test_too_few_tokens_name_what_would_do(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender(100)
    before = await fingerprint(services)

    refused = await spend(as_session(client, services, person), amount=1_000)

    [error] = refused["userErrors"]
    assert (refused["entry"], refused["wallet"]) == (None, None)
    assert (error["code"], error["required"], error["available"]) == (
        "INSUFFICIENT_TOKENS",
        1_000,
        100,
    )
    assert error["cheapestPack"] == {
        "code": "pack_1k",
        "tokens": 1_100,
        "price": {"amountMinor": 900},
    }
    assert error["cheapestTier"] == {"code": "STARTER"}
    assert await fingerprint(services) == before


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        pytest.param({"amount": 0}, ["input", "amount"], id="nothing"),
        pytest.param({"amount": -5}, ["input", "amount"], id="less than nothing"),
        pytest.param({"amount": 1_000_000_001}, ["input", "amount"], id="too much"),
        pytest.param({"reason": " "}, ["input", "reason"], id="no reason"),
        pytest.param({"reason": "x" * 201}, ["input", "reason"], id="a long reason"),
        pytest.param({"reason": "a\nb"}, ["input", "reason"], id="two lines"),
        pytest.param({"idempotencyKey": ""}, ["input", "idempotencyKey"], id="no key"),
        pytest.param({"agentId": gid("Agent", new_id())}, ["input", "agentId"], id="no agent"),
    ],
)
async def test_bad_input_is_refused_at_its_field(
    client: httpx.AsyncClient, services: Services, sent: dict[str, Any], path: list[str]
) -> None:
    person = await make_spender()
    before = await fingerprint(services)

    refused = await spend(as_session(client, services, person), **sent)

    assert [error["path"] for error in refused["userErrors"]] == [path]
    assert await fingerprint(services) == before


async def test_a_spend_for_an_agent_needs_what_a_run_of_it_needs(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe", TierCode.STARTER)
    bench = await set_up(services, person=person)
    shop = await open_shop("atelier")
    high = await shelve(
        shop, "Strategist", level=AgentLevel.L3, kind=AgentKind.PLATFORM, creator=None
    )
    api = as_session(client, services, person)

    async def refusals(agent_id: AgentId) -> list[str]:
        spent = await spend(api, agentId=gid("Agent", agent_id))
        return [error["code"] for error in spent["userErrors"]]

    assert await refusals(bench.agent_id) == []
    assert await refusals(high) == ["PLAN_REQUIRED"]
    assert await refusals(bench.foreign_id) == ["INVALID_STATE"]
    await give_agent(bench)
    assert await refusals(bench.foreign_id) == []


async def test_a_spend_is_answered_again_when_the_agent_is_no_longer_the_accounts(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe", TierCode.STARTER)
    bench = await set_up(services, person=person)
    await give_agent(bench)
    api = as_session(client, services, person)
    sent = {"agentId": gid("Agent", bench.foreign_id), "idempotencyKey": "once"}
    first = await spend(api, **sent)
    await put("access_grant", "revoked_at", business_now())

    again = await spend(api, **sent)
    another = await spend(api, **{**sent, "idempotencyKey": "twice"})

    assert first["entry"]["amount"] == -5
    assert again["entry"] == first["entry"]
    assert [error["path"] for error in another["userErrors"]] == [["input", "agentId"]]


async def test_one_key_at_once_is_one_entry_with_identical_answers(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender()
    api = as_session(client, services, person)

    answers = await asyncio.gather(*(spend(api, idempotencyKey="one") for _ in range(20)))
    conflict = await send_spend(api, idempotencyKey="one", amount=6)

    assert all(answer == answers[0] for answer in answers)
    assert conflict.codes == ["IDEMPOTENCY_CONFLICT"]
    assert await count("token_entry", "kind = 'SPEND'") == 1


async def test_spends_at_once_stay_within_the_limit_of_the_key(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender(tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.TOKENS)
    account_id = person.actor.require_account(ApiScope.READ)
    key_id = await db.fetch_value("SELECT id FROM api_key WHERE account = $1", account_id)

    async def limit() -> None:
        await lock_limits(account_id)
        subject = LimitSubject(account_id, api_key_id=key_id)
        await store_limit(subject, LimitValues(12, 12), 0, person.user_id)

    await db.run_in_transaction(limit)
    answers = await asyncio.gather(*(spend(api) for _ in range(6)))

    codes = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert codes == ["LIMIT_REACHED"] * 4
    assert await count("token_limit", "used = 10") == 1


async def test_whoever_watches_the_balance_hears_of_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_spender()
    changes = services.pubsub.changes(wallet_channel(person.actor.account_id))
    await anext(changes)
    await anext(changes)  # from here on it listens

    await spend(as_session(client, services, person))

    async with asyncio.timeout(30):
        await anext(changes)
    await changes.aclose()
