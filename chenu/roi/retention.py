"""How long an account's own numbers are stored."""

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("roi_setting", "at most one an account; deleted with the person"),
)
