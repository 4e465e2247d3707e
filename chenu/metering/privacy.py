"""What the API's counters hold of people: how much their account called it, on which day."""

from chenu.core.personal_data import Delete, PersonalData, Rule

RULES: tuple[Rule, ...] = (
    PersonalData(
        "api_usage",
        "account = ANY(@accounts)",
        ("id", "account", "day", "served", "refused", "created_at"),
        erasure=(Delete(),),
    ),
)
