"""When an answer is due: hours of work in Paris, whatever the hour and the season.

The desk works from Monday to Friday, 9 to 18 o'clock; public holidays count as days of work, so
that nobody waits longer than promised for a reason that they cannot see.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chenu.tiers.catalogue import SupportLevel

PARIS = ZoneInfo("Europe/Paris")
OPENS, CLOSES = time(9), time(18)
DAY = timedelta(hours=CLOSES.hour - OPENS.hour)
_SATURDAY = 5

ANSWER_WITHIN: dict[SupportLevel, timedelta] = {
    SupportLevel.EMAIL: 2 * DAY,
    SupportLevel.PRIORITY: timedelta(hours=8),
    SupportLevel.DEDICATED: timedelta(hours=4),
    SupportLevel.PHONE_SLA: timedelta(hours=1),
}
"""In hours of work: two days are twice as long as the desk is open. COMMUNITY promises nothing."""


def due_at(asked_at: datetime, level: SupportLevel) -> datetime:
    """The moment, in UTC, by which the plan promises an answer."""
    return add_work(asked_at, ANSWER_WITHIN[level])


def add_work(moment: datetime, work: timedelta) -> datetime:
    """So much work later, in UTC. Nothing is done outside the hours of work.

    What ends as the desk closes ends then, not when it opens again.
    """
    local = _next_open(moment.astimezone(PARIS))
    while work > (rest := _rest_of_day(local)):
        work -= rest
        local = _next_open(_at(local.date() + timedelta(days=1), OPENS))
    return (local.astimezone(UTC) + work).astimezone(UTC)


def _next_open(local: datetime) -> datetime:
    """The moment itself while the desk is open, else when it opens next."""
    day = local.date()
    if local.time() >= CLOSES:
        day += timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return max(local, _at(day, OPENS))


def _rest_of_day(local: datetime) -> timedelta:
    return _at(local.date(), CLOSES).astimezone(UTC) - local.astimezone(UTC)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, PARIS)
