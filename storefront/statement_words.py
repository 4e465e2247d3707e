"""What stands on creators' statements, as people read it."""

from babel import Locale as BabelLocale

from chenu.agents.statement_vat import VatTreatment
from chenu.agents.statements import LineKind
from chenu.core.i18n import Locale, mark

LINES = {
    LineKind.SALES: mark("Sales"),
    LineKind.RETURNS: mark("Payments given back at once"),
    LineKind.REFUNDS: mark("Refunds"),
    LineKind.PUT_BACK: mark("Refunds that failed"),
    LineKind.DISPUTES: mark("Disputes, taken by banks"),
    LineKind.DISPUTES_WON: mark("Disputes won"),
    LineKind.OTHER: mark("Other movements"),
}
VAT = {
    VatTreatment.DOMESTIC: mark("The share includes the VAT."),
    VatTreatment.NOT_REGISTERED: mark("No VAT: the supplier is not registered for VAT."),
    VatTreatment.REVERSE_CHARGE: mark(
        "Reverse charge: the customer owes the VAT (Directive 2006/112/EC, Articles 44 and 196)."
    ),
}


def country_name(code: str, locale: Locale) -> str:
    return str(BabelLocale(locale).territories.get(code, code))
