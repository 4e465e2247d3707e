"""One idempotency key of a client from twenty tasks at once, and with another body.

reliability: F13: one operation, identical answers, and a conflict for the other body.
"""

import asyncio
import random

import pytest

from chenu.agents.rows import AgentRow
from tests.faults.counts import seeds
from tests.faults.stand import Buyer, Json, Stand
from tests.rows import count

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ROUNDS = 10


@pytest.mark.parametrize("seed", seeds(10))
async def test_one_key_is_one_request(stand: Stand, seed: int) -> None:
    other = await stand.make_agent(f"Other {seed}")
    for round_number in range(ROUNDS):
        buyer = await stand.make_buyer(f"same{seed}r{round_number}")
        sessions = await stand.stripe.made("checkout.session")

        answers = await _ask_at_once(stand, buyer, [stand.agent] * 20)
        [first] = _differing(answers)
        conflicts = await _ask_at_once(stand, buyer, [other] * 3)

        assert first["data"]["agentPurchase"]["userErrors"] == []
        assert _codes(conflicts) == {"IDEMPOTENCY_CONFLICT"}
        assert await _count_purchases(buyer) == 1
        assert await stand.stripe.made("checkout.session") == sessions + 1
        await stand.pay(first["data"]["agentPurchase"]["checkout"]["url"])
    await stand.settle(ROUNDS)


@pytest.mark.parametrize("seed", seeds(10))
async def test_of_two_bodies_at_once_one_wins(stand: Stand, seed: int) -> None:
    chance = random.Random(seed)
    other = await stand.make_agent(f"Rival {seed}")
    for round_number in range(ROUNDS):
        buyer = await stand.make_buyer(f"race{seed}r{round_number}")
        agents = [stand.agent] * 10 + [other] * 10
        chance.shuffle(agents)

        answers = await _ask_at_once(stand, buyer, agents)

        bought = [answer for answer in answers if answer["data"]]
        [first] = _differing(bought)
        assert len(bought) == 10
        assert _codes([one for one in answers if not one["data"]]) == {"IDEMPOTENCY_CONFLICT"}
        assert await _count_purchases(buyer) == 1
        await stand.pay(first["data"]["agentPurchase"]["checkout"]["url"])
    await stand.settle(ROUNDS)


async def _ask_at_once(stand: Stand, buyer: Buyer, agents: list[AgentRow]) -> list[Json]:
    answers = await asyncio.gather(*(stand.ask(buyer, "the same", agent) for agent in agents))
    return [answer.json() for answer in answers]


def _differing(answers: list[Json]) -> list[Json]:
    """Each distinct answer once."""
    return [one for n, one in enumerate(answers) if one not in answers[:n]]


def _codes(answers: list[Json]) -> set[str]:
    return {error["extensions"]["code"] for answer in answers for error in answer["errors"]}


async def _count_purchases(buyer: Buyer) -> int:
    return await count("purchase", "account = $1", buyer.person.actor.account_id)
