"""Jobs that wait or run, as staff see them; one that is done is gone."""

from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Keyset, Page, PageRequest


class JobState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    """It has failed, and waits for its next attempt."""


class JobRow(msgspec.Struct, frozen=True):
    """`argument` is the id of what it is about. Times are the database's."""

    id: int
    job: str
    status: str
    argument: str
    attempts: int
    created_at: datetime
    due_at: datetime

    @property
    def state(self) -> JobState:
        if self.status == "picked":
            return JobState.RUNNING
        return JobState.FAILING if self.attempts else JobState.WAITING


class JobFailure(msgspec.Struct, frozen=True):
    """`kind` is the exception's name, `message` what it said, of refusals of ours only."""

    at: datetime
    kind: str
    message: str


_ROWS = """
    SELECT id, entrypoint AS job, status::text AS status, attempts, created AS created_at,
        coalesce(convert_from(payload, 'UTF8'), '') AS argument, execute_after AS due_at
    FROM pgqueuer
"""
_NEWEST_FIRST = Keyset("id", "id", id_cast="bigint", read_id=int)
_IN_STATE = {
    None: "true",
    JobState.WAITING: "status = 'queued' AND attempts = 0",
    JobState.RUNNING: "status = 'picked'",
    JobState.FAILING: "status = 'queued' AND attempts > 0",
}


async def list_jobs(state: JobState | None, page: PageRequest) -> Page[JobRow]:
    return await fetch_page(JobRow, _ROWS, _IN_STATE[state], page=page, order=_NEWEST_FIRST)


async def get_job(job_id: int, *, lock: bool = False) -> JobRow:
    """Raises NotFound, also for one that is done."""
    suffix = "FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(JobRow, f"{_ROWS} WHERE id = $1 {suffix}", job_id)
    if found is None:
        raise NotFound("This job is done, or there never was one")
    return found


async def list_failures(job_id: int) -> list[JobFailure]:
    """The latest 20, the newest first.

    What an exception said may contain a secret: shown is its name, or our own code of it.
    """
    sql = """
        SELECT created AS at, coalesce(traceback->>'exception_type', '') AS kind,
            coalesce(traceback->'additional_context'->>'reason', '') AS message
        FROM pgqueuer_log WHERE job_id = $1 AND traceback IS NOT NULL
        ORDER BY created DESC LIMIT 20
    """
    return await db.fetch_all(JobFailure, sql, job_id)


async def run_now(job_id: int) -> None:
    """One that waits is due at once."""
    sql = """
        UPDATE pgqueuer SET execute_after = clock_timestamp(), updated = clock_timestamp()
        WHERE id = $1 AND status = 'queued'
    """
    await db.execute(sql, job_id)
