"""What every flow is given: Stripe, live events, and how we are configured."""

import msgspec

from chenu.accounts.live_connections import LiveConnections
from chenu.availability.board import StatusBoard
from chenu.billing.payouts import MoneyAtStripe
from chenu.billing.ports import (
    CardPort,
    CataloguePort,
    CheckoutPort,
    ConnectPort,
    CouponPort,
    CustomerPort,
    DisputePort,
    PayoutPort,
    ReportPort,
    SubscriptionPort,
)
from chenu.core.caches import SingleFlight
from chenu.core.pubsub import PubSub
from chenu.core.recent_writes import RecentWrites
from chenu.core.site import site_origin
from chenu.core.tallies import Tallies
from chenu.domains.resolver import DnsResolver, Resolver
from chenu.flows.event_types import EventRegistry
from chenu.flows.operation_handlers import HandlerRegistry
from chenu.media.reencoding import Reencoder
from chenu.media.store import MediaStore
from chenu.metering.limiter import Limiter
from chenu.metering.meter import Meter
from chenu.saml.verifier import SamlVerifier
from chenu.settings import Settings
from chenu.sso.providers import ProviderClient
from chenu.webhooks.client import WebhookClient


class Services(msgspec.Struct, frozen=True):
    """A flow asks Stripe through one of these ports; money moves in an operation's handler only."""

    customers: CustomerPort
    catalogue: CataloguePort
    checkouts: CheckoutPort
    connect: ConnectPort
    payouts: PayoutPort
    subscriptions: SubscriptionPort
    coupons: CouponPort
    cards: CardPort
    disputes: DisputePort
    reports: ReportPort
    handlers: HandlerRegistry
    events: "EventRegistry[Services]"
    pubsub: PubSub
    settings: Settings
    media: MediaStore
    limiter: Limiter
    meter: Meter
    reencoder: Reencoder = msgspec.field(default_factory=Reencoder)
    money_at_stripe: SingleFlight[str, MoneyAtStripe] = msgspec.field(
        default_factory=lambda: SingleFlight(0)
    )
    """By connected account: a page that is loaded again does not ask Stripe again."""
    connections: LiveConnections = msgspec.field(default_factory=LiveConnections)
    webhooks: WebhookClient = msgspec.field(default_factory=WebhookClient)
    status: StatusBoard = msgspec.field(default_factory=StatusBoard)
    providers: ProviderClient = msgspec.field(default_factory=ProviderClient)
    resolver: Resolver = msgspec.field(default_factory=DnsResolver)
    saml: SamlVerifier = msgspec.field(default_factory=SamlVerifier)

    @property
    def tallies(self) -> Tallies:
        """In Valkey, by the client of the events."""
        return self.pubsub.tallies

    @property
    def recent_writes(self) -> RecentWrites:
        return self.pubsub.recent_writes

    def url(self, path: str) -> str:
        """An absolute address on the site that is shown."""
        return f"{site_origin(self.settings.public_url)}{path}"
