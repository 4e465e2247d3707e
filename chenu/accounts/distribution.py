"""People and accounts are on every node; what an account uses is on its own."""

from chenu.core.distribution import (
    DESK,
    IDENTITY,
    MANY,
    OF_A_PERSON,
    STRIPE,
    Distributed,
    Local,
    Placement,
    Reference,
)

PLACEMENTS: tuple[Placement, ...] = (
    Reference("app_user", IDENTITY),
    Reference("account", IDENTITY),
    Reference("membership", IDENTITY),
    Reference("entitlement_override", "a few by staff, read with the account in every request"),
    Reference("api_key", "found by its hash in every call; its last use is noted once a minute"),
    Reference("service_key", "a handful, of our own apps"),
    Distributed("token_budget", "account", "when an account's month begins: read with its wallet"),
    Distributed("idempotency_record", "account", MANY),
    Distributed("entitlement_use", "account", MANY),
    Distributed("entitlement_gauge", "account", MANY),
    Distributed(
        "billing_details",
        "account",
        "whom its invoices are made out to",
        keys={"stripe_tax_id": STRIPE},
    ),
    Local("user_session", OF_A_PERSON + ", found by the hash of its cookie"),
    Local("acceptance", OF_A_PERSON),
    Local("second_factor", OF_A_PERSON),
    Local("recovery_code", OF_A_PERSON),
    Local("mail_token", OF_A_PERSON),
    Local("invitation", "found by the hash in its link"),
    Local("attempt_window", "tries of addresses and networks, which are nobody's account yet"),
    Local("staff_role", "the staff"),
    Local("impersonation", DESK),
    Local("audit_event", DESK),
)
