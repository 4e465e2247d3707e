"""kill -9 at each point at which a run begins and ends: held and settled once, and never lost.

reliability: F2. The points are named in the code by chenu.core.crash_points.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chenu.accounts.actor import AccountId, ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.agents.access import give_access
from chenu.agents.model import GrantSource
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.tiers.catalogue import TierCode
from chenu.tokens.wallet import get_wallet
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.stand import Stand, require_books
from tests.flows.runs import give_tokens
from tests.people import make_person
from tests.rows import count
from tests.stripe_side import Json

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "before the hold": "authorize.before",
    "held, not committed": "authorize.before_commit",
    "held, no answer": "authorize.after",
    "before it settles": "complete.before",
    "settled, the run not ended": "complete.settled",
    "settled, not committed": "complete.before_commit",
    "settled, no answer": "complete.after",
}
BEGIN = """mutation($input: ExecutionAuthorizeInput!) { executionAuthorize(input: $input) {
    execution { id tokensHeld } userErrors { code message } } }"""
END = """mutation($input: ExecutionCompleteInput!) { executionComplete(input: $input) {
    execution { id status tokensUsed } userErrors { code message } } }"""


@dataclass
class Runner:
    """Somebody with 100 tokens and an agent; every request is repeated with its key."""

    stand: Stand
    account_id: AccountId
    key: str

    async def _ask(self, document: str, request: Json) -> Json:
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={"query": document, "variables": {"input": request}},
            headers={"authorization": f"Bearer {self.key}"},
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        [found] = payload["data"].values()
        assert found["userErrors"] == []
        execution: Json = found["execution"]
        return execution

    async def ask(self, document: str, **request: Any) -> Json:
        """Until there is an answer."""
        deadline = time.monotonic() + CONVERGED_SECONDS
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                return await self._ask(document, request)
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
        raise AssertionError("no answer")


async def make_runner(stand: Stand) -> Runner:
    person = await make_person(f"r{uuid4().hex[:12]}", TierCode.PRO)
    account_id = person.actor.require_account(ApiScope.READ)
    await give_tokens(account_id, 100)
    agent_id = stand.agent.id
    await db.run_in_transaction(lambda: give_access(account_id, agent_id, GrantSource.GIFT, None))
    pepper = stand.services.settings.secret
    made = await create_api_key(person.actor, "faults", [ApiScope.EXECUTIONS], None, pepper)
    return Runner(stand, account_id, made.secret)


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_run_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        runner = await make_runner(stand)
        deaths = stand.web.deaths
        stand.web.arm(point)

        agent = encode_id("Agent", stand.agent.id)
        begun = await runner.ask(BEGIN, agentId=agent, maxTokens=60, idempotencyKey="begin")
        ended = await runner.ask(END, executionId=begun["id"], tokensUsed=40, idempotencyKey="end")

        await stand.web.require_one_death_since(deaths)
        assert (begun["tokensHeld"], ended["tokensUsed"]) == (60, 40)
        wallet = await get_wallet(runner.account_id)
        assert (wallet.available, wallet.held) == (60, 0)
        assert await count("execution", "account = $1", runner.account_id) == 1
        await require_books(stand)
