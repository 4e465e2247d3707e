"""Samples, and their sums by day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from chenu.availability.figures import DayRow
from chenu.availability.slots import start_of_day
from chenu.availability.tables import AvailabilityDay, AvailabilitySample
from chenu.core import db
from chenu.core.rows import Columns

_LOCK = "availability"


class Sample(msgspec.Struct, frozen=True):
    """What was seen in the slot that begins `at` and lasts `seconds`; system time.

    `web`: at least one of the `web_known` processes is ready, as `web_ready` are. `database`: it
    answers. `queue`: it answers, and no job waits longer than jobs should.
    """

    at: datetime
    seconds: int
    web: bool
    database: bool
    queue: bool
    web_ready: int
    web_known: int

    @property
    def is_available(self) -> bool:
        return self.web and self.database and self.queue

    @property
    def until(self) -> datetime:
        return self.at + timedelta(seconds=self.seconds)

    @property
    def day(self) -> date:
        return self.at.astimezone(UTC).date()


_SAMPLES = Columns(Sample, AvailabilitySample)
_MERGE = """
    ON CONFLICT (at) DO UPDATE SET
        web = availability_sample.web OR excluded.web,
        database = availability_sample.database OR excluded.database,
        queue = availability_sample.queue OR excluded.queue,
        web_ready = greatest(availability_sample.web_ready, excluded.web_ready),
        web_known = greatest(availability_sample.web_known, excluded.web_known)
"""


async def write_samples(samples: Sequence[Sample]) -> None:
    """Those of a slot that another worker has sampled too are joined: what one of them saw work
    works. The sums of their days follow in the same transaction, so that writing again changes
    nothing.
    """

    async def write() -> None:
        # Else two workers would each add up a day without the other's newest sample.
        await db.lock_until_commit(_LOCK)
        for sample in samples:
            await _SAMPLES.insert(sample, _MERGE)
        for day in sorted({sample.day for sample in samples}):
            await _sum_day(day)

    await db.run_in_transaction(write)


_SUM = """
    INSERT INTO availability_day (day, available, unavailable, first_at, last_until)
    SELECT $1, coalesce(sum(seconds) FILTER (WHERE counts AND works), 0),
        coalesce(sum(seconds) FILTER (WHERE counts AND NOT works), 0),
        min(at) FILTER (WHERE works), max(at + make_interval(secs => seconds))
    FROM (SELECT s.at, s.seconds, s.web AND s.database AND s.queue AS works,
            NOT EXISTS (SELECT 1 FROM maintenance m WHERE m.canceled_at IS NULL
                AND m.starts_at <= s.at AND m.ends_at > s.at) AS counts
        FROM availability_sample s WHERE s.at >= $2 AND s.at < $3) sampled
    ON CONFLICT (day) DO UPDATE SET available = excluded.available,
        unavailable = excluded.unavailable, first_at = excluded.first_at,
        last_until = excluded.last_until
"""


async def _sum_day(day: date) -> None:
    """Anew from all of its samples, which are stored for longer than any of them can be late."""
    await db.execute(_SUM, day, start_of_day(day), start_of_day(day + timedelta(days=1)))


async def find_last_sample() -> Sample | None:
    sql = f"SELECT {_SAMPLES.select()} FROM availability_sample ORDER BY at DESC LIMIT 1"  # noqa: S608 - own columns
    return await db.find_one(Sample, sql)


_DAYS = Columns(DayRow, AvailabilityDay)
_DAY = f"SELECT {_DAYS.select()} FROM availability_day"  # noqa: S608 - own columns


async def list_days(first: date, end: date) -> list[DayRow]:
    """From `first` until before `end`, without days that have no sample at all."""
    sql = f"{_DAY} WHERE day >= $1 AND day < $2 ORDER BY day"
    return await db.fetch_all(DayRow, sql, first, end)


async def find_first_moment() -> datetime | None:
    """Where the very first sample of a service that works began: before, there was none."""
    sql = """
        SELECT first_at FROM availability_day WHERE first_at IS NOT NULL ORDER BY day LIMIT 1
    """
    found: datetime | None = await db.fetch_value(sql)
    return found
