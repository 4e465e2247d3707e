"""What privacy brings to a process: its operations."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.privacy.customer import CustomerDeletionHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield CustomerDeletionHandler(stripe)


PRIVACY = Topic(_make_handlers)
