"""Group commit: one write for concurrent callers, each of whom gets the result of its own row."""

import asyncio
from collections.abc import Sequence

import asyncpg

from chenu.core.errors import Busy, Unavailable
from chenu.core.group_commit import GroupCommit


class Writer:
    """Doubles numbers once it may; `batches` is what it was given, also when that failed.

    A negative number cannot be stored; at zero the connection is lost.
    """

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_write = asyncio.Event()

    async def write(self, rows: Sequence[int]) -> list[int]:
        self.batches.append(list(rows))
        await self.may_write.wait()
        if min(rows) < 0:
            raise asyncpg.DataError
        if 0 in rows:
            raise Unavailable("lost")
        return [2 * row for row in rows]


async def begin(group: GroupCommit[int, int], *rows: int) -> "list[asyncio.Task[int]]":
    """Starts callers who wait, each for its row."""
    tasks = [asyncio.create_task(group.add(row)) for row in rows]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_those_who_come_meanwhile_are_written_together_and_in_bounded_batches() -> None:
    writer = Writer()
    group = GroupCommit(writer.write)

    first = await begin(group, 1)
    others = await begin(group, *range(2, 452))
    writer.may_write.set()

    assert await asyncio.gather(*first, *others) == [2 * row for row in range(1, 452)]
    assert [len(batch) for batch in writer.batches] == [1, 200, 200, 50]


async def test_a_row_that_cannot_be_written_fails_alone() -> None:
    writer = Writer()
    writer.may_write.set()
    group = GroupCommit(writer.write)

    outcomes = await asyncio.gather(*await begin(group, 1, -2, 3), return_exceptions=True)

    assert (outcomes[0], type(outcomes[1]), outcomes[2]) == (2, asyncpg.DataError, 6)
    assert writer.batches == [[1, -2, 3], [1], [-2], [3]]


async def test_any_other_failure_is_the_whole_batch_s_and_nobody_else_s() -> None:
    writer = Writer()
    group = GroupCommit(writer.write)

    lost = await begin(group, 1, 0)
    later = await begin(group, 3)
    writer.may_write.set()
    outcomes = await asyncio.gather(*lost, *later, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable, int]
    assert writer.batches == [[1, 0], [3]]


async def test_callers_who_go_away_disturb_nobody() -> None:
    writer = Writer()
    group = GroupCommit(writer.write)
    being_written = await begin(group, 1, 2)
    waiting = await begin(group, 3, 4)

    for task in (being_written[0], waiting[0]):
        task.cancel()
    await asyncio.sleep(0)
    writer.may_write.set()

    assert list(await asyncio.gather(being_written[1], waiting[1])) == [4, 8]
    assert writer.batches == [[1, 2], [4]]
    assert being_written[0].cancelled()
    assert waiting[0].cancelled()


async def test_those_who_come_again_at_once_are_written_together_again() -> None:
    writer = Writer()
    writer.may_write.set()
    group = GroupCommit(writer.write)

    async def come_three_times(row: int) -> None:
        for _ in range(3):
            await group.add(row)

    await asyncio.gather(*(come_three_times(row) for row in range(1, 17)))

    assert [len(batch) for batch in writer.batches] == [16, 16, 16]


async def test_one_more_than_may_wait_is_refused_and_nobody_else() -> None:
    writer = Writer()
    group = GroupCommit(writer.write, most_waiting=2)
    first = await begin(group, 1)
    waiting = await begin(group, 2, 3)

    [refused] = await begin(group, 4)
    writer.may_write.set()
    outcomes = await asyncio.gather(*first, *waiting, refused, return_exceptions=True)

    assert outcomes[:3] == [2, 4, 6]
    assert type(outcomes[3]) is Busy
    assert writer.batches == [[1], [2, 3]]


async def test_a_writer_that_is_cancelled_leaves_nobody_waiting() -> None:
    writer = Writer()
    group = GroupCommit(writer.write)
    callers = [*await begin(group, 1), *await begin(group, 2)]

    assert group._writer is not None
    group._writer.cancel()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    writer.may_write.set()

    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert await group.add(3) == 6


def test_what_another_loop_left_unfinished_does_not_hold_up_this_one() -> None:
    writer = Writer()
    group = GroupCommit(writer.write)
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()

    left = first.run_until_complete(begin(group, 1))
    writer.may_write = asyncio.Event()
    writer.may_write.set()
    assert second.run_until_complete(group.add(2)) == 4

    everything = asyncio.gather(*asyncio.all_tasks(first), return_exceptions=True)
    everything.cancel()
    first.run_until_complete(asyncio.wait(left))
    first.close()
    second.close()
