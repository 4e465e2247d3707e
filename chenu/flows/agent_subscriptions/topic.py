"""What monthly agents bring to a process."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.agent_subscriptions.checkout import CheckoutSubscriptionHandler
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield CheckoutSubscriptionHandler(checkouts=stripe, subscriptions=stripe, pubsub=pubsub)


AGENT_SUBSCRIPTIONS = Topic(_make_handlers)
