"""What the support desk's tables hold of people."""

from chenu.core.personal_data import Blank, Delete, PersonalData, Rule, codes

_ASKED = "requester = @person OR account = ANY(@accounts)"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "support_answer",
        "request IN (SELECT id FROM support_request WHERE requester = @person)",
        ("id", "request", "body", "created_at"),
        {"author": "who of the staff answered"},
        (Delete(whose=f"request IN (SELECT id FROM support_request WHERE {_ASKED})"),),  # noqa: S608 - texts of ours
    ),
    PersonalData(
        "support_request",
        "requester = @person",
        (
            *("id", "account", "requester", "level", "subject", "body"),
            *("created_at", "due_at", "answered_at", "closed_at"),
        ),
        erasure=(Delete(whose=_ASKED),),
    ),
    PersonalData(
        "withdrawal_statement",
        "account = ANY(@accounts) OR email = ANY(@emails)",
        (
            *("id", "name", "email", "contract", "locale", "declared_at", "account"),
            *("contract_kind", "contract_id", "state", "decided_at", "decision_reason"),
        ),
        {"decided_by": "who of the staff decided"},
        (
            Blank(
                {
                    "name": "@pseudonym",
                    "email": "@pseudonymous_email",
                    "contract": "''",
                    "decision_reason": "NULL",
                }
            ),
        ),
        codes("locale", "contract_kind", "state"),
    ),
    PersonalData(
        "enterprise_inquiry",
        "email = ANY(@emails)",
        ("id", "name", "company", "email", "seats", "message", "locale", "created_at", "closed_at"),
        erasure=(Delete(),),
    ),
)
