"""Loaders: one statement for all keys, and a cancelled wait does not affect the others."""

import asyncio
from collections.abc import Awaitable

import pytest

from chenu_graphql.batching import many_each, one_each


async def test_what_is_asked_together_is_fetched_together() -> None:
    asked: list[list[int]] = []

    async def fetch(keys: list[int]) -> list[str]:
        asked.append(keys)
        return [str(key) for key in keys if key != 2]

    loader = one_each(fetch, int)
    found = await asyncio.gather(*(loader.load(key) for key in (1, 2, 3, 1)))

    assert found == ["1", None, "3", "1"]
    assert asked == [[1, 2, 3]]


async def test_rows_are_grouped_by_key_in_their_order() -> None:
    async def fetch(keys: list[int]) -> list[tuple[int, str]]:
        return [(2, "b"), (1, "x"), (2, "a")]

    loader = many_each(fetch, lambda row: row[0])
    found = await asyncio.gather(*(loader.load(key) for key in (1, 2, 3)))

    assert found == [[(1, "x")], [(2, "b"), (2, "a")], []]


async def test_a_cancelled_wait_does_not_cancel_the_others() -> None:
    async def fetch(keys: list[int]) -> list[int]:
        await asyncio.sleep(0.05)
        return keys

    async def wait(value: Awaitable[int | None]) -> int | None:
        return await value

    loader = one_each(fetch, int)
    first = asyncio.create_task(wait(loader.load(1)))
    second = asyncio.create_task(wait(loader.load(1)))
    await asyncio.sleep(0.01)
    first.cancel()

    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
