"""How long movements of MRR and their sums are stored."""

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("mrr_movement", "what each closed month was made of, as it was reported"),
    Forever("acquisition_cost", "a row a month and channel"),
    Forever("revenue_day", "a row a day"),
    Forever("revenue_cohort", "a row a month for each month of start"),
)
