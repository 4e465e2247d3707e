"""How long an account's own numbers are stored, and who has looked at the dashboard."""

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("roi_setting", "at most one an account; deleted with the person"),
    Forever("roi_view", "at most one row a person and month, under the pseudonym once deleted"),
)
