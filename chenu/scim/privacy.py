"""What directories say of a person."""

from chenu.core.personal_data import Delete, PersonalData, Rule

_OF_ACCOUNT = "account = ANY(@accounts)"
_ENTRIES = f"SELECT id FROM scim_entry WHERE member = @person OR {_OF_ACCOUNT}"  # noqa: S608 - own text
_GROUPS = f"SELECT id FROM scim_group WHERE {_OF_ACCOUNT}"  # noqa: S608 - own text

RULES: tuple[Rule, ...] = (
    PersonalData(
        "scim_group_member",
        "entry IN (SELECT id FROM scim_entry WHERE member = @person)",
        ("id", "group_id", "entry"),
        erasure=(Delete(whose=f"entry IN ({_ENTRIES})"), Delete(whose=f"group_id IN ({_GROUPS})")),
    ),
    PersonalData(
        "scim_entry",
        "member = @person",
        (
            *("id", "account", "connection", "user_name", "external_id", "display_name"),
            *("given_name", "family_name", "email", "is_active", "member", "revision"),
            *("created_at", "updated_at"),
        ),
        erasure=(Delete(), Delete(whose=_OF_ACCOUNT)),
    ),
    PersonalData(
        "scim_group",
        _OF_ACCOUNT,
        (
            *("id", "account", "connection", "name", "external_id", "revision"),
            *("created_at", "updated_at"),
        ),
        erasure=(Delete(),),
    ),
    PersonalData(
        "scim_token",
        f"{_OF_ACCOUNT} OR created_by = @person",
        (
            *("id", "account", "connection", "created_by", "prefix", "created_at"),
            *("last_used_at", "revoked_at"),
        ),
        {"secret_hash": "what only the directory knows"},
        (Delete(),),
    ),
)
