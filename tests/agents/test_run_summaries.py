"""What runs say of an agent: only what the apps reported, of 30 days, and from 20 runs on."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, ExecutionStatus, ReportedBy
from chenu.agents.run_summaries import (
    RunSummary,
    list_run_summaries,
    mark_summary_due,
    refresh_run_summaries,
)
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import Api, counted_statements, gid
from tests.flows.runs import move_clock, set_up
from tests.rows import count

FAILED: dict[str, Any] = {"status": ExecutionStatus.FAILED, "succeeded": False}


@pytest.fixture
async def ids(services: Services) -> tuple[AccountId, AgentId]:
    shop = await open_shop()
    return shop.account_id, await shelve(shop, "Trieur")


async def summary_of(agent_id: AgentId) -> RunSummary:
    await mark_summary_due(agent_id)
    await refresh_run_summaries()
    [summary] = await list_run_summaries([agent_id])
    return summary


async def test_the_rate_and_the_middle_of_what_the_apps_reported(
    ids: tuple[AccountId, AgentId],
) -> None:
    for used in range(1, 16):
        await put_run(*ids, tokens_used=used)
    for _ in range(5):
        await put_run(*ids, **FAILED, tokens_used=0)

    summary = await summary_of(ids[1])

    assert (summary.runs, summary.successes, summary.median_tokens) == (20, 15, 5)
    assert summary.has_figures


@pytest.mark.parametrize(
    "changes",
    [
        {"reported_by": ReportedBy.API_KEY},
        {"reported_by": ReportedBy.SESSION},
        {"finished_at": business_now() - timedelta(days=31)},
    ],
    ids=["own key", "session", "old"],
)
async def test_what_others_reported_and_what_is_old_does_not_count(
    ids: tuple[AccountId, AgentId], changes: dict[str, Any]
) -> None:
    for _ in range(19):
        await put_run(*ids)
    await put_run(*ids, **changes)

    summary = await summary_of(ids[1])

    assert summary.runs == 19
    assert not summary.has_figures


async def test_runs_leave_the_window_without_new_ones(ids: tuple[AccountId, AgentId]) -> None:
    for _ in range(20):
        await put_run(*ids)
    before = await summary_of(ids[1])
    move_clock(timedelta(days=31))

    await refresh_run_summaries()

    [after] = await list_run_summaries([ids[1]])
    assert (before.runs, after.runs) == (20, 0)


async def test_only_what_is_due_is_computed(ids: tuple[AccountId, AgentId]) -> None:
    await summary_of(ids[1])

    assert await refresh_run_summaries() == 0


async def test_a_run_that_the_apps_report_makes_the_summary_due(services: Services) -> None:
    bench = await set_up(services)
    own, of_app = await bench.authorize(), await bench.authorize(by=bench.app)

    await bench.complete(own.id)
    before = await count("agent_run_summary")
    await bench.complete(of_app.id, by=bench.app)

    assert (before, await count("agent_run_summary", "is_due")) == (0, 1)


async def test_pages_of_agents_show_the_figures_with_one_statement_for_all(
    ids: tuple[AccountId, AgentId], client: httpx.AsyncClient
) -> None:
    for _ in range(20):
        await put_run(*ids, tokens_used=7)
    await summary_of(ids[1])
    query = "{ agents(first: 10) { edges { node { id successRate medianTokens } } } }"

    async with counted_statements() as statements:
        reply = await Api(client).send(query)

    [edge] = reply.data["agents"]["edges"]
    assert edge["node"] == {"id": gid("Agent", ids[1]), "successRate": 1.0, "medianTokens": 7}
    assert sum("agent_run_summary" in statement for statement in statements) == 1
