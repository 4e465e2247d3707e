"""Names stay as long as their account has them."""

from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (Forever("domain_name", PEOPLE),)
