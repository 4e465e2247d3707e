"""Movements of MRR are beside the states that they follow from; sums are on the coordinator."""

from chenu.core.distribution import DESK, MANY, PARENT, Distributed, Function, Local, Placement

_SUMS = "sums of all accounts, by day and month"
PLACEMENTS: tuple[Placement, ...] = (
    Distributed("mrr_movement", "account", MANY, keys={"state": PARENT}),
    Local("revenue_day", _SUMS),
    Local("revenue_cohort", _SUMS),
    Local("acquisition_cost", DESK),
)
FUNCTIONS = (
    Function("rebuild_revenue", None, "an operator's command, over all accounts"),
    Function("rebuild_sums", None, "an operator's command, over all accounts"),
    Function("read_revenue_sums", None, "an operator's command, over all accounts"),
)
