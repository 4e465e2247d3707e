"""Calls are counted for each account and day."""

from chenu.core.distribution import MANY, Distributed, Placement

PLACEMENTS: tuple[Placement, ...] = (Distributed("api_usage", "account", MANY),)
