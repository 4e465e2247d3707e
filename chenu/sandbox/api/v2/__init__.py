"""The calls of API v2; importing this package registers all."""

from chenu.sandbox.api.v2 import account_links, accounts, event_destinations, events

__all__ = ["account_links", "accounts", "event_destinations", "events"]
