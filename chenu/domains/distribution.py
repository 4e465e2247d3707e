"""A name is found by itself, before its account is known."""

from chenu.core.distribution import SETTINGS, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (Local("domain_name", SETTINGS),)
