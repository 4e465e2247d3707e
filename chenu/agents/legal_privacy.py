"""What creators' legal details hold of people."""

from chenu.core.personal_data import Delete, PersonalData, Rule

_OF_CREATOR = "creator = ANY(ARRAY(SELECT id FROM creator WHERE owner = @person))"
_UNSOLD = (
    "NOT EXISTS (SELECT 1 FROM purchase_payment p WHERE p.creator = creator_legal_details.creator)"
)
_BY_LAW = "invoices name who issued them, for ten years: what was sold may still need one"

LEGAL_RULES: tuple[Rule, ...] = (
    PersonalData(
        "creator_legal_details",
        _OF_CREATOR,
        (
            *("id", "creator", "legal_name", "line1", "line2", "postal_code", "city", "country"),
            *("vat_number", "tax_number", "agreed_at", "updated_at"),
        ),
        erasure=(Delete(_UNSOLD),),
        retained=dict.fromkeys(
            (
                *("legal_name", "line1", "line2", "postal_code", "city", "country"),
                *("vat_number", "tax_number"),
            ),
            _BY_LAW,
        ),
    ),
)
