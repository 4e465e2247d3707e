"""The job queue: enqueue, enqueue_again, handle, work, and how far behind it is.

PgQueuer stores jobs in our database: a job enqueued inside a transaction disappears with its
rollback. Jobs only make work start sooner; what must happen is in rows that repair looks for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob

from chenu.core import db, tracing
from chenu.core.errors import ChenuError

log = structlog.get_logger(__name__)

Handler = Callable[[str], Awaitable[None]]

_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY_OF_OURS = timedelta(hours=1)
"""For a job that failed by a programming error: it succeeds once that is fixed."""
_LEASE = timedelta(seconds=10)
"""After this long without heartbeat another worker takes the job."""
_BATCH = 10
"""How many jobs are fetched, and written down as done, at once. Fewer wait a tenth of a second."""
_PROMPT = timedelta(milliseconds=10)


class Job(StrEnum):
    """Every kind of job; the argument is a row's id."""

    WEBHOOK_EVENT = "webhook_event"
    OPERATION = "operation"
    MAIL = "mail"
    CLOSE_CHECKOUTS = "close_checkouts"
    REPAIR = "repair"
    SYNC_PERSON = "sync_person"
    SYNC_AGENT = "sync_agent"
    DATA_EXPORT = "data_export"
    PERSON_DELETION = "person_deletion"
    WEBHOOK_ENDPOINT = "webhook_endpoint"


_handlers: dict[Job, Handler] = {}


async def enqueue(job: Job, argument: str, *, after: timedelta | None = None) -> None:
    """Part of the current transaction if there is one."""
    async with db.connection() as connection:
        queries = Queries(AsyncpgDriver(connection))
        await queries.enqueue(
            job.value, argument.encode(), execute_after=after, headers=tracing.headers()
        )


async def enqueue_again(job: Job, argument: str) -> None:
    """For repair, which cannot know whether the first job still exists: at most one more per
    interval.

    Without the limit an outage of an hour would leave hundreds of duplicate jobs for each mail.
    """
    key = f"again:{job}:{argument}"
    async with db.connection() as connection:
        queries = Queries(AsyncpgDriver(connection))
        await queries.enqueue(
            job.value,
            argument.encode(),
            dedupe_key=key,
            headers=tracing.headers(),
            on_conflict="skip",
        )


def enqueueing(job: Job, arguments: str) -> str:
    """SQL for a WITH that enqueues a job per row of `arguments`.

    Its parameter is tracing.headers().

    For a statement that stores rows and enqueues their jobs in one round trip. It writes what
    `enqueue` writes: PgQueuer 1.6.0's own query cannot be part of another.
    """
    return f"""
        job AS (
            INSERT INTO pgqueuer (priority, entrypoint, payload, headers, status)
            SELECT 0, '{job}', convert_to(argument, 'UTF8'), coalesce(headers, 'null'), 'queued'
            FROM ({arguments}) AS each (argument, headers)
            RETURNING id, priority, entrypoint
        ), logged_job AS (
            INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
            SELECT id, 'queued', entrypoint, priority FROM job
        )
    """  # noqa: S608 - texts of ours


def handle(job: Job, handler: Handler) -> None:
    """Register the handler of this kind of job, when the worker starts."""
    _handlers[job] = handler


async def work(
    url: str,
    stop: asyncio.Event,
    *,
    role: str | None = db.APP_ROLE,
    is_prompt: bool = False,
) -> None:
    """Run jobs until `stop` is set; raises if the database connection is lost.

    `is_prompt`: each job is written down as done at once, for somebody who waits for all of them,
    with more statements.
    """
    settings = {"application_name": "chenu-queue", **({"role": role} if role else {})}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await _work_on(connection, stop, is_prompt)
    finally:
        await connection.close(timeout=2)


async def _work_on(connection: Any, stop: asyncio.Event, is_prompt: bool) -> None:
    queue = PgQueuer(AsyncpgDriver(connection))
    if is_prompt:
        queue.qm.min_dequeue_poll_interval = _PROMPT
    for job, handler in _handlers.items():
        queue.entrypoint(job.value)(_with_retries(handler))
    running = asyncio.create_task(
        queue.run(
            dequeue_timeout=timedelta(seconds=5),
            batch_size=1 if is_prompt else _BATCH,
            heartbeat_timeout=_LEASE,
            shutdown_on_listener_failure=True,
            log_aggregation_interval=timedelta(0),
        )
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    queue.shutdown.set()
    stopping.cancel()
    await running


def _with_retries(handler: Handler) -> Callable[[QueuedJob], Awaitable[None]]:
    async def run(job: QueuedJob) -> None:
        name = f"job {job.entrypoint}"
        wait = _FIRST_RETRY * 2 ** min(job.attempts, 20)
        try:
            with tracing.span(name, tracing.Kind.CONSUMER, headers=job.headers) as note:
                note.attributes |= {"chenu.job": job.entrypoint, "chenu.job.attempts": job.attempts}
                await handler((job.payload or b"").decode())
        except ChenuError as error:
            raise RetryRequested(delay=min(wait, _LONGEST_RETRY), reason=error.code) from error
        except Exception as error:
            log.exception("job_broke", job=job.entrypoint, attempts=job.attempts)
            delay = min(wait, _LONGEST_RETRY_OF_OURS)
            raise RetryRequested(delay=delay, reason=type(error).__name__) from error

    return run


async def seconds_behind() -> float:
    """For how many seconds the oldest job has been due, or held by a worker without heartbeat."""
    sql = """
        SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(
            CASE status WHEN 'picked' THEN heartbeat ELSE execute_after END)))::float8
        FROM pgqueuer WHERE status IN ('queued', 'picked')
    """
    return float(await db.fetch_value(sql))


async def count_due() -> int:
    """The number of jobs that are running or could run now."""
    sql = "SELECT count(*) FROM pgqueuer WHERE status = 'picked' OR execute_after <= now()"
    return int(await db.fetch_value(sql))


async def count_enqueued() -> int:
    """How many jobs there ever were, roughly: it grows with each."""
    sql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM pgqueuer_id_seq"
    return int(await db.fetch_value(sql))
