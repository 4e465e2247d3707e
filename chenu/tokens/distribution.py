"""A wallet with its grants, entries, holds and limits is on its account's node."""

from chenu.core.distribution import (
    MANY,
    NAMED,
    PARENT,
    SEQUENCE,
    STRIPE,
    Distributed,
    Function,
    Local,
    Placement,
)

PLACEMENTS: tuple[Placement, ...] = (
    Distributed("token_grant", "account", MANY, keys={"business_key": NAMED}),
    Distributed("token_entry", "account_id", MANY),
    Distributed(
        "token_opening",
        "account_id",
        "sums of entries, of the same account",
        keys={"id": SEQUENCE},
    ),
    Distributed("token_hold", "account", MANY),
    Distributed("token_limit", "account", "what one agent or key of an account may use"),
    Distributed("token_budget_period", "account", MANY),
    Distributed(
        "pack_order", "account", MANY, keys={"checkout_session_id": STRIPE, "payment": PARENT}
    ),
    Local(
        "pack_refund",
        "rare, and found by Stripe's id of the refund",
        without={"pack_order": "orders that were paid are never deleted"},
    ),
)
_BY_ROW = "given a row's id: the row names its account, which the call does not"
FUNCTIONS = (
    Function(
        "spend_tokens_batch",
        "owners",
        "spends of one moment are one call: with several nodes, a call for each node's accounts",
    ),
    Function("expire_due_tokens", "owners"),
    Function("lock_token_wallets", "owners"),
    Function("grant_tokens", "owner"),
    Function("hold_tokens", "owner"),
    Function("token_balance", "owner"),
    Function("read_token_wallet", "owner"),
    Function("used_token_budget", "owner"),
    Function("lock_token_wallet", "owner"),
    Function("fill_token_debts", "owner"),
    Function("lock_token_limits", "of_account"),
    Function("reserve_token_limits", "of_account"),
    Function("release_token_limits", "of_account"),
    Function("end_token_hold", "owner"),
    Function("end_token_grant", None, _BY_ROW),
    Function("revoke_tokens", None, _BY_ROW),
)
