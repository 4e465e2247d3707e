"""By when an answer is due: every level, evenings, weekends, and both changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from chenu.support.business_hours import ANSWER_WITHIN, PARIS, add_work, due_at
from chenu.tiers.catalogue import SupportLevel

EMAIL, PRIORITY = SupportLevel.EMAIL, SupportLevel.PRIORITY
DEDICATED, PHONE = SupportLevel.DEDICATED, SupportLevel.PHONE_SLA


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("level", "asked", "due"),
    [
        (EMAIL, "2026-11-23 10:00", "2026-11-25 10:00"),
        (EMAIL, "2026-11-26 10:00", "2026-11-30 10:00"),
        (EMAIL, "2026-11-28 12:00", "2026-12-01 18:00"),
        (PRIORITY, "2026-11-23 09:00", "2026-11-23 17:00"),
        (PRIORITY, "2026-11-23 10:00", "2026-11-23 18:00"),
        (PRIORITY, "2026-11-23 10:01", "2026-11-24 09:01"),
        (PRIORITY, "2026-11-27 17:30", "2026-11-30 16:30"),
        (DEDICATED, "2026-11-23 14:00", "2026-11-23 18:00"),
        (DEDICATED, "2026-11-23 16:00", "2026-11-24 11:00"),
        (PHONE, "2026-11-23 09:00", "2026-11-23 10:00"),
        (PHONE, "2026-11-23 17:00", "2026-11-23 18:00"),
        (PHONE, "2026-11-23 17:20", "2026-11-24 09:20"),
        (PHONE, "2026-11-23 18:00", "2026-11-24 10:00"),
        (PHONE, "2026-11-23 03:00", "2026-11-23 10:00"),
        (PHONE, "2026-11-27 17:59", "2026-11-30 09:59"),
        (PHONE, "2026-11-28 00:00", "2026-11-30 10:00"),
        (PHONE, "2026-11-29 23:59", "2026-11-30 10:00"),
        (PHONE, "2026-12-31 17:30", "2027-01-01 09:30"),
    ],
)
def test_the_time_counts_while_the_desk_works(level: SupportLevel, asked: str, due: str) -> None:
    assert due_at(paris(asked), level) == paris(due)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-03-27T16:30:00+00:00", "2026-03-30T07:30:00+00:00"),
        ("2026-10-23T15:30:00+00:00", "2026-10-26T08:30:00+00:00"),
        ("2026-03-29T00:30:00+00:00", "2026-03-30T08:00:00+00:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-26T09:00:00+00:00"),
        ("2026-07-01T07:00:00+00:00", "2026-07-01T08:00:00+00:00"),
        ("2026-12-01T07:00:00+00:00", "2026-12-01T09:00:00+00:00"),
    ],
    ids=["spring", "autumn", "the lost hour", "the hour twice", "summer", "winter"],
)
def test_summer_and_winter_time_are_those_of_paris(asked: str, due: str) -> None:
    """The weekend has an hour less in spring and one more in autumn: nobody works in it."""
    found = due_at(datetime.fromisoformat(asked), PHONE)

    assert found == datetime.fromisoformat(due)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("level", list(ANSWER_WITHIN))
def test_whenever_it_was_asked_the_due_time_is_one_of_work_and_never_earlier(
    level: SupportLevel,
) -> None:
    """Each quarter of an hour of three weeks with a change of the clock in them."""
    start, last = datetime(2026, 10, 12, tzinfo=UTC), datetime.min.replace(tzinfo=UTC)

    for quarter in range(21 * 24 * 4):
        asked = start + timedelta(minutes=15 * quarter)
        due = due_at(asked, level)
        local = due.astimezone(PARIS)
        assert due - asked >= ANSWER_WITHIN[level]
        assert local.weekday() < 5
        assert (9, 0) < (local.hour, local.minute) <= (18, 0)
        assert due >= last
        last = due


def test_every_level_that_promises_something_has_a_time() -> None:
    assert set(ANSWER_WITHIN) == set(SupportLevel) - {SupportLevel.COMMUNITY}


def test_no_work_is_no_time() -> None:
    assert add_work(paris("2026-11-23 10:00"), timedelta()) == paris("2026-11-23 10:00")
