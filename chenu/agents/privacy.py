"""What the marketplace's tables hold of people: what they bought, and what they made."""

from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.legal_privacy import LEGAL_RULES
from chenu.core import db
from chenu.core.personal_data import BOOKS, Blank, Delete, NoPersonalData, PersonalData, Rule, codes

_CREATOR = "creator = ANY(ARRAY(SELECT id FROM creator WHERE owner = @person))"
_MADE = f"{_CREATOR} OR account = ANY(@accounts)"
_OF_MADE = f"agent IN (SELECT id FROM agent WHERE {_MADE})"  # noqa: S608 - texts of ours
_GOING = "id = ANY(@agents)"
"""Listings that nobody holds: see list_agents_going."""
_BOUGHT = "account = ANY(@accounts) OR buyer = @person"
_SOLD = "buyers keep what they bought, as it was sold to them"
_OTHERS = "another person's"

_PAYMENT = (
    *("id", "purchase", "gross", "discount", "tax", "refunded", "disputed", "paid_at"),
    *("stripe_payment_intent_id", "stripe_charge_id", "stripe_invoice_id"),
)
_PAYMENT_RETAINED = {
    **codes("split_rule", "stripe_transfer_id"),
    **dict.fromkeys(
        (
            *("stripe_payment_intent_id", "stripe_charge_id", "stripe_invoice_id"),
            *("receipt_url", "invoice_url"),
        ),
        BOOKS,
    ),
}

_AGENT = PersonalData(
    "agent",
    _MADE,
    (
        *("id", "slug", "kind", "status", "creator", "account", "name", "tagline", "description"),
        *("media", "translations", "language", "capabilities", "permissions", "level", "sphere"),
        *("price_type", "price", "seconds_saved", "current_version", "installs", "rating_sum"),
        *("review_count", "rejection_reason", "submitted_at", "published_at", "created_at"),
        "updated_at",
    ),
    dict.fromkeys(
        (
            *("description_html", "names", "search_fr", "search_en", "stripe_price_id"),
            *("price_version", "price_fetch_number", "platform_rank"),
        ),
        "derived from the other columns, or Stripe's",
    ),
    (
        Blank(
            {
                **dict.fromkeys(("name", "tagline", "description"), "@pseudonym"),
                **dict.fromkeys(("media", "translations", "capabilities", "permissions"), "'{}'"),
                "description_html": "''",
                "slug": "'deleted-' || right(id::text, 12)",
            },
            _GOING,
        ),
        Blank({"rejection_reason": "NULL"}),
        Blank({"status": "'ARCHIVED'"}, "status <> 'SUSPENDED'"),
        Delete(f"{_GOING} AND NOT EXISTS (SELECT 1 FROM purchase p WHERE p.agent = agent.id)"),  # noqa: S608 - texts of ours
    ),
    {
        **codes("kind", "language", "level", "sphere", "price_type", "stripe_price_id"),
        "names": "made from the texts by the database",
        "search_fr": "made from the texts by the database",
        "search_en": "made from the texts by the database",
    },
)

RULES: tuple[Rule, ...] = (
    PersonalData(
        "agent_picture",
        _OF_MADE,
        ("id", "agent", "name", "use", "width", "height", "created_at", "removed_at"),
        # The row stays until the worker has deleted the files that it names.
        erasure=(Blank({"removed_at": "@now"}, "agent = ANY(@agents)"),),
        retained={**codes("use"), "name": "the name of the picture's files, made by chance"},
    ),
    PersonalData(
        "agent_view_day",
        _OF_MADE,
        ("id", "agent", "day", "views", "stored_at"),
        erasure=(Delete(),),
    ),
    PersonalData(
        "featured_agent",
        _OF_MADE,
        ("id", "agent", "place", "starts_at", "ends_at", "created_at"),
        erasure=(Delete(),),
    ),
    PersonalData(
        "agent_change",
        _OF_MADE,
        (
            *("id", "agent", "fields", "version", "status", "rejection_reason"),
            *("submitted_at", "updated_at"),
        ),
        erasure=(Delete(),),
    ),
    PersonalData(
        "version_news",
        _OF_MADE,
        ("id", "agent", "version", "created_at"),
        dict.fromkeys(("attempts", "last_error", "next_attempt_at"), "how telling of it went"),
        erasure=(Delete(),),
    ),
    PersonalData(
        "agent_version",
        _OF_MADE,
        ("id", "agent", "number", "status", "changelog", "manifest", "created_at"),
        erasure=(
            Delete("agent = ANY(@agents)"),
            Delete("status NOT IN ('PUBLISHED', 'ARCHIVED')"),
        ),
        retained={**codes("number", "status"), "changelog": _SOLD, "manifest": _SOLD},
    ),
    _AGENT,
    PersonalData(
        "creator",
        "owner = @person",
        ("id", "owner", "account", "handle", "display_name", "bio", "payouts_ready", "created_at"),
        erasure=(
            Blank(
                {
                    "handle": "@pseudonym",
                    "display_name": "@pseudonym",
                    "bio": "''",
                    "payouts_ready": "false",
                }
            ),
        ),
    ),
    *LEGAL_RULES,
    PersonalData(
        "purchase",
        _BOUGHT,
        (
            *("id", "account", "buyer", "agent", "price_type", "price", "status"),
            *("consent_version", "consent_locale", "consent_at", "failure_code", "created_at"),
            *("updated_at", "paid_at", "stripe_subscription_id"),
        ),
        {
            "creator": _OTHERS,
            "creator_basis_points": "how the price is split",
            "split_rule": "how the price is split",
            "checkout_session_id": "a payment page that is closed",
            "checkout_url": "a payment page that is closed",
            "checkout_expires_at": "a payment page that is closed",
            "fetch_number": "the number of Stripe's answer",
            "stripe_asked_at": "when Stripe was asked",
        },
        (Blank({"checkout_url": "NULL"}),),
        codes(
            *("price_type", "status", "split_rule", "consent_version", "consent_locale"),
            *("checkout_session_id", "failure_code", "stripe_subscription_id"),
        ),
    ),
    PersonalData(
        "purchase_payment",
        f"purchase IN (SELECT id FROM purchase WHERE {_BOUGHT})",  # noqa: S608 - texts of ours
        (*_PAYMENT, "account_id", "receipt_url", "invoice_url"),
        dict.fromkeys(
            (
                *("creator", "creator_share", "platform_share", "fee", "creator_basis_points"),
                *("split_rule", "stripe_transfer_id", "transferred", "share_due", "share_claimed"),
            ),
            "between us and the creator",
        ),
        retained=_PAYMENT_RETAINED,
    ),
    PersonalData(
        "purchase_payment",
        _CREATOR,
        (
            *("id", "purchase", "creator", "gross", "discount", "tax", "creator_share"),
            *("platform_share", "fee", "creator_basis_points", "split_rule", "refunded"),
            "disputed",
            *("stripe_transfer_id", "transferred", "share_due", "share_claimed", "paid_at"),
        ),
        dict.fromkeys(
            (
                *("account_id", "stripe_payment_intent_id", "stripe_charge_id"),
                *("stripe_invoice_id", "receipt_url", "invoice_url"),
            ),
            "the buyer's",
        ),
        retained=_PAYMENT_RETAINED,
        topic="sale",
    ),
    PersonalData(
        "purchase_refund",
        f"purchase IN (SELECT id FROM purchase WHERE {_BOUGHT})",  # noqa: S608 - texts of ours
        (
            *("id", "payment", "purchase", "account", "amount", "origin", "reason", "state"),
            *("stripe_refund_id", "created_at", "settled_at"),
        ),
        {"requested_by": _OTHERS},
        retained={**codes("origin", "state", "stripe_refund_id"), "reason": BOOKS},
    ),
    PersonalData(
        "purchase_refund_request",
        f"purchase IN (SELECT id FROM purchase WHERE {_BOUGHT})",  # noqa: S608 - texts of ours
        (
            *("id", "payment", "purchase", "account", "amount", "reason", "state"),
            *("decision_reason", "refund", "created_at", "decided_at"),
        ),
        {
            **dict.fromkeys(("requested_by", "decided_by"), "who of the staff decided"),
            **dict.fromkeys(("attempts", "last_error", "next_attempt_at"), "how closing it went"),
        },
        retained={
            **codes("state"),
            **dict.fromkeys(("reason", "decision_reason"), BOOKS),
            "last_error": "the name of an exception",
        },
    ),
    PersonalData(
        "access_grant",
        "account = ANY(@accounts)",
        (
            *("id", "account", "agent", "purchase", "version", "source", "starts_at", "ends_at"),
            *("first_used_at", "revoked_at", "revoked_reason", "put_away_at", "notified_version"),
        ),
        retained=codes("source", "revoked_reason"),
    ),
    PersonalData(
        "version_acceptance",
        "account = ANY(@accounts) OR app_user = @person",
        ("id", "access_grant", "account", "app_user", "replaced", "version", "accepted_at"),
    ),
    PersonalData(
        "execution",
        "account = ANY(@accounts) OR app_user = @person",
        (
            *("id", "account", "app_user", "agent", "agent_level", "sphere", "status"),
            *("max_tokens", "min_tokens", "tokens_held", "tokens_used", "capped", "is_free_try"),
            *("succeeded", "seconds_saved", "claimed_seconds", "authorized_by", "reported_by"),
            *("api_key", "started_at", "expires_at", "finished_at"),
        ),
        {
            "version_id": "which version of the agent's manifest ran",
            "service_key": "a key of the CHE·NU apps",
            **dict.fromkeys(
                ("expiry_attempts", "expiry_error", "expiry_attempt_at"), "how its expiry went"
            ),
        },
        (
            Delete("status <> 'AUTHORIZED'", whose="account = ANY(@accounts)"),
            Blank({"app_user": "NULL", "api_key": "NULL"}),
        ),
        codes(*("agent_level", "sphere", "status", "authorized_by", "reported_by", "expiry_error")),
    ),
    PersonalData(
        "agent_review",
        "author = @person",
        ("id", "agent", "account", "rating", "body", "is_bought", "removed_at", "created_at"),
        {"author": "the person", "reply": "the creator's", "replied_at": "the creator's"},
        (Blank({"body": "''"}),),
        {"reply": _OTHERS},
    ),
    PersonalData(
        "agent_review",
        _OF_MADE,
        ("id", "agent", "rating", "reply", "replied_at", "created_at"),
        {
            "account": "the buyer's",
            "author": "the buyer's",
            "is_bought": "the buyer's",
            "removed_at": "the buyer's",
            "body": "the buyer's",
        },
        (Blank({"reply": "NULL", "replied_at": "NULL"}),),
        {"body": _OTHERS},
        topic="agent_review_received",
    ),
    NoPersonalData("agent_run_summary", "sums over all accounts, by agent", ("median_tokens",)),
)


class MadeAgent(msgspec.Struct, frozen=True):
    """`is_held`: somebody has or had access to it, and it is stored for them."""

    id: UUID
    is_held: bool


async def list_agents_made(user_id: UserId, account_ids: tuple[AccountId, ...]) -> list[MadeAgent]:
    """What the person has published or drafted, and their accounts' private agents."""
    sql = """
        SELECT id, EXISTS (SELECT 1 FROM access_grant g WHERE g.agent = a.id) AS is_held
        FROM agent a
        WHERE creator = ANY(ARRAY(SELECT id FROM creator WHERE owner = $1)) OR account = ANY($2)
    """
    return await db.fetch_all(MadeAgent, sql, user_id, list(account_ids))
