"""What subscriptions bring to a process: their operations and events."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.subscriptions.cards import InvoicePaymentHandler
from chenu.flows.subscriptions.change_operations import (
    SubscriptionChangeHandler,
    SubscriptionScheduleHandler,
)
from chenu.flows.subscriptions.changes import (
    SubscriptionEndHandler,
    SubscriptionRenewalHandler,
)
from chenu.flows.subscriptions.checkout import (
    SubscriptionCheckoutHandler,
    SubscriptionExpiryHandler,
    SubscriptionOutcomeHandler,
)
from chenu.flows.subscriptions.credit_notes import CreditNoteHandler
from chenu.flows.subscriptions.discounts import CouponRestoreHandler
from chenu.flows.subscriptions.events import SUBSCRIPTION_EVENTS
from chenu.flows.subscriptions.invoice_documents import InvoiceDocumentHandler
from chenu.flows.subscriptions.refunds import PlanRefundHandler
from chenu.flows.subscriptions.trial_cards import TrialRefusalHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield SubscriptionCheckoutHandler(checkouts=stripe, customers=stripe, coupons=stripe)
    yield SubscriptionOutcomeHandler(checkouts=stripe, subscriptions=stripe)
    yield SubscriptionExpiryHandler(stripe)
    yield SubscriptionRenewalHandler(changes=stripe, subscriptions=stripe)
    yield SubscriptionChangeHandler(changes=stripe, subscriptions=stripe)
    yield SubscriptionScheduleHandler(changes=stripe, subscriptions=stripe)
    yield SubscriptionEndHandler(stripe)
    yield PlanRefundHandler(stripe)
    yield CreditNoteHandler(stripe)
    yield InvoiceDocumentHandler(subscriptions=stripe, documents=stripe)
    yield CouponRestoreHandler(stripe)
    yield TrialRefusalHandler(stripe)
    yield InvoicePaymentHandler(invoices=stripe, subscriptions=stripe)


SUBSCRIPTIONS = Topic(_make_handlers, SUBSCRIPTION_EVENTS)
