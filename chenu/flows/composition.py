"""Where the business is put together for a process: its parts opened, its handlers registered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chenu.billing.live_gateway import LiveGateway
from chenu.core import db, redis
from chenu.core.migrations import require_migrated
from chenu.core.pubsub import PubSub
from chenu.flows.mirrors.agent_price import AgentPriceHandler, ProductUpdateHandler
from chenu.flows.mirrors.connect_account import ConnectAccountHandler, ConnectUpdateHandler
from chenu.flows.mirrors.customer import CustomerHandler, CustomerUpdateHandler
from chenu.flows.operations.registry import HandlerRegistry
from chenu.flows.purchases.checkout import CheckoutExpiryHandler, CheckoutSessionHandler
from chenu.flows.purchases.pay_creator import TransferHandler
from chenu.flows.purchases.return_payment import RefundHandler
from chenu.flows.purchases.settle_purchase import CheckoutPaymentHandler
from chenu.flows.services import Services
from chenu.settings import Settings


def make_handlers() -> HandlerRegistry:
    """A new kind of operation is registered here, and nowhere else."""
    return HandlerRegistry(
        [
            CustomerHandler(),
            CustomerUpdateHandler(),
            AgentPriceHandler(),
            ProductUpdateHandler(),
            ConnectAccountHandler(),
            ConnectUpdateHandler(),
            CheckoutSessionHandler(),
            CheckoutPaymentHandler(),
            CheckoutExpiryHandler(),
            TransferHandler(),
            RefundHandler(),
        ]
    )


@asynccontextmanager
async def open_services(settings: Settings, application: str) -> AsyncIterator[Services]:
    """Database, Valkey and Stripe for one process; raises Unavailable when it may not start."""
    handlers = make_handlers()
    db.configure(settings.database_url, application=application)
    await db.start()
    client = redis.connect(settings.redis_url)
    gateway = LiveGateway(settings.stripe)
    try:
        await require_migrated()
        yield Services(gateway, PubSub(client), settings, handlers)
    finally:
        await gateway.close()
        await client.aclose()
        await db.stop()
