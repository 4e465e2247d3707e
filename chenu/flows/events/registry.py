"""The one place that says which of Stripe's events are handled, and by what.

What Stripe is asked to deliver, what is polled, and who handles an event all follow from it.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chenu.billing.inbox import InboxEvent
from chenu.flows.services import Services


class EventScope(StrEnum):
    """Where Stripe tells of it: each scope has an endpoint, and a list to poll, of its own."""

    PLATFORM = "PLATFORM"
    """Snapshot events of our own account."""
    CONNECT = "CONNECT"
    """Snapshot events of connected accounts; our account's list of events has none of them."""
    THIN = "THIN"
    """Events of API v2, about accounts."""


class EventOutcome(StrEnum):
    HANDLED = "HANDLED"
    IGNORED = "IGNORED"
    """It names nothing, or nothing of ours."""


EventHandler = Callable[[Services, InboxEvent], Awaitable[EventOutcome]]


@dataclass(frozen=True, slots=True)
class EventType:
    """`name` is Stripe's."""

    name: str
    scope: EventScope
    handler: EventHandler


class EventRegistry:
    """Event types by name; each has one handler."""

    def __init__(self, types: Iterable[EventType]) -> None:
        self._types: dict[str, EventType] = {}
        for event_type in types:
            if event_type.name in self._types:
                raise ValueError(f"{event_type.name} is registered twice")
            self._types[event_type.name] = event_type

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._types.values())

    def find(self, name: str) -> EventType | None:
        return self._types.get(name)

    def names(self, scope: EventScope) -> tuple[str, ...]:
        return tuple(known.name for known in self if known.scope is scope)
