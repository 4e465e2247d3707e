"""What subscriptions bring to a process: their operations and events."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.subscriptions.cards import InvoicePaymentHandler
from chenu.flows.subscriptions.changes import (
    SubscriptionEndHandler,
    SubscriptionRenewalHandler,
)
from chenu.flows.subscriptions.checkout import (
    SubscriptionCheckoutHandler,
    SubscriptionExpiryHandler,
    SubscriptionOutcomeHandler,
)
from chenu.flows.subscriptions.events import SUBSCRIPTION_EVENTS
from chenu.flows.subscriptions.trial_cards import TrialRefusalHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield SubscriptionCheckoutHandler(checkouts=stripe, customers=stripe)
    yield SubscriptionOutcomeHandler(checkouts=stripe, subscriptions=stripe)
    yield SubscriptionExpiryHandler(stripe)
    yield SubscriptionRenewalHandler(stripe)
    yield SubscriptionEndHandler(stripe)
    yield TrialRefusalHandler(stripe)
    yield InvoicePaymentHandler(invoices=stripe, subscriptions=stripe)


SUBSCRIPTIONS = Topic(_make_handlers, SUBSCRIPTION_EVENTS)
