"""All events that are handled, by topic. A new one is a line in its topic's file."""

from chenu.flows.events.account_events import ACCOUNT_EVENTS
from chenu.flows.events.checkout_events import CHECKOUT_EVENTS
from chenu.flows.events.projection_events import PROJECTION_EVENTS
from chenu.flows.events.registry import EventRegistry

EVENTS = EventRegistry((*CHECKOUT_EVENTS, *PROJECTION_EVENTS, *ACCOUNT_EVENTS))
