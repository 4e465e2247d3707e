"""What the tables of revenue hold of a person: what their accounts brought a month."""

from chenu.core.personal_data import NoPersonalData, PersonalData, Rule, codes

RULES: tuple[Rule, ...] = (
    PersonalData(
        "mrr_movement",
        "account = ANY(@accounts)",
        (
            *("id", "account", "source", "source_kind", "kind", "mrr_before", "mrr_after"),
            *("gross_before", "gross_after", "moved_at"),
        ),
        {"state": "the position in the history", "cohort": "the month of the first, as above"},
        retained=codes("source_kind", "kind"),
    ),
    NoPersonalData("acquisition_cost", "sums by channel, entered by staff"),
    NoPersonalData(
        "revenue_day",
        "sums over all customers",
        codes=("reactivation_mrr", "reactivated_customers"),
    ),
    NoPersonalData("revenue_cohort", "sums over the customers of a month"),
)
