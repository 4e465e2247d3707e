"""What the tables about people and accounts hold of a person."""

from chenu.core.personal_data import (
    CODE,
    Blank,
    Delete,
    NoPersonalData,
    PersonalData,
    Rule,
    codes,
)

_TOKEN = "a hash of a secret"  # noqa: S105 - says why one is left out
_EVIDENCE = "evidence of who did what, under the pseudonym, with the reasons that staff wrote"
_OF_ACCOUNT = "account = ANY(@accounts)"
_COUNTED = "substr(subject, strpos(subject, ':') + 1) = ANY(@emails || @wanted || @person::text)"
"""After the name of a limit, whoever declares it."""

RULES: tuple[Rule, ...] = (
    PersonalData(
        "membership",
        "member = @person",
        ("id", "account", "member", "role"),
        erasure=(Delete(whose=f"member = @person OR {_OF_ACCOUNT}"),),
    ),
    PersonalData(
        "invitation",
        "invited_by = @person OR email = ANY(@emails)",
        ("id", "account", "role", "sent_at", "expires_at", "accepted_at", "revoked_at"),
        {
            "token_hash": _TOKEN,
            "email": "another person's, or the person's own, which app_user.json has",
            "invited_by": "another person's, or the person's own id",
        },
        (Delete(whose=f"{_OF_ACCOUNT} OR email = ANY(@emails)"),),
    ),
    PersonalData("staff_role", "member = @person", ("id", "member", "role"), erasure=(Delete(),)),
    PersonalData(
        "user_session",
        "owner = @person",
        (
            *("id", "owner", "account", "user_agent", "ip", "created_at", "last_seen_at"),
            *("expires_at", "revoked_at", "confirmed_at"),
        ),
        {"token_hash": _TOKEN},
        (Delete(),),
    ),
    PersonalData(
        "impersonation",
        "customer = @person",
        (
            "id",
            "customer",
            "account",
            "staff_role",
            "reason",
            "started_at",
            "expires_at",
            "ended_at",
        ),
        {**dict.fromkeys(("staff", "session"), "who of the staff looked"), "token_hash": _TOKEN},
        (Delete(),),
    ),
    PersonalData(
        "second_factor",
        "owner = @person",
        ("id", "owner", "created_at", "confirmed_at"),
        {"secret": _TOKEN, "last_step": "when the last code was taken"},
        (Delete(),),
    ),
    PersonalData(
        "recovery_code",
        "owner = @person",
        ("id", "owner", "created_at", "used_at"),
        {"code_hash": _TOKEN},
        (Delete(),),
    ),
    PersonalData(
        "mail_token",
        "owner = @person",
        ("id", "owner", "purpose", "email", "link_query", "expires_at", "used_at"),
        {"token_hash": _TOKEN},
        (Delete(),),
    ),
    PersonalData(
        "attempt_window",
        _COUNTED,
        ("started_at", "tries"),
        {"subject": "the person's own address or id, with the name of a limit"},
        (Delete(),),
    ),
    PersonalData(
        "acceptance",
        "owner = @person",
        ("id", "owner", "document", "version", "accepted_at"),
        retained=codes("document", "version"),
    ),
    PersonalData(
        "api_key",
        "created_by = @person",
        (
            *("id", "account", "created_by", "name", "prefix", "scopes", "documents_only"),
            *("created_at", "last_used_at", "expires_at", "revoked_at", "previous_until"),
        ),
        {"secret_hash": _TOKEN, "previous_hash": _TOKEN},
        (
            Blank(
                {
                    "name": "@pseudonym",
                    "revoked_at": "coalesce(revoked_at, @now)",
                    "previous_hash": "NULL",
                },
                whose=f"created_by = @person OR {_OF_ACCOUNT}",
            ),
        ),
        {**codes("prefix", "scopes"), "secret_hash": "of a key that opens nothing any more"},
    ),
    NoPersonalData(
        "service_key", "named by who runs CHE·NU, for its apps", codes=("name", "secret_hash")
    ),
    PersonalData(
        "token_budget",
        _OF_ACCOUNT,
        ("id", "account", "source", "anchor_at", "due_at"),
        dict.fromkeys(("attempts", "last_error", "next_attempt_at"), "how granting went"),
        (Blank({"last_error": "NULL"}),),
        codes("source"),
    ),
    PersonalData(
        "entitlement_override",
        _OF_ACCOUNT,
        ("id", "account", "feature", "enabled", "maximum", "reason", "set_at", "expires_at"),
        {"set_by": "who of the staff set it"},
        (Delete(),),
    ),
    PersonalData(
        "billing_details",
        _OF_ACCOUNT,
        (
            *("id", "account", "name", "line1", "line2", "postal_code", "city", "country"),
            *("tax_id", "tax_id_status", "stripe_tax_id", "updated_at"),
        ),
        erasure=(Delete(),),
    ),
    PersonalData(
        "entitlement_gauge",
        _OF_ACCOUNT,
        ("id", "account", "feature", "used"),
        erasure=(Delete(),),
    ),
    PersonalData(
        "entitlement_use",
        _OF_ACCOUNT,
        (
            *("id", "account", "feature", "quantity", "used_after", "granted", "granted_limit"),
            *("granted_by", "created_at"),
        ),
        erasure=(Delete(),),
    ),
    PersonalData(
        "idempotency_record",
        _OF_ACCOUNT,
        ("id", "account", "request", "result_id", "created_at"),
        {"key": "by which a program repeats its request", "input_hash": _TOKEN},
        (Delete(),),
    ),
    PersonalData(
        "audit_event",
        "actor = @person",
        ("id", "at", "actor", "account_id", "action", "subject", "detail", "ip", "by_staff"),
        erasure=(Blank({"ip": "''"}, "ip <> ''"),),
        retained={"action": CODE, "subject": CODE, "detail": _EVIDENCE},
    ),
    PersonalData(
        "account",
        "id = ANY(@accounts)",
        (
            *("id", "name", "kind", "owner", "tier", "seats", "stripe_customer_id"),
            *("api_plan", "api_calls", "api_rate"),
            *("period_start", "period_end", "period_is_trial", "created_at", "closed_at"),
        ),
        erasure=(Blank({"name": "@pseudonym", "closed_at": "coalesce(closed_at, @now)"}),),
        retained={
            **codes("kind", "tier", "api_plan"),
            "stripe_customer_id": "by which the invoices at Stripe are found, as long as the books",
        },
    ),
    PersonalData(
        "app_user",
        "id = @person",
        (
            *("id", "email", "display_name", "locale", "email_verified_at"),
            *("created_at", "deleted_at"),
        ),
        {"password_hash": _TOKEN},
        (
            Blank(
                {
                    "email": "@pseudonymous_email",
                    "display_name": "@pseudonym",
                    "password_hash": "''",
                    "email_verified_at": "NULL",
                    "deleted_at": "coalesce(deleted_at, @now)",
                }
            ),
        ),
        codes("locale"),
    ),
)
