"""How long rows of single sign-on are stored."""

from datetime import timedelta

from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention("sso_attempt", timedelta(days=2), "expires_at", "an answer that counts no more"),
    Retention("sso_join", timedelta(days=30), "expires_at", "a link that works no more"),
    Forever("sso_identity", PEOPLE),
    Forever("sso_connection", "at most three an account"),
)
