"""What brands hold of a person: a brand may be somebody's own name."""

from chenu.core.personal_data import CODE, Blank, Delete, PersonalData, Rule

RULES: tuple[Rule, ...] = (
    PersonalData(
        "brand",
        "account = ANY(@accounts)",
        (
            *("id", "account", "name", "sender_name", "accent_light", "accent_dark", "logo"),
            *("icon", "links", "locale", "agents", "created_at", "updated_at"),
        ),
        erasure=(Delete(),),
    ),
    PersonalData(
        "brand_picture",
        "account = ANY(@accounts)",
        ("id", "account", "name", "use", "width", "height", "created_at", "removed_at"),
        # The row stays until the worker has deleted the files that it names.
        erasure=(Blank({"removed_at": "@now"}),),
        retained={"use": CODE, "name": "the name of the picture's files, made by chance"},
    ),
)
