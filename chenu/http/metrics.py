"""Prometheus metrics: requests are counted as they happen, queues and operations on each scrape."""

from functools import lru_cache

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from chenu.availability.status import read_status
from chenu.billing.event_cursor import list_cursors
from chenu.billing.inbox import get_backlog
from chenu.core import db, mail, queue
from chenu.core.clock import business_now
from chenu.core.logs import LossyStream
from chenu.core.month_partitions import list_split_tables
from chenu.flows.events.polling import POLLED_SCOPES
from chenu.ledger import open_operations

_REQUESTS = Histogram(
    "chenu_request_seconds",
    "Time to answer, by route and status",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_WEBHOOKS = Counter("chenu_webhooks", "Events taken in, by result", ["result"])
_BACKLOG = Gauge("chenu_webhook_backlog", "Stripe events that wait to be handled")
_BACKLOG_AGE = Gauge("chenu_webhook_backlog_seconds", "Age of the oldest waiting event")
_POLL_AGE = Gauge(
    "chenu_events_poll_age_seconds", "Since Stripe's list of events was last read whole", ["stream"]
)
_MISSED = Gauge(
    "chenu_events_missed_seconds", "Time whose events Stripe forgot before a poll", ["stream"]
)
_JOBS = Gauge("chenu_jobs_due", "Jobs that run or could run now")
_BEHIND = Gauge("chenu_jobs_behind_seconds", "How long the oldest job has waited for a worker")
_OPERATIONS = Gauge("chenu_operations", "Operations by kind and state", ["kind", "state"])
_MAILS = Gauge("chenu_mails_waiting", "Mails that are not sent yet")

_REPLICA_LAG = Gauge(
    "chenu_replica_lag_seconds", "The replica has all that the database had so long ago"
)
_REPLICA_READS = Gauge(
    "chenu_replica_reads",
    "Statements that might have been read from the replica, by kind, and who answered or why not",
    ["kind", "by"],
)
_SAMPLE_AGE = Gauge(
    "chenu_sample_age_seconds", "Since the worker last sampled whether the service is available"
)
_PART_WORKS = Gauge("chenu_part_works", "1 where the last sample saw it work, else 0", ["part"])
_WEB_PROCESSES = Gauge(
    "chenu_web_processes", "Web processes of the last sample: known, and ready", ["state"]
)
_MONTH_AVAILABILITY = Gauge(
    "chenu_month_availability_ratio", "Availability of this month so far, as the SLA has it"
)
_MONTHS_AHEAD = Gauge(
    "chenu_months_ahead", "Months after this one that a split table has a place for", ["table"]
)
_LOST_LINES = Gauge("chenu_log_lines_lost", "Lines of the log that could not be written")


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    _requests(method, route or "none", status).observe(seconds)


@lru_cache(maxsize=1_000)
def _requests(method: str, route: str, status: int) -> Histogram:
    # `labels` checks and joins the values at each call
    return _REQUESTS.labels(method, route, str(status))


def count_webhook(result: str) -> None:
    """`result` is stored, duplicate or refused."""
    _webhooks(result).inc()


@lru_cache
def _webhooks(result: str) -> Counter:
    return _WEBHOOKS.labels(result)


async def _read_gauges() -> None:
    backlog = await get_backlog()
    _BACKLOG.set(backlog.waiting)
    _BACKLOG_AGE.set(backlog.oldest_seconds)
    for cursor in await list_cursors(POLLED_SCOPES):
        age = business_now() - cursor.read_until
        _POLL_AGE.labels(cursor.stream).set(age.total_seconds())
        _MISSED.labels(cursor.stream).set(cursor.missed_seconds)
    _JOBS.set(await queue.count_due())
    _BEHIND.set(await queue.seconds_behind())
    _LOST_LINES.set(LossyStream.lost)
    _read_replica()
    await _read_availability()
    _MAILS.set(await mail.count_unsent())
    for table in await list_split_tables():
        _MONTHS_AHEAD.labels(table.name).set(table.months_ahead)
    _OPERATIONS.clear()
    for row in await open_operations.count_by_state():
        _OPERATIONS.labels(row.kind, row.state).set(row.count)


async def _read_availability() -> None:
    status = await read_status()
    last = status.last
    if last is not None:
        _SAMPLE_AGE.set((status.read_at - last.at).total_seconds())
        for part, works in (("web", last.web), ("database", last.database), ("queue", last.queue)):
            _PART_WORKS.labels(part).set(int(works))
        _WEB_PROCESSES.labels("known").set(last.web_known)
        _WEB_PROCESSES.labels("ready").set(last.web_ready)
    if status.month.thousandths is not None:
        _MONTH_AVAILABILITY.set(status.month.thousandths / 100_000)


def _read_replica() -> None:
    if db.REPLICA is not None:
        _REPLICA_LAG.set(db.REPLICA.lag_seconds)
        for (kind, by), count in db.REPLICA.counts.items():
            _REPLICA_READS.labels(kind, by).set(count)


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Prometheus's text format. Must be reachable inside the network only: docs/operations.md."""
    await _read_gauges()
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})
