"""What the tables about returns hold of a person."""

from chenu.core.personal_data import Delete, PersonalData, Rule

RULES: tuple[Rule, ...] = (
    PersonalData(
        "roi_setting",
        "account = ANY(@accounts)",
        ("id", "account", "hourly_rate", "seconds_per_run", "updated_at"),
        erasure=(Delete(),),
    ),
    PersonalData(  # stays under the pseudonym: the share of users of a past month stays what it was
        "roi_view",
        "viewer = @person",
        ("id", "viewer", "month", "seen_at"),
    ),
)
