"""How long brands are stored."""

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("brand", "at most one an account; deleted with the person"),
    Forever("brand_picture", "deleted once nothing shows it, by the task remove_brand_pictures"),
)
