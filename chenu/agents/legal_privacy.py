"""What creators' legal details hold of people."""

from chenu.core.personal_data import Delete, PersonalData, Rule, codes

_OF_CREATOR = "creator = ANY(ARRAY(SELECT id FROM creator WHERE owner = @person))"
_UNSOLD = (
    "NOT EXISTS (SELECT 1 FROM purchase_payment p WHERE p.creator = creator_legal_details.creator)"
)
_BY_LAW = "invoices name who issued them, for ten years: what was sold may still need one"

_INVOICE = "an invoice is stored for ten years as it was issued, with the names on it"
_SUPPLIER = (
    *("supplier_name", "supplier_address", "supplier_country"),
    *("supplier_vat_number", "supplier_tax_number"),
)
_COMPANY = ("company_name", "company_address", "company_country", "company_vat_number")

LEGAL_RULES: tuple[Rule, ...] = (
    PersonalData(
        "creator_legal_details",
        _OF_CREATOR,
        (
            *("id", "creator", "legal_name", "line1", "line2", "postal_code", "city", "country"),
            *("vat_number", "tax_number", "agreed_at", "updated_at"),
        ),
        dict.fromkeys(
            ("due_at", "attempts", "last_error", "next_attempt_at"),
            "when their next statement is looked for",
        ),
        (Delete(_UNSOLD),),
        dict.fromkeys(
            (
                *("legal_name", "line1", "line2", "postal_code", "city", "country"),
                *("vat_number", "tax_number", "last_error"),
            ),
            _BY_LAW,
        ),
    ),
    PersonalData(
        "self_billing_statement",
        _OF_CREATOR,
        (
            *("id", "creator", "number", "month", "issued_at", *_SUPPLIER, *_COMPANY),
            *("vat_treatment", "vat_rate", "opening", "net", "tax", "transferred", "closing"),
        ),
        {
            "series": "part of its number",
            "place": "part of its number",
            "last_entry": "how far our books are read for it",
        },
        retained={
            **codes("number", "vat_treatment"),
            **dict.fromkeys((*_SUPPLIER, *_COMPANY), _INVOICE),
        },
    ),
    PersonalData(
        "self_billing_line",
        f"statement IN (SELECT id FROM self_billing_statement WHERE {_OF_CREATOR})",  # noqa: S608 - texts of ours
        ("id", "statement", "kind", "transactions", "paid", "buyers_tax", "fee", "share"),
        retained=codes("kind"),
    ),
)
