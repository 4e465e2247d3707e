"""Loaders of rows by key: all keys that are asked for together are read by one statement."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Value = TypeVar("Value")


class Loader(DataLoader[Key, Value]):
    """Protects shared batches: when a field fails, graphql-core cancels its siblings.

    A cancelled wait must not cancel the batch that other fields wait for as well.
    """

    def load(self, key: Key) -> Awaitable[Value]:
        return asyncio.shield(super().load(key))

    async def load_all(self, keys: Sequence[Key]) -> list[Value]:
        """For whoever waits for all of them: no wait is cancelled by itself.

        Raises the first error when all are done.
        """
        waits = [super(Loader, self).load(key) for key in keys]
        found = await asyncio.gather(*waits, return_exceptions=True)
        values = [each for each in found if not isinstance(each, BaseException)]
        if len(values) < len(found):
            raise next(each for each in found if isinstance(each, BaseException))
        return values


def one_each(
    fetch: Callable[[list[Key]], Awaitable[Sequence[Row]]], key: Callable[[Row], Key]
) -> Loader[Key, Row | None]:
    """Each key's row, None where there is none."""

    async def load(keys: list[Key]) -> list[Row | None]:
        found = {key(row): row for row in await fetch(keys)}
        return [found.get(key) for key in keys]

    return Loader(load)


def many_each(
    fetch: Callable[[list[Key]], Awaitable[Sequence[Row]]], key: Callable[[Row], Key]
) -> Loader[Key, list[Row]]:
    """Each key's rows, in the order in which they were fetched."""

    async def load(keys: list[Key]) -> list[list[Row]]:
        found: dict[Key, list[Row]] = defaultdict(list)
        for row in await fetch(keys):
            found[key(row)].append(row)
        return [found[key] for key in keys]

    return Loader(load)
