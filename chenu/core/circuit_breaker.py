"""A circuit breaker: who failed is left alone for a while, then asked by one caller at a time."""

import time
from collections.abc import Callable


class CircuitBreaker:
    def __init__(self, pause_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._pause = pause_seconds
        self._failed_at: float | None = None
        self._next_try_at = 0.0

    def allows(self) -> bool:
        """Whether to ask now. After a pause one caller may, and the others when it succeeded."""
        if self._failed_at is None:
            return True
        if self.now() < self._next_try_at:
            return False
        self._next_try_at = self.now() + self._pause
        return True

    def failed_since(self, moment: float) -> bool:
        return self._failed_at is not None and self._failed_at >= moment

    def succeed(self) -> None:
        self._failed_at = None

    def fail(self) -> None:
        self._failed_at = self.now()
        self._next_try_at = self._failed_at + self._pause
