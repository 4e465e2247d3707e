"""A brand is found by the host of a request, before its account is known."""

from chenu.core.distribution import SETTINGS, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("brand", SETTINGS),
    Local("brand_picture", SETTINGS),
)
