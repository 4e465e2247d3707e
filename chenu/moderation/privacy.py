"""What decisions and appeals hold of people."""

from chenu.core.personal_data import Blank, Delete, PersonalData, Rule, codes

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
    PersonalData(
        "content_report",
        "reporter = @person OR email = ANY(@emails)",
        ("id", "report_case", "email", "locale", "ground", "body", "created_at"),
        {"receipt": "the key of a page of theirs", "reporter": "the person"},
        (Blank({"reporter": "NULL", "email": "NULL", "body": "''"}),),
        codes("receipt", "locale", "ground"),
    ),
    PersonalData(
        "report_case",
        "agent = ANY(@agents) AND decided_at IS NOT NULL",
        ("id", "kind", "subject", "agent", "state", "opened_at", "decided_at"),
        {
            "place": "the order of a list",
            "decided_by": "who of the staff decided",
            "reason": "for those who reported it",
        },
        retained={
            **codes("kind", "state"),
            "reason": "what staff decided about something published, and not of whom",
        },
        topic="reports_of_my_agents",
    ),
)
