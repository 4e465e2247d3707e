"""Rows of runs: what is stored of them, and the one change that ends each."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, ApiScope
from chenu.agents.executions import (
    ExecutionRow,
    Finish,
    find_execution,
    finish_execution,
    list_due_executions,
    list_executions,
    list_executions_by_id,
    postpone_expiry,
)
from chenu.agents.model import AgentId, ExecutionStatus, ReportedBy
from chenu.core.clock import business_now
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.people import make_person
from tests.rows import count

OPEN: dict[str, Any] = {
    "status": ExecutionStatus.AUTHORIZED,
    "tokens_used": None,
    "succeeded": None,
    "reported_by": None,
    "finished_at": None,
}


@pytest.fixture
async def ids(services: Services) -> tuple[AccountId, AgentId]:
    """An account and an agent."""
    shop = await open_shop()
    return shop.account_id, await shelve(shop, "Trieur")


async def test_a_run_is_read_as_it_was_stored(ids: tuple[AccountId, AgentId]) -> None:
    run = await put_run(*ids)

    found = await list_executions_by_id([run.id])

    assert found == [run]
    assert await find_execution(run.account_id, run.id, lock=True) == run


async def test_no_account_finds_anothers_run(ids: tuple[AccountId, AgentId]) -> None:
    run = await put_run(*ids)

    other = await make_person("yann")

    assert await find_execution(other.actor.require_account(ApiScope.READ), run.id) is None


async def test_runs_are_listed_the_newest_first_page_by_page(
    ids: tuple[AccountId, AgentId],
) -> None:
    runs = [await put_run(*ids) for _ in range(3)]

    first = await list_executions(ids[0], PageRequest(2))
    key = (str(first.rows[-1].id), str(first.rows[-1].id))
    rest = await list_executions(ids[0], PageRequest(2, key))

    assert [*first.rows, *rest.rows] == runs[::-1]
    assert (first.has_next, rest.has_next) == (True, False)


async def test_an_open_run_is_ended_once(ids: tuple[AccountId, AgentId]) -> None:
    run = await put_run(*ids, **OPEN)
    finish = Finish(ExecutionStatus.FAILED, business_now(), 7, True, False, 120, ReportedBy.SESSION)

    ended = [await finish_execution(run.account_id, run.id, finish) for _ in range(2)]

    [found] = await list_executions_by_id([run.id])
    assert ended == [True, False]
    assert found == replace(
        run,
        status=ExecutionStatus.FAILED,
        finished_at=finish.finished_at,
        tokens_used=7,
        capped=True,
        succeeded=False,
        seconds_saved=120,
        reported_by=ReportedBy.SESSION,
    )


async def test_due_are_open_runs_whose_time_is_over(ids: tuple[AccountId, AgentId]) -> None:
    late = await put_run(*ids, **OPEN, expires_at=business_now())
    await put_run(*ids, **OPEN)
    await put_run(*ids, expires_at=business_now())

    assert await list_due_executions() == [late]


async def test_an_expiry_that_failed_waits(ids: tuple[AccountId, AgentId]) -> None:
    late = await put_run(*ids, **OPEN, expires_at=business_now())

    await postpone_expiry(late.id, "KeyError")

    assert await list_due_executions() == []
    assert await count("execution", "expiry_attempts = 1 AND expiry_error = 'KeyError'") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": 0},
        {"tokens_held": 51},
        {"tokens_used": 51},
        {"tokens_used": -1},
        {"tokens_used": None},
        {"finished_at": None},
        {"succeeded": False},
        {"succeeded": None},
        {"seconds_saved": -1},
        {"status": "LOST"},
        {**OPEN, "finished_at": datetime(2026, 11, 28, tzinfo=UTC)},
    ],
    ids=str,
)
async def test_the_database_refuses_a_run_that_cannot_be(
    ids: tuple[AccountId, AgentId], changes: dict[str, Any]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await put_run(*ids, **changes)


@pytest.mark.parametrize(
    ("reported", "of_account", "seconds"),
    [(None, None, 900), (0, None, 0), (60, None, 60), (None, 30, 30), (60, 30, 60), (0, 30, 0)],
)
async def test_what_a_run_saved_is_its_own_word_else_the_accounts_else_the_claim(
    ids: tuple[AccountId, AgentId], reported: int | None, of_account: int | None, seconds: int
) -> None:
    run: ExecutionRow = await put_run(*ids, seconds_saved=reported)

    assert run.effective_seconds(of_account) == seconds
