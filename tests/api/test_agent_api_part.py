"""The API part of an agent's page: its programs show and run this very agent as they stand."""

import json

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.agents.queries import find_agent
from chenu.core import db
from chenu.flows.services import Services
from tests.api.programs import Author, failures, make_authors, run_programs
from tests.flows.runs import give_tokens, set_up


async def _make_authors(client: httpx.AsyncClient, services: Services) -> dict[str, Author]:
    """With tokens to spend."""
    authors = await make_authors(client, services, ApiScope.EXECUTIONS)
    for author in authors.values():
        await give_tokens(author.account_id, 100)
    return authors


async def _read_part(url: str, slug: str) -> str:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{url}/agents/{slug}/api")).text


@pytest.fixture
async def slug(services: Services) -> str:
    """Of an agent of everybody's plan, of which a run takes 5 tokens or more."""
    agent = await find_agent((await set_up(services, tokens=0)).agent_id)
    assert agent is not None
    return agent.slug


async def test_the_part_shows_the_agent_by_program(
    client: httpx.AsyncClient, services: Services, url: str, slug: str
) -> None:
    authors = await _make_authors(client, services)

    ran = await run_programs(await _read_part(url, slug), "show-agent", authors)

    assert failures(ran) == {}
    shown = {json.loads(run.out)["data"]["agent"]["name"] for run in ran.values()}
    assert shown == {"Planner"}


async def test_the_part_runs_the_agent_by_program(
    client: httpx.AsyncClient, services: Services, url: str, slug: str
) -> None:
    authors = await _make_authors(client, services)

    ran = await run_programs(await _read_part(url, slug), "run-agent", authors)

    assert failures(ran) == {}, list(ran.values())
    assert all("COMPLETED" in run.out for run in ran.values()), ran
    rows = await db.fetch_value(
        "SELECT array_agg(tokens_used) FROM execution WHERE status = 'COMPLETED'"
    )
    assert rows == [5, 5, 5]


async def test_the_program_says_why_it_may_not_run_the_agent(
    client: httpx.AsyncClient, services: Services, url: str, slug: str
) -> None:
    authors = await _make_authors(client, services)
    await db.execute("UPDATE token_grant SET remaining = 0")

    ran = await run_programs(await _read_part(url, slug), "run-agent", authors)

    assert "INSUFFICIENT_TOKENS" in ran["curl"].out
    assert ran["python"].code == ran["javascript"].code == 1
