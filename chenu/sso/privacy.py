"""What single sign-on holds of a person: as whom their provider knows them."""

from chenu.core.personal_data import Delete, PersonalData, Rule

_OF_ACCOUNT = "SELECT id FROM sso_connection WHERE account = ANY(@accounts)"
_ERASURE = (Delete(), Delete(whose=f"connection IN ({_OF_ACCOUNT})"))
_SECRET = "what only the browser, the provider and we know"  # noqa: S105 - a reason

RULES: tuple[Rule, ...] = (
    PersonalData(
        "sso_join",
        "member = @person",
        (
            *("id", "connection", "member", "subject", "email", "role", "created_at"),
            *("expires_at", "used_at"),
        ),
        {"token_hash": _SECRET},
        _ERASURE,
    ),
    PersonalData(
        "sso_attempt",
        "member = @person",
        (
            *("id", "connection", "purpose", "member", "next_path", "created_at"),
            *("expires_at", "used_at"),
        ),
        {"state_hash": _SECRET, "browser_hash": _SECRET, "secret": _SECRET},
        _ERASURE,
    ),
    PersonalData(
        "sso_identity",
        "member = @person",
        ("id", "connection", "subject", "member", "email", "created_at", "last_seen_at", "left_at"),
        erasure=_ERASURE,
    ),
    PersonalData(
        "sso_connection",
        "account = ANY(@accounts)",
        (
            *("id", "account", "kind", "name", "issuer", "client_id", "metadata"),
            *("metadata_read_at", "state", "is_required", "default_role"),
            *("role_claim", "roles", "role_rows", "created_at", "tried_at", "switched_on_at"),
        ),
        {"client_secret": _SECRET},
        (Delete(),),
    ),
)
