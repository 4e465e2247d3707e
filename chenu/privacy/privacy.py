"""What exports and deletions themselves hold of people."""

from chenu.core.personal_data import Delete, NoPersonalData, PersonalData, Rule

_SENDING = "how making it went"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "data_export_chunk",
        "export IN (SELECT id FROM data_export WHERE owner = @person)",
        (),
        dict.fromkeys(
            ("id", "export", "position", "content", "expires_at"), "an earlier export itself"
        ),
        (Delete(),),
    ),
    PersonalData(
        "data_export",
        "owner = @person",
        ("id", "owner", "state", "size", "requested_at", "ready_at", "expires_at"),
        dict.fromkeys(("attempts", "last_error", "next_attempt_at"), _SENDING),
        (Delete(),),
    ),
    NoPersonalData(
        "person_deletion", "the id that stays as a pseudonym, and how it went", codes=("person",)
    ),
)
