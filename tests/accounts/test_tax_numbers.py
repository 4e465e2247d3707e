"""VAT numbers: which are read, in which form they are stored, and what is wrong with the others."""

import pytest

from chenu.accounts.tax_numbers import EXAMPLES, TaxNumberKind, kind_of, read_tax_number
from chenu.core.errors import Invalid

READ = [
    ("FR40303265045", "eu_vat", "FR40303265045"),
    (" fr 40 303 265 045 ", "eu_vat", "FR40303265045"),
    ("FR４０３０３２６５０４５", "eu_vat", "FR40303265045"),
    ("DE136695976", "eu_vat", "DE136695976"),
    ("EL094259216", "eu_vat", "EL094259216"),
    ("GR094259216", "eu_vat", "EL094259216"),
    ("NL4495445B01", "eu_vat", "NL004495445B01"),
    ("BE 0428.759.497", "eu_vat", "BE0428759497"),
    ("XI980780684", "eu_vat", "XI980780684"),
    ("GB 980 7806 84", "gb_vat", "GB980780684"),
    ("CHE-107.787.577 IVA", "ch_vat", "CHE107787577IVA"),
]


@pytest.mark.parametrize(("typed", "kind", "value"), READ, ids=[typed for typed, _, _ in READ])
def test_a_number_is_read_however_it_is_spaced(typed: str, kind: str, value: str) -> None:
    number = read_tax_number(typed)

    assert (number.kind, number.value) == (kind, value)
    assert kind_of(value) is number.kind
    assert read_tax_number(value) == number


@pytest.mark.parametrize(("prefix", "example"), EXAMPLES.items())
def test_every_example_that_an_error_shows_is_a_number(prefix: str, example: str) -> None:
    number = read_tax_number(example)

    assert number.value == example
    assert isinstance(number.kind, TaxNumberKind)


WRONG = {
    "a digit changed": ("FR40303265046", "check digits"),
    "two digits exchanged": ("DE136699576", "check digits"),
    "too short": ("FR4030326504", "FR40303265045"),
    "too long": ("DE1366959761", "DE136695976"),
    "letters for digits": ("ITABCDEFGHIJK", "IT00743110157"),
    "country only": ("FR", "FR40303265045"),
    "no country": ("40303265045", "letters of its country"),
    "unknown country": ("ZZ123456789", "letters of its country"),
    "a country without such numbers": ("US123456789", "letters of its country"),
    "a sentence": ("my VAT number", "letters of its country"),
    "a script": ("FR<script>", "FR40303265045"),
}


@pytest.mark.parametrize(("typed", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_number_is_refused_at_its_field_with_what_is_allowed(
    typed: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_tax_number(typed)

    assert refused.value.path == ("tax_id",)
    assert words in str(refused.value)
