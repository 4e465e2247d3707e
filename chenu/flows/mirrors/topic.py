"""What the mirrors bring to a process: their operations and events."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.mirrors.account_events import ACCOUNT_EVENTS
from chenu.flows.mirrors.agent_price import AgentPriceHandler, ProductUpdateHandler
from chenu.flows.mirrors.connect_account import ConnectAccountHandler, ConnectUpdateHandler
from chenu.flows.mirrors.coupon import COUPON_EVENTS, CouponHandler
from chenu.flows.mirrors.customer import CustomerHandler, CustomerUpdateHandler
from chenu.flows.mirrors.tax_ids import TAX_ID_EVENTS, CustomerTaxIdHandler
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.topic import Topic


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield CustomerHandler(stripe)
    yield CustomerUpdateHandler(stripe)
    yield CustomerTaxIdHandler(stripe)
    yield AgentPriceHandler(stripe)
    yield ProductUpdateHandler(stripe)
    yield ConnectAccountHandler(stripe)
    yield ConnectUpdateHandler(stripe)
    yield CouponHandler(stripe)


MIRRORS = Topic(_make_handlers, (*ACCOUNT_EVENTS, *TAX_ID_EVENTS, *COUPON_EVENTS))
