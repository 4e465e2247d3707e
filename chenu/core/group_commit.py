"""Group commit: rows that this process's callers write at the same time go into one statement.

While a batch is being written the next one gathers, so that many writes cost few round trips and
few commits, and a single caller is not delayed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from chenu.core.db_errors import BAD_VALUES, busy, unavailable

Row = TypeVar("Row")
Outcome = TypeVar("Outcome")
Entry = tuple[Row, asyncio.Future[Outcome]]

_MOST = 200
_MOST_WAITING = 2_000


class GroupCommit(Generic[Row, Outcome]):
    """`write` stores a batch in one transaction and returns a result for each row, in their order.

    No more than `most_waiting` rows wait. To be used within one event loop, as the database's pool
    is.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Row]], Awaitable[Sequence[Outcome]]],
        *,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._write = write
        self._most_waiting = most_waiting
        self._waiting: deque[Entry[Row, Outcome]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def add(self, row: Row) -> Outcome:
        """Returns once the row is committed; raises what `write` raises.

        A value that cannot be stored fails only its own caller; any other failure fails the whole
        batch. Busy, with nothing stored, when too many wait already.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        if self._writer is None or self._writer.done() or self._writer.get_loop() is not loop:
            # left behind by an event loop that ended without cancelling its tasks
            self._waiting.clear()
            # An empty context, because the writer belongs to no caller's transaction or request
            # log.
            self._writer = loop.create_task(self._write_batches(), context=Context())
        if len(self._waiting) >= self._most_waiting:
            raise busy()
        self._waiting.append((row, outcome))
        return await outcome

    async def _write_batches(self) -> None:
        """Ends when no rows are waiting, so that the task lives no longer than its callers."""
        batch: list[Entry[Row, Outcome]] = []
        try:
            while batch := self._take():
                await self._settle(batch)
                # Those who have just been answered may come again, and belong in the next batch.
                await asyncio.sleep(0)
        finally:  # cancelled because the process is stopping
            for _, outcome in (*batch, *self._waiting):
                _refuse(outcome, unavailable())
            self._waiting.clear()

    def _take(self) -> list[Entry[Row, Outcome]]:
        """The next batch, without rows whose callers were cancelled."""
        batch: list[Entry[Row, Outcome]] = []
        while self._waiting and len(batch) < _MOST:
            entry = self._waiting.popleft()
            if not entry[1].done():
                batch.append(entry)
        return batch

    async def _settle(self, batch: Sequence[Entry[Row, Outcome]]) -> None:
        try:
            outcomes = await self._write([row for row, _ in batch])
        except Exception as error:
            await self._settle_failed(batch, error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _settle_failed(self, batch: Sequence[Entry[Row, Outcome]], error: Exception) -> None:
        if isinstance(error, BAD_VALUES) and len(batch) > 1:
            for entry in batch:
                await self._settle([entry])
            return
        for _, outcome in batch:
            _refuse(outcome, error)


def _refuse(outcome: "asyncio.Future[Outcome]", error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
