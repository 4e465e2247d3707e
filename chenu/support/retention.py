"""How long what people asked the support desk is stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import Forever, Retention

_YEARS = timedelta(days=3 * 365)

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "support_answer",
        _YEARS,
        "created_at",
        "what was answered, as long as a claim from it may be brought",
        only="request IN (SELECT id FROM support_request WHERE closed_at IS NOT NULL)",
        clock=business_now,
    ),
    Retention(
        "support_request",
        _YEARS,
        "closed_at",
        "the same, from when it was closed",
        only="closed_at IS NOT NULL",
        clock=business_now,
    ),
    Retention(
        "enterprise_inquiry",
        timedelta(days=365),
        "closed_at",
        "who asked for an offer, a year after it was answered",
        only="closed_at IS NOT NULL",
        clock=business_now,
    ),
)
