"""VAT numbers: of the European Union, Northern Ireland, Great Britain and Switzerland.

Their form and check digits are tried here, by python-stdnum; whether a register knows one, Stripe
finds out.
"""

from enum import StrEnum

import msgspec
from stdnum.ch import vat as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.gb import vat as british

from chenu.core.errors import Invalid
from chenu.core.i18n import mark

_GREEK = {"GR": "EL"}
"""Countries whose numbers begin with other letters than their code."""


class TaxNumberKind(StrEnum):
    """Stripe's names."""

    EU = "eu_vat"
    GREAT_BRITAIN = "gb_vat"
    SWITZERLAND = "ch_vat"


class TaxNumber(msgspec.Struct, frozen=True):
    kind: TaxNumberKind
    value: str


def read_tax_number(typed: str, *, path: tuple[str, ...] = ("tax_id",)) -> TaxNumber:
    """As it is written without blanks and dots. Raises Invalid."""
    text = typed.strip().upper()
    prefix = text[:2]
    try:
        if prefix == "GB":
            return TaxNumber(TaxNumberKind.GREAT_BRITAIN, f"GB{british.validate(text)}")
        if prefix == "CH":
            return TaxNumber(TaxNumberKind.SWITZERLAND, swiss.validate(text))
        if prefix.lower() in european.MEMBER_STATES or prefix == "EL":
            return TaxNumber(TaxNumberKind.EU, _with_prefix(european.validate(text)))
    except InvalidChecksum:
        message = mark("This VAT number has a wrong digit: its check digits do not match")
        raise Invalid(message, path=path) from None
    except ValidationError:
        message = mark("No VAT number of {country} is written like this; one is {example}")
        example = EXAMPLES[prefix]
        raise Invalid(message, path=path, country=prefix, example=example) from None
    message = mark("Please begin the VAT number with the letters of its country, as in {example}")
    raise Invalid(message, path=path, example=EXAMPLES["FR"])


def kind_of(value: str) -> TaxNumberKind:
    """Of a number that was read before."""
    kinds = {"GB": TaxNumberKind.GREAT_BRITAIN, "CH": TaxNumberKind.SWITZERLAND}
    return kinds.get(value[:2], TaxNumberKind.EU)


def _with_prefix(number: str) -> str:
    return _GREEK.get(number[:2], number[:2]) + number[2:]


EXAMPLES = {
    "AT": "ATU13585627",
    "BE": "BE0428759497",
    "BG": "BG175074752",
    "CH": "CHE107787577IVA",
    "CY": "CY10259033P",
    "CZ": "CZ25123891",
    "DE": "DE136695976",
    "DK": "DK13585628",
    "EE": "EE100931558",
    "EL": "EL094259216",
    "ES": "ESB58378431",
    "FI": "FI20774740",
    "FR": "FR40303265045",
    "GB": "GB980780684",
    "GR": "EL094259216",
    "HR": "HR33392005961",
    "HU": "HU12892312",
    "IE": "IE6433435F",
    "IT": "IT00743110157",
    "LT": "LT119511515",
    "LU": "LU15027442",
    "LV": "LV40003521600",
    "MT": "MT11679112",
    "NL": "NL004495445B01",
    "PL": "PL8567346215",
    "PT": "PT501964843",
    "RO": "RO18547290",
    "SE": "SE123456789701",
    "SI": "SI50223054",
    "SK": "SK2022749619",
    "XI": "XI980780684",
}
"""One for each country, as the error shows it."""
