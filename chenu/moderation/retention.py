"""How long decisions and appeals are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import Forever, Retention

_YEARS = timedelta(days=3 * 365)

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "appeal",
        _YEARS,
        "decided_at",
        "what was answered, as long as a claim from it may be brought",
        only="decided_at IS NOT NULL",
        clock=business_now,
    ),
    Retention(
        "moderation_decision",
        _YEARS,
        "decided_at",
        "the reasons of a decision, as long as a claim from it may be brought",
        only="id NOT IN (SELECT decision FROM appeal)",
        clock=business_now,
    ),
)
