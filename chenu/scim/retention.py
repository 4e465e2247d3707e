"""How long rows of directories are stored."""

from datetime import timedelta

from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention("scim_token", timedelta(days=400), "revoked_at", "a token that works no more"),
    Forever("scim_group_member", PEOPLE),
    Forever("scim_group", PEOPLE),
    Forever("scim_entry", PEOPLE),
)
