"""A cache with a maximum age, and a single flight: concurrent callers share one computation."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TtlCache(Generic[Key, Value]):
    """A cache of at most `capacity` in weight, whose values expire after `max_age` seconds.

    The age counts from when the computation of a value began, so that what it was computed from is
    never older. Nothing is stored when `max_age` is 0.
    """

    def __init__(
        self, max_age: float, capacity: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.max_age = max_age
        self.now = now
        self._capacity = capacity
        self._weight = 0
        self._known: OrderedDict[Key, tuple[float, int, Value]] = OrderedDict()

    def find(self, key: Key) -> Value | None:
        known = self._known.get(key)
        if known is None or self.now() - known[0] >= self.max_age:
            return None
        return known[2]

    def keep(self, key: Key, value: Value, since: float, weight: int = 1) -> None:
        if self.now() - since >= self.max_age or weight > self._capacity:
            return
        self.drop(key)
        self._known[key] = (since, weight, value)
        self._weight += weight
        self._make_room()

    def drop(self, key: Key) -> None:
        known = self._known.pop(key, None)
        self._weight -= known[1] if known else 0

    def _make_room(self) -> None:
        """The oldest insertions are removed first."""
        oldest = self.now() - self.max_age
        while self._known:
            key, (since, _, _) = next(iter(self._known.items()))
            if since > oldest and self._weight <= self._capacity:
                return
            self.drop(key)


_RENEWED_AT = 0.75
"""The share of `max_age` after which a value is refreshed, before it expires."""


class SingleFlight(Generic[Key, Value]):
    """Callers that need the same value at once share one computation.

    While a value is asked for often it is refreshed in the background, so that nobody waits for it.
    """

    def __init__(
        self, max_age: float, capacity: int = 1_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._cache: TtlCache[Key, tuple[float, asyncio.Future[Value]]] = TtlCache(
            max_age, capacity, now
        )
        self._renewed: dict[Key, asyncio.Future[Value]] = {}

    def find(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> Value | None:
        """The stored value. If it is about to expire, a refresh is started in the background."""
        known = self._cache.find(key)
        if known is None or not known[1].done():
            return None
        since, made = known
        if self._cache.now() - since > self._cache.max_age * _RENEWED_AT:
            self._renew(key, make)
        return made.result()

    async def get(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Raises what `make` raises; a failure is not stored."""
        if not self._cache.max_age:
            return await make()
        known = self._cache.find(key)
        if known is not None:
            return await asyncio.shield(known[1])
        since, begun = self._cache.now(), asyncio.ensure_future(make())
        self._cache.keep(key, (since, begun), since)
        begun.add_done_callback(lambda done: self._forget_failure(key, done))
        return await asyncio.shield(begun)

    def _forget_failure(self, key: Key, done: "asyncio.Future[Value]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._cache.drop(key)

    def _renew(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> None:
        if key in self._renewed:
            return
        since, begun = self._cache.now(), asyncio.ensure_future(make())
        self._renewed[key] = begun
        begun.add_done_callback(lambda done: self._replace(key, since, done))

    def _replace(self, key: Key, since: float, done: "asyncio.Future[Value]") -> None:
        """A failed refresh leaves the old value in place until it expires.

        Later callers then see the error.
        """
        del self._renewed[key]
        if not done.cancelled() and done.exception() is None:
            self._cache.keep(key, (since, done), since)
