"""How long an endpoint that has failed waits."""

from datetime import timedelta

import pytest

from chenu.webhooks.client import read_retry_after
from chenu.webhooks.retries import LONGEST, MAX_FAILURES, WAITS, wait_after


@pytest.mark.parametrize("failures", range(1, MAX_FAILURES))
def test_each_failure_waits_for_its_time_and_at_most_a_tenth_more(failures: int) -> None:
    waits = [wait_after(failures, None) for _ in range(200)]

    expected = WAITS[failures - 1]
    assert expected <= min(waits)
    assert max(waits) <= expected * 1.1
    assert len(set(waits)) > 1


def test_the_tenth_failure_comes_after_about_three_days() -> None:
    assert MAX_FAILURES == 10
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=3, hours=5)


def test_what_the_receiver_asks_for_counts_where_it_is_longer_up_to_a_day() -> None:
    assert wait_after(1, timedelta(minutes=7)) == timedelta(minutes=7)
    assert wait_after(1, timedelta(seconds=1)) < timedelta(seconds=6)
    assert wait_after(1, timedelta(days=900)) == LONGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("99999999999999999999", timedelta(seconds=10**8)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(text: str, expected: timedelta | None) -> None:
    assert read_retry_after(text) == expected


def test_a_date_to_come_is_a_wait() -> None:
    wait = read_retry_after("Fri, 31 Dec 2399 23:59:59 GMT")

    assert wait is not None
    assert wait > timedelta(days=365)
