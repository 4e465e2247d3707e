"""What the tables about availability hold of a person: who of the staff wrote what."""

from chenu.core.personal_data import NoPersonalData, PersonalData, Rule

_PUBLIC = "a public text of the seller's about its service, and none about a person"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "incident_update",
        "written_by = @person",
        ("id", "incident", "text_fr", "text_en", "written_by", "written_at"),
        retained=dict.fromkeys(("text_fr", "text_en"), _PUBLIC),
    ),
    PersonalData(
        "incident",
        "opened_by = @person",
        (
            *("id", "title_fr", "title_en", "began_at", "resolved_at", "opened_by"),
            "created_at",
        ),
        retained=dict.fromkeys(("title_fr", "title_en"), _PUBLIC),
    ),
    PersonalData(
        "maintenance",
        "announced_by = @person",
        (
            *("id", "title_fr", "title_en", "starts_at", "ends_at", "announced_at"),
            *("announced_by", "canceled_at"),
        ),
        retained=dict.fromkeys(("title_fr", "title_en"), _PUBLIC),
    ),
    NoPersonalData("availability_sample", "whether the service worked"),
    NoPersonalData("availability_day", "whether the service worked"),
    NoPersonalData("web_process", "where our own processes are reached inside the network"),
)
