"""What every flow is given: Stripe, live events, and how we are configured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chenu.accounts.live_connections import LiveConnections
from chenu.billing.gateway import Gateway
from chenu.billing.live_gateway import LiveGateway
from chenu.core import db, redis
from chenu.core.migrations import require_migrated
from chenu.core.pubsub import Live
from chenu.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    gateway: Gateway
    live: Live
    settings: Settings
    connections: LiveConnections = field(default_factory=LiveConnections)

    def url(self, path: str) -> str:
        """An absolute address of ours."""
        return f"{self.settings.public_url}{path}"


@asynccontextmanager
async def open_services(settings: Settings, application: str) -> AsyncIterator[Services]:
    """Database, Valkey and Stripe for one process; raises Unavailable when it may not start."""
    db.configure(settings.database_url, application=application)
    await db.start()
    client = redis.connect(settings.redis_url)
    gateway = LiveGateway(settings.stripe)
    try:
        await require_migrated()
        yield Services(gateway=gateway, live=Live(client), settings=settings)
    finally:
        await gateway.close()
        await client.aclose()
        await db.stop()
