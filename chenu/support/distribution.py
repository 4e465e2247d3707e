"""The desk reads requests of all accounts in the order in which they are due."""

from chenu.core.distribution import DESK, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("support_request", DESK),
    Local("support_answer", DESK),
    Local("withdrawal_statement", DESK),
    Local("enterprise_inquiry", DESK),
)
