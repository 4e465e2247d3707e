"""What the ledger's tables hold of people: ids and amounts, except what Stripe was sent."""

from chenu.core.personal_data import BOOKS, Blank, NoPersonalData, PersonalData, Rule, codes

_SENT = "what Stripe was sent: the same data as the other files have"
_AMOUNTS = (
    "ids and amounts: the rows that they name say whose they are, and are exported as payments"
)
_OF_COPIES = "kind IN ('CUSTOMER', 'CUSTOMER_UPDATE', 'CONNECT_ACCOUNT', 'CONNECT_UPDATE')"
_NAMES = "'email', @pseudonymous_email, 'name', @pseudonym"
_OF_LISTINGS = "kind IN ('AGENT_PRICE', 'PRODUCT_UPDATE')"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "operation",
        "subject_id = @person OR account_id = ANY(@accounts)",
        ("id", "kind", "subject_id", "account_id", "amount", "state", "created_at", "settled_at"),
        {
            "business_key": _SENT,
            "params": _SENT,
            "stripe_id": _SENT,
            "error_code": "how asking went",
            "attempts": "how asking went",
            "key_number": "how asking went",
            "next_check_at": "how asking went",
        },
        (
            Blank(
                {"params": f"params || jsonb_build_object({_NAMES})"},
                f"{_OF_COPIES} AND jsonb_typeof(params) = 'object'",
                "subject_id = @person OR subject_id = ANY(@accounts)",
            ),
            Blank(
                {"params": "params || jsonb_build_object('postal_address', NULL)"},
                "params ? 'postal_address'",
                "subject_id = ANY(@accounts)",
            ),
            Blank(
                {"params": "params || jsonb_build_object('value', '')"},
                "kind = 'CUSTOMER_TAX_ID' AND jsonb_typeof(params) = 'object'",
                "subject_id = ANY(@accounts)",
            ),
            Blank(
                {"params": "params || jsonb_build_object('name', @pseudonym)"},
                f"{_OF_LISTINGS} AND jsonb_typeof(params) = 'object'",
                "subject_id = ANY(@agents)",
            ),
            Blank(
                {"params": "params || jsonb_build_object('reason', NULL)"},
                "kind = 'SUBSCRIPTION_RENEWAL' AND jsonb_typeof(params) = 'object'",
                "account_id = ANY(@accounts)",
            ),
        ),
        {**codes("kind", "business_key", "state", "error_code"), "stripe_id": BOOKS},
    ),
    NoPersonalData("ledger_account", _AMOUNTS, codes=("owner_id",)),
    NoPersonalData("ledger_key", _AMOUNTS),
    NoPersonalData("ledger_transaction", _AMOUNTS, codes=("subject_id",)),
    NoPersonalData("ledger_entry", _AMOUNTS),
    NoPersonalData("ledger_seal", "hashes of entries"),
    NoPersonalData("ledger_archive", "months that are in files"),
    NoPersonalData("ledger_opening", _AMOUNTS),
    NoPersonalData("ledger_check", "one row: how far the hourly check has come"),
    NoPersonalData("restored_backup", "times of restored backups"),
    NoPersonalData(
        "ledger_finding", "a row a rule of the books, with ids of rows", codes=("name",)
    ),
)
