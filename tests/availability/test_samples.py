"""Samples in the database: joined by slot, summed by day, written late, and again."""

from datetime import UTC, datetime, timedelta

import pytest

from chenu.availability.figures import DayRow, Figure
from chenu.availability.maintenance import MaintenanceId, MaintenanceRow, excuse_gap
from chenu.availability.pending import LATEST, PendingSamples
from chenu.availability.samples import Sample, list_days, write_samples
from chenu.availability.status import ServiceState, judge, read_measured, read_status
from chenu.availability.web_processes import (
    list_web_processes,
    new_web_process,
    say_goodbye,
    say_hello,
)
from chenu.core.clock import system_now
from chenu.core.errors import Unavailable
from chenu.core.ids import new_id
from chenu.core.retention import purge
from chenu.demo.pause import excuse_pause
from chenu.flows.services import Services
from chenu.jobs.purge import RETENTION_OF
from tests.availability.measured import NOON, SECONDS, SLOT, sample_in, sampled
from tests.rows import count, put

DAY = NOON.date()
NEXT = DAY + timedelta(days=1)


async def _day() -> DayRow:
    [row] = await list_days(DAY, NEXT)
    return row


async def test_a_day_is_the_sum_of_its_samples(services: Services) -> None:
    await sample_in(range(8))
    await sample_in(range(8, 11), works=False)

    assert await _day() == DayRow(DAY, 120, 45, NOON, NOON + 11 * SLOT)


async def test_what_one_worker_sees_work_works(services: Services) -> None:
    blind = Sample(NOON, SECONDS, False, False, True, 0, 1)

    await write_samples([blind])
    await write_samples([Sample(NOON, SECONDS, True, False, False, 1, 2)])
    seen_in_part = (await _day()).available
    await write_samples([sampled(NOON)])
    await write_samples([blind])

    assert seen_in_part == 0
    assert await _day() == DayRow(DAY, SECONDS, 0, NOON, NOON + SLOT)


async def test_samples_that_wait_are_written_later_and_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = PendingSamples()

    async def lose(samples: object) -> None:
        raise Unavailable("The database is away")

    for number in range(3):
        pending.add(sampled(NOON + SLOT * number, works=number != 1))
    with monkeypatch.context() as away:
        away.setattr("chenu.availability.pending.write_samples", lose)
        with pytest.raises(Unavailable):
            await pending.write()
    before = await count("availability_sample")
    await pending.write()
    await pending.write()

    assert (before, len(pending)) == (0, 0)
    assert await _day() == DayRow(DAY, 2 * SECONDS, SECONDS, NOON, NOON + 3 * SLOT)


async def test_no_more_than_a_day_of_samples_waits(services: Services) -> None:
    pending = PendingSamples()

    for late in (LATEST + SLOT, LATEST, timedelta()):
        pending.add(sampled(NOON - late))
        first = len(pending)
    pending.add(sampled(NOON))

    assert first == 2
    assert len(pending) == 3


async def test_samples_of_announced_maintenance_do_not_count(services: Services) -> None:
    await _put_maintenance(NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))
    await sample_in([0, 1, 2, 3, 8])
    await sample_in([4, 5, 6, 7], works=False)

    figure = (await read_measured(DAY, NEXT)).figure(DAY, NEXT)

    assert await _day() == DayRow(DAY, 75, 0, NOON, NOON + 9 * SLOT)
    assert (figure.excluded, figure.available) == (60, 75)


async def _put_maintenance(starts: datetime, ends: datetime) -> None:
    await excuse_gap(starts, ends - SLOT, "Travaux", "Works")


async def test_time_without_a_worker_counts_as_not_available(services: Services) -> None:
    """Whether it was stopped or killed: nobody worked the queue."""
    await sample_in([0, 1])
    await sample_in([5])

    figure = (await read_measured(DAY, NEXT)).figure(DAY, NEXT)

    rest_of_day = (datetime(2026, 10, 6, tzinfo=UTC) - NOON) // timedelta(seconds=1)
    assert figure == Figure(rest_of_day, 0, 3 * SECONDS)
    assert figure.unavailable == rest_of_day - 45


async def test_the_running_slot_counts_once_it_is_sampled(services: Services) -> None:
    now = system_now()
    await sample_in([-2, -1, 0], start=now - (now - NOON) % SLOT)

    status = await read_status()

    assert status.state is ServiceState.OPERATIONAL
    assert status.month.thousandths == 100_000
    assert [day.figure.thousandths for day in status.days[-1:]] == [100_000]
    assert [day.figure.thousandths for day in status.days[:80]] == [None] * 80


async def test_sums_outlive_samples(services: Services) -> None:
    await sample_in(range(4))
    await put("availability_sample", "at", NOON - timedelta(days=400), "at = $2", NOON)
    before = await _day()
    deleted = await purge(RETENTION_OF["availability_sample"])

    assert deleted >= 1
    assert await _day() == before


_MAINTAINED = MaintenanceRow(
    MaintenanceId(new_id()), "Travaux", "Works", NOON, NOON + timedelta(hours=1), NOON, None, None
)


@pytest.mark.parametrize(
    ("last", "maintenance", "state"),
    [
        (None, (), ServiceState.UNKNOWN),
        (sampled(NOON), (), ServiceState.OPERATIONAL),
        (Sample(NOON, SECONDS, True, True, True, 1, 2), (), ServiceState.DEGRADED),
        (Sample(NOON, SECONDS, True, True, False, 2, 2), (), ServiceState.DOWN),
        (sampled(NOON - 4 * SLOT), (), ServiceState.DOWN),
        (sampled(NOON, works=False), (_MAINTAINED,), ServiceState.MAINTENANCE),
    ],
)
def test_the_state_is_that_of_the_last_sample(
    last: Sample | None, maintenance: tuple[MaintenanceRow, ...], state: ServiceState
) -> None:
    assert judge(last, maintenance, NOON) is state


async def test_a_killed_web_process_stays_known_until_it_is_replaced_or_forgotten(
    services: Services,
) -> None:
    killed, replaced = new_web_process("http://10.0.0.1:1"), new_web_process("http://10.0.0.2:1")
    newer = new_web_process("http://10.0.0.2:1")
    for process in (killed, replaced, newer, replaced):
        await say_hello(process)
    await say_goodbye(replaced)
    now = system_now()

    assert await list_web_processes(now) == [killed, newer]
    assert await list_web_processes(now + timedelta(hours=2)) == []
    await say_goodbye(newer)
    assert await list_web_processes(now) == [killed]


async def test_a_demo_that_did_not_run_is_left_out(services: Services) -> None:
    began = system_now() - timedelta(hours=10)
    await sample_in(range(8), start=began - (began - NOON) % SLOT)
    await excuse_pause()
    now = system_now()
    await sample_in([0], start=now - (now - NOON) % SLOT)

    first, end = began.date(), system_now().date() + timedelta(days=1)
    figure = (await read_measured(first, end)).figure(first, end)

    assert figure.unavailable == 0
    assert figure.excluded >= 9 * 3600


async def test_measuring_begins_with_a_service_that_works(services: Services) -> None:
    await sample_in(range(4), works=False)
    before = (await read_measured(DAY, NEXT)).since
    await sample_in([4])

    measured = await read_measured(DAY, NEXT)

    assert (before, measured.since) == (None, NOON + 4 * SLOT)
    assert measured.figure(DAY, NEXT).available == SECONDS
