"""How long decisions and appeals are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import Forever, Retention

_YEARS = timedelta(days=3 * 365)
_YEAR = timedelta(days=365)

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
    Retention(
        "content_report",
        _YEAR,
        "created_at",
        "what was reported, a year at least, and until it is decided",
        only="report_case IN (SELECT id FROM report_case WHERE decided_at IS NOT NULL)",
        clock=business_now,
    ),
    Retention(
        "report_case",
        _YEAR,
        "decided_at",
        "what became of reports, as long as they may come again",
        only="decided_at IS NOT NULL AND id NOT IN (SELECT report_case FROM content_report)",
        clock=business_now,
    ),
)
