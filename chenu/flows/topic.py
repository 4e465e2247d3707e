"""What a package of flows brings to every process; composition.py names each package once."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.event_types import EventType
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.services import Services

MakeHandlers = Callable[[Gateway, PubSub], Iterable[OperationHandler[Any, Any]]]


class Topic(msgspec.Struct, frozen=True):
    """`make_handlers` gives each handler the ports that it asks."""

    make_handlers: MakeHandlers
    events: tuple[EventType[Services], ...] = ()
