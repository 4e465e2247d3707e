"""Open event streams and WebSockets of this process, counted by caller.

Each process counts its own, because a connection costs resources of its process only.
docs/operations.md says what that means for several processes.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable
from enum import StrEnum

from chenu.accounts.actor import Actor
from chenu.accounts.request_context import RequestContext
from chenu.connection_limits import ConnectionLimits
from chenu.core.errors import RateLimited
from chenu.core.i18n import mark
from chenu.core.ip_addresses import network_of

_RETRY_SECONDS = 10

Bucket = tuple[Hashable, ...]


class Transport(StrEnum):
    STREAM = "STREAM"
    SOCKET = "SOCKET"


class ConnectionSlot:
    """The count of one open connection until it is released; releasing twice is no error."""

    def __init__(self, counts: Counter[Bucket], buckets: list[Bucket]) -> None:
        self._counts = counts
        self._buckets = buckets
        counts.update(buckets)

    def release(self) -> None:
        for bucket in self._buckets:
            self._counts[bucket] -= 1
            if not self._counts[bucket]:
                del self._counts[bucket]
        self._buckets = []


class LiveConnections:
    def __init__(self) -> None:
        self._counts: Counter[Bucket] = Counter()

    def take(
        self, transport: Transport, request_context: RequestContext, limits: ConnectionLimits
    ) -> ConnectionSlot:
        """Released at the latest when the current task ends. Raises RateLimited."""
        allowed = _buckets(request_context, limits)
        buckets = [(transport, *bucket) for bucket in allowed]
        for bucket, most in zip(buckets, allowed.values(), strict=True):
            if self._counts[bucket] >= most:
                message = mark("At most {count} live connections at a time: close one first")
                raise RateLimited(message, retry_after=_RETRY_SECONDS, count=most)
        slot = ConnectionSlot(self._counts, buckets)
        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(lambda _: slot.release())
        return slot

    @property
    def total(self) -> int:
        """Taken slots in all buckets; 0 when nothing is open."""
        return self._counts.total()


def _buckets(request_context: RequestContext, limits: ConnectionLimits) -> dict[Bucket, int]:
    """The counters for this caller, with the limit of each."""
    caller = _find_caller(request_context.actor)
    if caller is None:
        return {("ip", network_of(request_context.ip)): limits.live_per_ip}
    buckets = {caller: limits.live_per_caller}
    if request_context.actor.user_id is not None:
        buckets["person", request_context.actor.user_id] = limits.live_per_ip
    return buckets


def _find_caller(actor: Actor) -> Bucket | None:
    """The session or key; a service key counts separately for each account that it acts for."""
    if actor.session_id is not None:
        return "session", actor.session_id
    if actor.key_id is not None:
        return "key", actor.key_id, actor.account_id
    return None
