"""Where the business is put together for a process: its parts opened, its topics registered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.availability.board import StatusBoard
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.ports import Gateway
from chenu.core import db, redis
from chenu.core.business_clock import follow_clock
from chenu.core.caches import SingleFlight
from chenu.core.migrations import require_migrated
from chenu.core.pubsub import PubSub
from chenu.flows.affiliates.topic import AFFILIATES
from chenu.flows.agent_subscriptions.topic import AGENT_SUBSCRIPTIONS
from chenu.flows.creators.topic import PAYOUTS
from chenu.flows.disputes.topic import DISPUTES
from chenu.flows.event_types import EventRegistry
from chenu.flows.mirrors.topic import MIRRORS
from chenu.flows.operation_handlers import HandlerRegistry
from chenu.flows.packs.topic import PACKS
from chenu.flows.page_events import PAGES
from chenu.flows.privacy.topic import PRIVACY
from chenu.flows.purchases.topic import PURCHASES
from chenu.flows.refund_events import REFUNDS
from chenu.flows.services import Services
from chenu.flows.subscriptions.topic import SUBSCRIPTIONS
from chenu.media.store import MediaStore
from chenu.metering.limiter import Limiter, make_limiter
from chenu.metering.meter import Meter
from chenu.settings import Settings
from chenu.sso.providers import ProviderClient
from chenu.webhooks.client import WebhookClient

TOPICS = (
    MIRRORS,
    PAGES,
    PURCHASES,
    SUBSCRIPTIONS,
    AGENT_SUBSCRIPTIONS,
    PACKS,
    REFUNDS,
    DISPUTES,
    PAYOUTS,
    AFFILIATES,
    PRIVACY,
)
"""A new package with operations or events of its own is registered here, and nowhere else."""

_MONEY_SECONDS = 20
_STATUS_SECONDS = 5

EVENTS = EventRegistry(event for topic in TOPICS for event in topic.events)


def make_services(
    stripe: Gateway, pubsub: PubSub, settings: Settings, limiter: Limiter
) -> Services:
    """Raises ValueError where a kind of operation has not exactly one handler."""
    return Services(
        customers=stripe,
        catalogue=stripe,
        checkouts=stripe,
        connect=stripe,
        payouts=stripe,
        subscriptions=stripe,
        coupons=stripe,
        cards=stripe,
        disputes=stripe,
        reports=stripe,
        handlers=HandlerRegistry(
            handler for topic in TOPICS for handler in topic.make_handlers(stripe, pubsub)
        ),
        events=EVENTS,
        pubsub=pubsub,
        settings=settings,
        media=MediaStore(settings.media),
        limiter=limiter,
        meter=Meter(limiter, settings.calls_per_minute, is_on=settings.is_metering),
        money_at_stripe=SingleFlight(_MONEY_SECONDS if settings.cache_seconds else 0),
        status=StatusBoard(settings.cache_seconds * _STATUS_SECONDS),
        webhooks=WebhookClient(allows_loopback=settings.webhooks_may_loop),
        providers=ProviderClient(WebhookClient(allows_loopback=settings.webhooks_may_loop)),
    )


@asynccontextmanager
async def open_services(
    settings: Settings, application: str, *, reads_replica: bool = False
) -> AsyncIterator[Services]:
    """Database, Valkey and Stripe for one process; raises Unavailable when it may not start."""
    db.configure(
        settings.database_url,
        application=application,
        replica_url=settings.replica_url if reads_replica else None,
        bounds=settings.replica_bounds,
        direct_url=settings.direct_url,
    )
    await db.start()
    client = redis.connect(settings.redis_url)
    counting = _connect_counting(settings, client)
    gateway = LiveGateway(settings.stripe)
    try:
        await require_migrated()
        # Before anything else: work that begins at another time than business time would be late.
        await follow_clock(settings)
        limiter = make_limiter(counting, settings.web_processes)
        yield make_services(gateway, PubSub(client, counting), settings, limiter)
    finally:
        await gateway.close()
        await counting.aclose()
        await client.aclose()
        await db.stop()


def _connect_counting(settings: Settings, client: "Redis") -> "Redis | RedisCluster":
    """Where calls are limited and views counted: the cluster if there is one."""
    nodes = settings.redis_cluster
    return redis.connect_cluster(settings.redis_url, nodes) if nodes else client
