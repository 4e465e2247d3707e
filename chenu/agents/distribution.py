"""The store is on every node; a purchase is the buyer's, and its creator reads it from there."""

from chenu.core.distribution import (
    CATALOGUE,
    DESK,
    MACHINERY,
    MANY,
    PARENT,
    STRIPE,
    Distributed,
    Local,
    Placement,
    Reference,
)

_OF_THE_CREATOR = "a creator's own papers, made from the books once a month"
PLACEMENTS: tuple[Placement, ...] = (
    Reference("agent", CATALOGUE),
    Reference("agent_version", CATALOGUE),
    Reference("creator", CATALOGUE),
    Reference("featured_agent", CATALOGUE),
    Reference("agent_review", CATALOGUE),
    Distributed("access_grant", "account", MANY, keys={"purchase": PARENT}),
    Distributed("version_acceptance", "account", MANY),
    Distributed("execution", "account", MANY),
    Distributed(
        "purchase",
        "account",
        "the buyer's, who waits for it; the creator's side reads payments by creator on all nodes",
        keys={"checkout_session_id": STRIPE, "stripe_subscription_id": STRIPE},
    ),
    Distributed(
        "purchase_payment",
        "account_id",
        "the buyer's, beside the purchase and its books",
        keys={
            "stripe_charge_id": STRIPE,
            "stripe_payment_intent_id": STRIPE,
            "stripe_transfer_id": STRIPE,
        },
    ),
    Distributed("purchase_refund", "account", MANY, keys={"stripe_refund_id": STRIPE}),
    Distributed("purchase_refund_request", "account", MANY, keys={"refund": PARENT}),
    Local("agent_run_summary", "counted by the worker; each run marks its agent's as due"),
    Local("agent_view_day", "sums that web processes add once a minute"),
    Local("agent_change", DESK),
    Local("agent_picture", "names of files, looked at by their owner and the worker"),
    Local("version_news", MACHINERY),
    Local("creator_legal_details", _OF_THE_CREATOR),
    Local("self_billing_statement", _OF_THE_CREATOR),
    Local("self_billing_line", _OF_THE_CREATOR),
)
