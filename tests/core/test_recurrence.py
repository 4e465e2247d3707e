"""Due times of recurring work: month ends, leap years, and clocks that jump."""

from datetime import UTC, datetime, timedelta

import pytest

from chenu.core.recurrence import Every, Monthly, Recurrence


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "now", "due"),
    [
        (1, "2026-01-01T05:59:59", "2026-01-01T06:00"),
        (1, "2026-01-01T06:00", "2026-02-01T06:00"),
        (1, "2026-12-31T23:59", "2027-01-01T06:00"),
        (31, "2026-01-31T07:00", "2026-02-28T06:00"),
        (31, "2028-01-31T07:00", "2028-02-29T06:00"),
        (29, "2027-02-01T00:00", "2027-02-28T06:00"),
        (31, "2026-04-01T00:00", "2026-04-30T06:00"),
        (30, "2026-01-30T06:00", "2026-02-28T06:00"),
        (31, "2026-02-28T06:00", "2026-03-31T06:00"),
    ],
    ids=lambda value: str(value),
)
def test_a_monthly_task_is_due_on_its_day_or_the_last_of_a_shorter_month(
    day: int, now: str, due: str
) -> None:
    assert Monthly(day=day).first(at(now)) == at(due)


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
def test_every_month_has_one_due_moment(day: int) -> None:
    rule = Monthly(day=day)
    due, months = rule.first(at("2024-01-01T00:00")), []

    for _ in range(12 * 8):
        months.append((due.year, due.month))
        due = rule.following(due, at("2099-01-01T00:00"))

    assert months == [(2024 + number // 12, number % 12 + 1) for number in range(12 * 8)]


def test_a_monthly_task_that_is_late_still_has_each_month() -> None:
    rule, due = Monthly(), at("2026-01-01T06:00")

    assert rule.following(due, at("2026-05-20T12:00")) == at("2026-02-01T06:00")


def test_a_task_that_runs_every_so_often_makes_up_for_nothing() -> None:
    rule, due, now = Every(timedelta(hours=1)), at("2026-01-01T06:00"), at("2026-05-20T12:00")

    assert rule.following(due, now) == now + timedelta(hours=1)


@pytest.mark.parametrize("wrong", [{"day": 0}, {"day": 32}, {"hour": 24}, {"hour": -1}], ids=str)
def test_a_moment_that_no_month_has_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no moment"):
        Monthly(**wrong)


@pytest.mark.parametrize("rule", [Every(timedelta(seconds=5)), Monthly()], ids=["every", "monthly"])
def test_the_first_due_moment_is_ahead(rule: Recurrence) -> None:
    now = at("2026-03-01T06:00")

    assert rule.first(now) > now
