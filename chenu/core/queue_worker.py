"""Runs the jobs of the queue: handle, work. PgQueuer fetches them and writes down their end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob

from chenu.core import db, tracing
from chenu.core.db_settings import PRIMARY
from chenu.core.errors import ChenuError
from chenu.core.queue import Job

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

_handlers: dict[Job, Handler] = {}


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
    connection = await asyncpg.connect(url, server_settings=settings, **PRIMARY)
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
