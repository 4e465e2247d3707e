"""What grants, entries and holds of tokens say of people: whose they are, and texts of callers."""

from chenu.core.personal_data import BOOKS, Blank, Delete, PersonalData, Rule, codes

_WRITTEN = "kind IN ('HOLD', 'SPEND', 'RELEASE') AND reason <> ''"
"""Entries whose reason whoever spent the tokens wrote; the others' texts are the product's."""

RULES: tuple[Rule, ...] = (
    PersonalData(
        "token_entry",
        "account_id = ANY(@accounts)",
        (
            *("id", "account_id", "kind", "pool", "amount", "balance_after", "reason"),
            *("execution_id", "agent_id", "api_key_id", "created_at"),
        ),
        {
            "token_grant": "which grant paid: token_grant.json has them",
            "ledger_transaction_id": "where it is in the books",
        },
        (Blank({"reason": "''"}, _WRITTEN),),
        codes("kind", "pool"),
    ),
    PersonalData(
        "token_opening",
        "account_id = ANY(@accounts)",
        ("id", "month", "account_id", "pool", "amount"),
        {"token_grant": "which grant paid: token_grant.json has them"},
        retained=codes("pool"),
    ),
    PersonalData(
        "token_hold",
        "account = ANY(@accounts)",
        (
            *("id", "account", "agent_id", "api_key_id", "only_grant", "most", "held", "status"),
            *("is_unlimited", "used", "capped", "reason", "expires_at", "created_at"),
            "finished_at",
        ),
        erasure=(Blank({"reason": "''"}),),
        retained=codes("status"),
    ),
    PersonalData(
        "token_grant",
        "account = ANY(@accounts)",
        (
            *("id", "account", "kind", "agent", "is_paid", "granted", "remaining", "held", "debt"),
            *("spent", "is_open", "expires_at", "source_id", "reason", "created_at"),
        ),
        {"business_key": "the event that gave it, as ids of ours or of Stripe's"},
        retained={**codes("kind", "business_key"), "reason": BOOKS},
    ),
    PersonalData(
        "token_budget_period",
        "account = ANY(@accounts)",
        (
            *("id", "account", "source", "starts_at", "ends_at", "monthly", "granted", "carried"),
            *("unspent", "resumed", "unpaid_share", "withheld", "ended_at", "created_at"),
        ),
        {
            "changes": "how many grants it has: token_grant.json has them",
            "warned": "the percentage of use that was mailed",
        },
        retained=codes("source"),
    ),
    PersonalData(
        "token_limit",
        "account = ANY(@accounts)",
        (
            *("id", "account", "agent_id", "api_key", "soft_limit", "hard_limit", "month", "used"),
            *("warned_month", "set_by", "updated_at"),
        ),
        {"is_warning_due": "whether a mail is to be sent"},
        (Delete(), Blank({"set_by": "NULL"}, whose="set_by = @person")),
    ),
)
