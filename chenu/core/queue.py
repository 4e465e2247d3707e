"""The job queue: enqueue, enqueue_again, and how far behind it is.

PgQueuer stores jobs in our database: a job enqueued inside a transaction disappears with its
rollback. Jobs only make work start sooner; what must happen is in rows that repair looks for.
Only queue_worker.py imports PgQueuer, which takes long and is not needed to enqueue.
"""

from enum import StrEnum

import msgspec

from chenu.core import db, tracing


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


_LOG = """
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
    SELECT id, 'queued', entrypoint, priority FROM job
"""
_ENQUEUE = f"""
    WITH job AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, headers, status)
        VALUES (0, $1, $2, $3, $4::jsonb, 'queued')
        ON CONFLICT DO NOTHING
        RETURNING id, priority, entrypoint
    ) {_LOG}
"""  # noqa: S608 - texts of ours


async def enqueue(job: Job, argument: str) -> None:
    """Part of the current transaction if there is one."""
    await _enqueue(job, argument, None)


async def enqueue_again(job: Job, argument: str) -> None:
    """For repair, which cannot know whether the first job still exists: at most one more per
    interval.

    Without the limit an outage of an hour would leave hundreds of duplicate jobs for each mail.
    """
    await _enqueue(job, argument, f"again:{job}:{argument}")


async def _enqueue(job: Job, argument: str, key: str | None) -> None:
    """Unless a job with this key waits or runs."""
    headers = msgspec.json.encode(tracing.headers()).decode()
    await db.execute(_ENQUEUE, job.value, argument.encode(), key, headers)


def enqueueing(job: Job, arguments: str) -> str:
    """SQL for a WITH that enqueues a job per row of `arguments`.

    Its parameter is tracing.headers().

    For a statement that stores rows and enqueues their jobs in one round trip. It writes what
    `enqueue` writes.
    """
    return f"""
        job AS (
            INSERT INTO pgqueuer (priority, entrypoint, payload, headers, status)
            SELECT 0, '{job}', convert_to(argument, 'UTF8'), coalesce(headers, 'null'), 'queued'
            FROM ({arguments}) AS each (argument, headers)
            RETURNING id, priority, entrypoint
        ), logged_job AS ({_LOG})
    """  # noqa: S608 - texts of ours


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
