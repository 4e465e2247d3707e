"""The two clocks. Nothing else in CHE·NU asks the machine for the time.

Business time dates what customers see and pay for: periods, grants, sales, mails. The demo and the
tests can move it forward. System time dates what protects the system: sessions, signatures,
limits, leases, retries. It never moves. See docs/architecture.md, "Two clocks".
"""

from datetime import UTC, datetime, timedelta


class BusinessClock:
    """System time plus an offset that only ever grows; zero in production."""

    def __init__(self) -> None:
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        return system_now() + self._offset

    def move_to_offset(self, offset: timedelta) -> None:
        """Adopt the stored offset; a smaller one is an old reading and is ignored."""
        self._offset = max(self._offset, offset)

    def reset(self) -> None:
        """Set the offset to zero; for tests only."""
        self._offset = timedelta()


CLOCK = BusinessClock()


def system_now() -> datetime:
    """UTC; the offset does not apply."""
    return datetime.now(UTC)


def business_now() -> datetime:
    """UTC, including the offset of the demo and tests."""
    return CLOCK.now()
