"""What an account pays is on its own node; what Stripe tells comes in at the coordinator."""

from chenu.core.distribution import (
    DESK,
    MACHINERY,
    MANY,
    PARENT,
    SEQUENCE,
    SETTINGS,
    STRIPE,
    Distributed,
    Local,
    Placement,
    Reference,
    Trigger,
)

_ONCE = "a customer's first trial is looked for by who they are, not by account"
PLACEMENTS: tuple[Placement, ...] = (
    Distributed(
        "subscription", "account", "what an account renews", keys={"stripe_subscription_id": STRIPE}
    ),
    Distributed(
        "subscription_order",
        "account",
        MANY,
        keys={"checkout_session_id": STRIPE, "stripe_subscription_id": STRIPE},
    ),
    Distributed("recurring_state", "account", MANY, keys={"id": SEQUENCE}),
    Distributed("tier_reached", "account", "the tiers that an account has had"),
    Distributed("invoice", "account", MANY, keys={"stripe_invoice_id": STRIPE}),
    Distributed("invoice_payment", "account", MANY, keys={"stripe_charge_id": STRIPE}),
    Distributed("invoice_refund", "account", MANY, keys={"stripe_refund_id": STRIPE}),
    Distributed("invoice_refund_request", "account", MANY),
    Distributed("credit_note", "account", MANY, keys={"stripe_id": STRIPE}),
    Distributed("billing_document", "account", MANY, keys={"stripe_id": STRIPE}),
    Distributed(
        "coupon_redemption",
        "account",
        MANY,
        keys={"stripe_subscription_id": STRIPE, "subscription_order": PARENT},
    ),
    Distributed("dispute", "account", MANY, keys={"stripe_dispute_id": STRIPE}),
    Distributed("fraud_warning", "account", MANY, keys={"stripe_id": STRIPE}),
    Reference("coupon", "few codes, checked with what accounts redeem"),
    Local("connect_account", "of a person who is paid; found by Stripe's id"),
    Local("enterprise_contract", SETTINGS),
    Local("contract_credit", DESK),
    Local("contract_credit_refusal", DESK),
    Local("stripe_event", MACHINERY),
    Local("stripe_event_key", MACHINERY),
    Local("event_cursor", MACHINERY),
    Local("trial_card", _ONCE),
    Local("trial_use", _ONCE),
    Local(
        "trial_reminder",
        "the worker's list of trials that end, by time",
        without={"subscription": "subscriptions are never deleted"},
    ),
)
TRIGGERS = (
    Trigger("recurring_state", "add_trial", "adds to the day's sums on the coordinator"),
    Trigger("mrr_movement", "add_movement", "adds to the day's sums on the coordinator"),
)
