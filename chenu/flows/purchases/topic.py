"""What purchases bring to a process: their operations and events."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.purchases.checkout import CheckoutExpiryHandler, CheckoutSessionHandler
from chenu.flows.purchases.pay_creator import TransferHandler
from chenu.flows.purchases.projection_events import PROJECTION_EVENTS
from chenu.flows.purchases.return_payment import RefundHandler
from chenu.flows.purchases.settle_purchase import CheckoutPaymentHandler
from chenu.flows.purchases.shares_again import ReversalHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield CheckoutSessionHandler(checkouts=stripe, customers=stripe, catalogue=stripe)
    yield CheckoutPaymentHandler(stripe, pubsub)
    yield CheckoutExpiryHandler(stripe)
    yield TransferHandler(money=stripe, connect=stripe)
    yield RefundHandler(stripe)
    yield ReversalHandler(stripe)


PURCHASES = Topic(_make_handlers, PROJECTION_EVENTS)
