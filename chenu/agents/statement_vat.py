"""Whether a creator's self-billed invoice shows VAT. docs/decisions/0054."""

from enum import StrEnum

from chenu.agents.legal_details import LegalDetailsRow
from chenu.company import Company
from chenu.core.money import Cents

_WHOLE = 10_000
_OUTSIDE_THE_UNION = frozenset({"IS", "LI", "NO"})


class VatTreatment(StrEnum):
    """DOMESTIC: their share includes the VAT of our country."""

    DOMESTIC = "DOMESTIC"
    NOT_REGISTERED = "NOT_REGISTERED"
    REVERSE_CHARGE = "REVERSE_CHARGE"


def treat_vat(supplier: LegalDetailsRow, company: Company) -> VatTreatment:
    if supplier.country in _OUTSIDE_THE_UNION:
        return VatTreatment.REVERSE_CHARGE
    if not supplier.vat_number:
        return VatTreatment.NOT_REGISTERED
    if supplier.country == company.country:
        return VatTreatment.DOMESTIC
    return VatTreatment.REVERSE_CHARGE


def tax_within(net: Cents, treatment: VatTreatment, company: Company) -> Cents:
    """The VAT in the creator's share, to the nearest cent; below zero in a month of refunds."""
    if treatment is not VatTreatment.DOMESTIC:
        return Cents(0)
    whole = _WHOLE + company.vat_rate
    tax = (2 * abs(net) * company.vat_rate + whole) // (2 * whole)
    return Cents(tax if net >= 0 else -tax)
