"""Which of Stripe's events are handled, and by what: each topic declares its own.

What Stripe is asked to deliver, what is polled, and who handles an event all follow from it.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from chenu.billing.inbox import InboxEvent

Context = TypeVar("Context")
"""What a handler is given beside the event: services.py, which has the registry in it."""


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


EventHandler = Callable[[Context, InboxEvent], Awaitable[EventOutcome]]


class EventType(msgspec.Struct, Generic[Context], frozen=True):
    """`name` is Stripe's.

    `catch_up` takes the handler's place for an event in a list that does not name its account: it
    asks about every account that such an event may be about.
    """

    name: str
    scope: EventScope
    handler: EventHandler[Context]
    catch_up: Callable[[Context], Awaitable[None]] | None = None


class EventRegistry(Generic[Context]):
    """Event types by name; each has one handler."""

    def __init__(self, types: Iterable[EventType[Context]]) -> None:
        self._types: dict[str, EventType[Context]] = {}
        for event_type in types:
            if event_type.name in self._types:
                raise ValueError(f"{event_type.name} is registered twice")
            self._types[event_type.name] = event_type

    def __iter__(self) -> Iterator[EventType[Context]]:
        return iter(self._types.values())

    def find(self, name: str) -> EventType[Context] | None:
        return self._types.get(name)

    def names(self, scope: EventScope) -> tuple[str, ...]:
        return tuple(known.name for known in self if known.scope is scope)
