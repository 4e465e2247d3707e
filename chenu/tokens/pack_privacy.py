"""What orders of packs hold of people."""

from chenu.core.personal_data import Blank, PersonalData, Rule, codes

_OF_ACCOUNT = "account = ANY(@accounts)"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "pack_refund",
        f"pack_order IN (SELECT id FROM pack_order WHERE {_OF_ACCOUNT})",  # noqa: S608 - own text
        (
            *("id", "pack_order", "refund_request", "stripe_refund_id", "amount"),
            *("base_tokens", "dispute", "bonus_tokens", "debt_tokens", "created_at", "restored_at"),
        ),
        retained=codes("stripe_refund_id"),
    ),
    PersonalData(
        "pack_order",
        _OF_ACCOUNT,
        (
            *("id", "account", "buyer", "pack", "base_tokens", "bonus_tokens", "price", "locale"),
            *("terms_version", "status", "failure_code", "payment", "paid_at", "created_at"),
            "updated_at",
        ),
        {
            "checkout_session_id": "a payment page that is closed",
            "checkout_url": "a payment page that is closed",
            "checkout_expires_at": "a payment page that is closed",
            "stripe_asked_at": "when Stripe was asked",
        },
        (Blank({"checkout_url": "NULL"}),),
        codes("pack", "locale", "terms_version", "status", "checkout_session_id", "failure_code"),
    ),
)
