"""Reports and decisions are the staff's."""

from chenu.core.distribution import DESK, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("content_report", DESK),
    Local("report_case", DESK),
    Local("moderation_decision", DESK),
    Local("appeal", DESK),
)
