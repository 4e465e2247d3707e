"""What the schedule does otherwise while a demo's clock jumps from one due time to the next."""

import time
from datetime import datetime, timedelta

from chenu.core.business_clock import ClockSettings
from chenu.core.clock import CLOCK, business_now
from chenu.jobs.recurring import Recurring

_LOOK_SECONDS = 1.0
_DEMO_LOOK_SECONDS = 0.1
_JUMP_LOOK_SECONDS = 0.02
_JUMPING_SECONDS = 2.0
"""For so long after a jump somebody probably waits for the next one."""
_REST_SECONDS = 15.0
_LONGEST_REST = timedelta(days=7)
"""Of business time: an empty demo jumps a day in a moment, and Stripe forgets events in 30 days."""


class Jumps:
    """Of a worker. In production no clock jumps."""

    def __init__(self, settings: ClockSettings) -> None:
        self._is_movable = settings.is_movable
        self._offset, self._jumped_at = CLOCK.offset, -_JUMPING_SECONDS
        self._started: dict[str, tuple[float, datetime]] = {}

    @property
    def pause(self) -> float:
        """Seconds until the schedule looks again."""
        if not self._is_movable:
            return _LOOK_SECONDS
        return _JUMP_LOOK_SECONDS if self._are_going_on() else _DEMO_LOOK_SECONDS

    def let_start(self, task: Recurring) -> bool:
        """Whether it may start now; False while it rests."""
        now = time.monotonic()
        if task.rests and self._are_going_on() and task.name in self._started:
            began, at = self._started[task.name]
            if now - began < _REST_SECONDS and business_now() - at < _LONGEST_REST:
                return False
        self._started[task.name] = now, business_now()
        return True

    def _are_going_on(self) -> bool:
        now = time.monotonic()
        if self._is_movable and self._offset != CLOCK.offset:
            self._offset, self._jumped_at = CLOCK.offset, now
        return now - self._jumped_at < _JUMPING_SECONDS
