"""What packs bring to a process: their operations."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.packs.checkout import PackCheckoutHandler, PackExpiryHandler, PackOutcomeHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield PackCheckoutHandler(checkouts=stripe, customers=stripe)
    yield PackOutcomeHandler(checkouts=stripe, subscriptions=stripe)
    yield PackExpiryHandler(stripe)


PACKS = Topic(_make_handlers)
