"""What every flow is given: Stripe, live events, and how we are configured."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from chenu.accounts.live_connections import LiveConnections
from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.settings import Settings


class Handlers(Protocol):
    """Of operations: the one implementation is `operations/registry.HandlerRegistry`."""

    def get(self, kind: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Services:
    gateway: Gateway
    pubsub: PubSub
    settings: Settings
    handlers: Handlers
    connections: LiveConnections = field(default_factory=LiveConnections)

    def url(self, path: str) -> str:
        """An absolute address of ours."""
        return f"{self.settings.public_url}{path}"
