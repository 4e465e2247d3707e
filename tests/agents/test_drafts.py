"""New agents: each gets its own slug."""

import asyncio

import pytest

from chenu.agents.tables import Agent
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve


async def test_an_address_that_is_taken_is_drawn_anew(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random suffixes may collide for a common name.

    Randomness is fixed here to make them collide.
    """
    monkeypatch.setattr("secrets.token_hex", lambda count: "a" * 2 * count)
    shop = await open_shop()

    await asyncio.gather(*(shelve(shop, "Assistant") for _ in range(4)))

    slugs = await Agent.select(Agent.slug).output(as_list=True)
    assert sorted(slugs) == [f"assistant-{'a' * 2 * count}" for count in (2, 3, 4, 5)]
