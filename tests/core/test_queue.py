"""What is enqueued by statements of ours is what PgQueuer itself would have stored."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver

from chenu.core import db, queue
from chenu.core.queue import Job
from chenu.flows.services import Services
from tests.rows import count

AGAIN = "again:repair:x"
NUMBERS_AND_TIMES = {"id", "job_id", "created", "updated", "heartbeat", "execute_after"}


async def enqueue_with_rows(job: Job, argument: str) -> None:
    rows = f"SELECT '{argument}', NULL::jsonb"
    await db.execute(f"WITH {queue.enqueueing(job, rows)} SELECT")


async def read_rows(table: str) -> list[dict[str, Any]]:
    """Every column save those that number and date a row; `is_due` for a job that may run now."""
    due = ", execute_after = created AS is_due" if table == "pgqueuer" else ""
    found = await db.fetch_records(f"SELECT *{due} FROM {table} ORDER BY id")  # noqa: S608
    return [{k: v for k, v in row.items() if k not in NUMBERS_AND_TIMES} for row in found]


@pytest.mark.parametrize(
    ("ours", "key"),
    [(queue.enqueue, None), (queue.enqueue_again, AGAIN), (enqueue_with_rows, None)],
)
async def test_jobs_are_what_pgqueuer_itself_would_have_enqueued(
    services: Services, ours: Callable[[Job, str], Awaitable[None]], key: str | None
) -> None:
    """Fails when an upgrade of PgQueuer writes other rows than our statements do."""
    async with db.connection() as connection:
        queries = Queries(AsyncpgDriver(connection))
        await queries.enqueue("repair", b"x", dedupe_key=key)
    pgqueuers = await read_rows("pgqueuer"), await read_rows("pgqueuer_log")
    await db.execute("DELETE FROM pgqueuer")
    await db.execute("DELETE FROM pgqueuer_log")

    await ours(Job.REPAIR, "x")

    assert (await read_rows("pgqueuer"), await read_rows("pgqueuer_log")) == pgqueuers
    assert len(pgqueuers[0]) == len(pgqueuers[1]) == 1


async def test_repair_adds_one_job_more_and_no_second(services: Services) -> None:
    await queue.enqueue(Job.REPAIR, "x")

    for _ in range(2):
        await queue.enqueue_again(Job.REPAIR, "x")

    assert await count("pgqueuer") == await count("pgqueuer_log") == 2
