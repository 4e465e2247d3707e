"""How long rows of the marketplace are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import BOOKS, PEOPLE, Forever, Retention

RUNS_STORED = timedelta(days=3 * 366)
VIEWS_STORED = timedelta(days=400)

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "execution",
        RUNS_STORED,
        "finished_at",
        "runs of the last three years, from which returns on investment are computed",
        only="status <> 'AUTHORIZED'",
        clock=business_now,
    ),
    Retention(
        "agent_view_day",
        VIEWS_STORED,
        "stored_at",
        "views of agents' pages, by day: more than what creators are shown",
        clock=business_now,
    ),
    Forever("agent_picture", "deleted a day after nobody shows it, by the task remove_pictures"),
    Forever("featured_agent", "at most one an agent, chosen by staff"),
    Forever("agent_run_summary", "at most one an agent"),
    Forever("purchase", BOOKS),
    Forever("purchase_payment", BOOKS),
    Forever("purchase_refund", BOOKS),
    Forever(
        "purchase_refund_request", "who decided to return money, and why: for as long as the books"
    ),
    Forever("agent_review", "one an account and agent at most"),
    Forever("access_grant", "what was bought is for ever"),
    Forever("creator", PEOPLE),
    Forever("creator_legal_details", PEOPLE),
    Forever("self_billing_statement", BOOKS),
    Forever("self_billing_line", BOOKS),
    Forever("agent", PEOPLE),
    Forever("agent_version", "what was sold"),
    Forever("version_news", "deleted once everybody was told of the version"),
    Forever("version_acceptance", "evidence of who agreed to what a new version may touch"),
    Forever("agent_change", "one an agent at most"),
)
