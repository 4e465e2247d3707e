"""VAT on self-billed invoices: by countries and numbers, rounded to the nearest cent."""

import pytest

from chenu.agents.legal_details import LegalDetailsRow
from chenu.agents.model import CreatorId
from chenu.agents.statement_vat import VatTreatment, tax_within, treat_vat
from chenu.company import MADE_UP
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.money import Cents


def legal_details(country: str, vat_number: str) -> LegalDetailsRow:
    return LegalDetailsRow(
        *(CreatorId(new_id()), "Nord", "1 rue", "", "", "Lille", country, vat_number),
        *("" if vat_number else "1234", system_now()),
    )


@pytest.mark.parametrize(
    ("country", "number", "treatment"),
    [
        ("FR", "FR12000000000", VatTreatment.DOMESTIC),
        ("FR", "", VatTreatment.NOT_REGISTERED),
        ("DE", "DE136695976", VatTreatment.REVERSE_CHARGE),
        ("DE", "", VatTreatment.NOT_REGISTERED),
        ("NO", "", VatTreatment.REVERSE_CHARGE),
    ],
)
def test_countries_and_numbers_decide(country: str, number: str, treatment: VatTreatment) -> None:
    assert treat_vat(legal_details(country, number), MADE_UP) is treatment


@pytest.mark.parametrize(
    ("net", "tax"), [(0, 0), (700, 117), (120, 20), (2, 0), (3, 1), (-700, -117), (100_000, 16667)]
)
def test_a_domestic_share_includes_its_vat(net: int, tax: int) -> None:
    assert tax_within(Cents(net), VatTreatment.DOMESTIC, MADE_UP) == tax
    assert tax_within(Cents(net), VatTreatment.REVERSE_CHARGE, MADE_UP) == 0
