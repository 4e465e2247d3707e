"""The two clocks. Nothing else in CHE·NU asks the machine for the time.

Business time dates what customers see and pay for: periods, grants, sales, mails. The demo and the
tests can move it forward, and begin it behind system time. System time dates what protects the
system: sessions, signatures, limits, leases, retries. It never moves. See docs/architecture.md,
"Two clocks".
"""

from datetime import UTC, datetime, timedelta


class BusinessClock:
    """System time plus an offset: zero in production, below zero where an old demo goes on.

    In a process the offset only grows: business time never goes slower than system time.
    """

    def __init__(self) -> None:
        self._offset: timedelta | None = None

    @property
    def offset(self) -> timedelta:
        return self._offset or timedelta()

    def now(self) -> datetime:
        return system_now() + self.offset

    def move_to_offset(self, offset: timedelta) -> None:
        """Adopt the stored offset: the first whatever it is, later a smaller one is ignored.

        A smaller one is an old reading, which another process has replaced meanwhile.
        """
        if self._offset is None or offset > self._offset:
            self._offset = offset

    def reset(self) -> None:
        """Forget the offset; for tests only."""
        self._offset = None


CLOCK = BusinessClock()


def system_now() -> datetime:
    """UTC; the offset does not apply."""
    return datetime.now(UTC)


def business_now() -> datetime:
    """UTC, including the offset of the demo and tests."""
    return CLOCK.now()
