"""Events for accounts' own programs are an outbox: written with the job that sends them."""

from chenu.core.distribution import MACHINERY, SETTINGS, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("webhook_endpoint", SETTINGS),
    Local("outgoing_event", MACHINERY),
    Local("webhook_delivery", MACHINERY),
    Local("webhook_attempt", MACHINERY),
)
