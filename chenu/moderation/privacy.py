"""What decisions and appeals hold of people."""

from chenu.core.personal_data import Delete, PersonalData, Rule

RULES: tuple[Rule, ...] = (
    PersonalData(
        "appeal",
        "appellant = @person",
        ("id", "decision", "appellant", "body", "state", "created_at", "decided_at", "answer"),
        {"decided_by": "who of the staff decided"},
        (Delete(),),
    ),
    PersonalData(
        "moderation_decision",
        "recipient = @person",
        (
            *("id", "kind", "subject", "subject_name", "recipient", "ground", "facts"),
            *("is_automatic", "decided_at"),
        ),
        {"decided_by": "who of the staff decided"},
        (Delete(),),
    ),
)
