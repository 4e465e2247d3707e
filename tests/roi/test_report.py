"""A report from made-up runs and payments: its sums, sources and edges."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.agents.model import AgentId
from chenu.agents.run_totals import RunTotal
from chenu.core.money import Cents
from chenu.roi.costs import CostKind, PaidItem, PaidPeriod
from chenu.roi.periods import RoiPeriod, find_span
from chenu.roi.report import MinutesSource, RoiReport, RoiSettings, make_report

A, B = AgentId(UUID(int=1)), AgentId(UUID(int=2))
NOVEMBER = date(2026, 11, 1)
PLAN = PaidItem(
    CostKind.PLAN,
    "CHENU-0001",
    NOVEMBER,
    Cents(2900),
    (PaidPeriod(Cents(2900), NOVEMBER, date(2026, 12, 1)),),
)


def runs(
    agent: AgentId, count: int, claimed: int = 900, on: date = NOVEMBER, timed: tuple[int, ...] = ()
) -> RunTotal:
    """`count` runs that say nothing, each with that claim, and those that reported seconds."""
    return RunTotal(
        on, agent, count + len(timed), len(timed), sum(timed), count * claimed, 20 * count
    )


def report(
    *totals: RunTotal,
    settings: RoiSettings = RoiSettings(),  # noqa: B008 - frozen
    paid: tuple[PaidItem, ...] = (PLAN,),
    period: RoiPeriod = RoiPeriod.MONTH,
) -> RoiReport:
    return make_report(period, find_span(period, NOVEMBER), settings, totals, paid)


def test_the_golden_case() -> None:
    found = report(runs(A, 30), runs(B, 20))

    assert (found.executions, found.seconds) == (50, 45000)
    assert (found.value_created, found.cost, found.roi) == (62500, 2900, 205517)


SOURCES = {
    "the run's own come first": (RoiSettings(seconds_per_run=600), 0, (60, 120), 180),
    "then the account's setting": (RoiSettings(seconds_per_run=600), 2, (), 1200),
    "then what the agent claims": (RoiSettings(), 2, (), 1800),
    "each run by itself": (RoiSettings(seconds_per_run=600), 1, (60,), 660),
    "a run that saved nothing saved nothing": (RoiSettings(), 1, (0,), 900),
}


@pytest.mark.parametrize(("settings", "silent", "timed", "seconds"), SOURCES.values(), ids=SOURCES)
def test_minutes_come_from_the_nearest_source(
    settings: RoiSettings, silent: int, timed: tuple[int, ...], seconds: int
) -> None:
    found = report(runs(A, silent, timed=timed), settings=settings)

    assert found.seconds == seconds
    assert [agent.seconds for agent in found.by_agent] == [seconds]
    assert found.by_agent[0].timed_runs == len(timed)
    assert found.by_agent[0].estimated_seconds == seconds - sum(timed)


def test_the_report_says_where_its_minutes_come_from() -> None:
    assert report().minutes_source is MinutesSource.CLAIM
    own = RoiSettings(seconds_per_run=60)
    assert report(settings=own).minutes_source is MinutesSource.SETTING


def test_an_own_hourly_rate_counts() -> None:
    found = report(runs(A, 4), settings=RoiSettings(hourly_rate=Cents(12000)))

    assert (found.hourly_rate, found.value_created) == (12000, 12000)


def test_without_cost_there_is_no_return() -> None:
    found = report(runs(A, 50), paid=())

    assert (found.value_created, found.cost, found.roi) == (62500, 0, None)


def test_without_runs_the_cost_is_lost() -> None:
    found = report()

    assert (found.executions, found.value_created, found.cost, found.roi) == (0, 0, 2900, -10000)
    assert found.by_agent == []


def test_what_is_of_other_days_is_no_item_of_the_period() -> None:
    september = PaidItem(CostKind.PACK, "CHENU-0002", date(2026, 9, 30), Cents(900))

    assert [each.item for each in report(paid=(PLAN, september)).items] == [PLAN]


def test_a_week_that_began_before_the_quarter_counts_in_it() -> None:
    monday_before = date(2026, 9, 28)

    found = report(runs(A, 3, on=monday_before), period=RoiPeriod.QUARTER)

    assert (found.series[0].span.first, found.series[0].executions) == (date(2026, 10, 1), 3)


def test_agents_are_listed_by_what_they_saved() -> None:
    found = report(runs(A, 9, claimed=60), runs(B, 1, claimed=3600))

    assert [agent.agent_id for agent in found.by_agent] == [B, A]


TOTALS = st.lists(
    st.builds(
        runs,
        st.sampled_from([A, B, AgentId(UUID(int=3))]),
        st.integers(0, 40),
        st.integers(1, 86400),
        st.dates(NOVEMBER, date(2026, 11, 30)),
        st.lists(st.integers(0, 86400), max_size=3).map(tuple),
    ),
    max_size=12,
)
SETTINGS = st.builds(
    RoiSettings,
    st.none() | st.integers(100, 1_000_000).map(Cents),
    st.none() | st.integers(1, 86400),
)


@given(TOTALS, SETTINGS, st.sampled_from(RoiPeriod))
def test_parts_sum_to_the_whole(
    totals: list[RunTotal], settings: RoiSettings, period: RoiPeriod
) -> None:
    found = report(*totals, settings=settings, period=period)

    whole = (found.executions, found.seconds, found.value_created)
    for parts in (found.series, found.by_agent):
        assert whole == (
            sum(part.executions for part in parts),
            sum(part.seconds for part in parts),
            sum(part.value_created for part in parts),
        )
    assert sum(step.cost for step in found.series) == found.cost
    assert sum(item.cost for item in found.items) == found.cost
