"""What was available is about the service, not about an account."""

from chenu.core.distribution import DESK, Local, Placement

_SERVICE = "about the service as a whole"
PLACEMENTS: tuple[Placement, ...] = (
    Local("availability_day", _SERVICE),
    Local("availability_sample", _SERVICE),
    Local("web_process", _SERVICE),
    Local("incident", DESK),
    Local("incident_update", DESK),
    Local("maintenance", DESK),
)
