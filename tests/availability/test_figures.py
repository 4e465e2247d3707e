"""Availability to the thousandth of a percent, and the credit that follows from it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.availability.figures import DayRow, Figure, Measured
from chenu.availability.slots import Span, join, next_minute, start_of_slot
from storefront.status_words import show_availability

DAY = date(2026, 10, 5)
MIDNIGHT = datetime(2026, 10, 5, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WHOLE_DAY = 86_400


def _credit_of(reached: Fraction) -> int:
    """As the contract has it."""
    if reached < Fraction("0.95"):
        return 50
    if reached < Fraction("0.99"):
        return 25
    return 10 if reached < Fraction("0.999") else 0


@given(st.integers(1, 31 * WHOLE_DAY).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_credit_is_that_of_the_contract_and_of_the_figure_shown(sums: tuple[int, int]) -> None:
    counted, available = sums
    figure = Figure(counted, 0, available)

    assert figure.credit_percent == _credit_of(Fraction(available, counted))
    assert figure.thousandths is not None
    shown = Fraction(show_availability(figure.thousandths, "en").rstrip("% \u202f\xa0"))
    assert _credit_of(shown / 100) == figure.credit_percent
    assert shown / 100 <= Fraction(available, counted) < (shown + Fraction(1, 1000)) / 100


@pytest.mark.parametrize(
    ("available", "shown", "percent"),
    [
        (100_000, "100.000", 0),
        (99_900, "99.900", 0),
        (99_899, "99.899", 10),
        (99_000, "99.000", 10),
        (98_999, "98.999", 25),
        (95_000, "95.000", 25),
        (94_999, "94.999", 50),
        (0, "0.000", 50),
    ],
)
def test_the_bounds_are_met_to_the_thousandth(available: int, shown: str, percent: int) -> None:
    figure = Figure(100_000, 0, available)

    assert show_availability(figure.thousandths, "en").startswith(shown)
    assert figure.credit_percent == percent
    if available in (99_900, 99_000, 95_000):  # by however little it is missed
        assert Figure(1_000_000, 0, available * 10 - 1).credit_percent > percent


def test_french_has_a_comma() -> None:
    assert show_availability(99_900, "fr").startswith("99,900")
    assert show_availability(None, "fr") == "–"


def _measured(
    available: int,
    maintenance: Sequence[Span] = (),
    since: datetime | None = MIDNIGHT,
    until: datetime = MIDNIGHT + 24 * HOUR,
) -> Measured:
    row = DayRow(DAY, available, 0, MIDNIGHT, until)
    return Measured({DAY: row}, maintenance, since, until)


def _figure(measured: Measured) -> Figure:
    return measured.figure(DAY, DAY + timedelta(days=1))


def test_a_time_without_samples_is_not_available() -> None:
    assert _figure(_measured(WHOLE_DAY - 3600)) == Figure(WHOLE_DAY, 0, WHOLE_DAY - 3600)


def test_announced_maintenance_is_left_out_once_also_where_it_overlaps() -> None:
    maintenance = [
        Span(MIDNIGHT - HOUR, MIDNIGHT + HOUR),
        Span(MIDNIGHT + 30 * MINUTE, MIDNIGHT + 2 * HOUR),
        Span(MIDNIGHT + 30 * HOUR, MIDNIGHT + 31 * HOUR),
    ]

    assert _figure(_measured(22 * 3600, maintenance)) == Figure(22 * 3600, 7200, 22 * 3600)


def test_what_was_not_measured_yet_counts_for_nothing() -> None:
    since, until = MIDNIGHT + 6 * HOUR, MIDNIGHT + 18 * HOUR

    assert _figure(_measured(12 * 3600, since=since, until=until)) == Figure(43200, 0, 43200)
    assert _figure(_measured(0, since=None)).thousandths is None
    assert _figure(_measured(0, since=until, until=until)).credit_percent == 0


def test_a_day_that_is_maintenance_as_a_whole_has_no_figure() -> None:
    figure = _figure(_measured(0, [Span(MIDNIGHT, MIDNIGHT + 24 * HOUR)]))

    assert (figure.thousandths, figure.credit_percent, figure.excluded) == (None, 0, WHOLE_DAY)


_MOMENTS = st.integers(0, 200).map(lambda n: MIDNIGHT + n * MINUTE)


@given(st.lists(st.tuples(_MOMENTS, st.integers(0, 50)), max_size=8))
def test_joined_spans_cover_the_same_minutes_once(drawn: list[tuple[datetime, int]]) -> None:
    spans = [Span(start, start + length * MINUTE) for start, length in drawn]
    covered = {start + n * MINUTE for start, length in drawn for n in range(length)}

    joined = join(spans)

    assert sum(span.seconds for span in joined) == 60 * len(covered)
    assert all(a.end < b.start for a, b in pairwise(joined))


def test_slots_begin_with_the_minute() -> None:
    moment = datetime(2026, 10, 5, 23, 59, 44, 999_999, tzinfo=UTC)

    assert start_of_slot(moment, 15) == moment.replace(second=30, microsecond=0)
    assert next_minute(moment) == datetime(2026, 10, 6, tzinfo=UTC)
    assert next_minute(MIDNIGHT) == MIDNIGHT
