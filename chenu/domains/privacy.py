"""What the names of accounts hold of a person."""

from chenu.core.personal_data import Delete, PersonalData, Rule

RULES: tuple[Rule, ...] = (
    PersonalData(
        "domain_name",
        "account = ANY(@accounts)",
        ("id", "account", "kind", "name", "source", "created_at", "proved_at", "reason"),
        {"confirmed_by": "who of the staff confirmed it", "token": "what the DNS record says"},
        (Delete(),),
    ),
)
