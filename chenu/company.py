"""Who runs this installation before the law: the customer on creators' self-billed invoices."""

import re
from collections.abc import Mapping

import msgspec

_COUNTRY = re.compile(r"[A-Z]{2}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z]{2,13}")
_EXAMPLE = "such as FR40303265045"
_LONGEST = 200
_HIGHEST_RATE = 50


class Company(msgspec.Struct, frozen=True):
    """`address_lines` are those under the name; `vat_rate` is our country's, in basis points."""

    name: str = ""
    address_lines: tuple[str, ...] = ()
    country: str = "FR"
    vat_number: str = ""
    vat_rate: int = 2000

    @property
    def is_whole(self) -> bool:
        """Whether an invoice can name it."""
        return bool(self.name and self.address_lines and self.vat_number)


MADE_UP = Company("CHE·NU SAS", ("1 rue de l’Exemple", "75001 Paris"), vat_number="FR40303265045")
"""Of demos and tests."""


def read_company(env: Mapping[str, str], default: Company) -> Company:
    """Raises ValueError, naming the variable."""
    rate = env.get("CHENU_COMPANY_VAT_RATE", str(default.vat_rate // 100))
    if not rate.isascii() or not rate.isdigit() or int(rate) > _HIGHEST_RATE:
        raise ValueError(f"CHENU_COMPANY_VAT_RATE: a whole percentage up to {_HIGHEST_RATE}")
    typed = env.get("CHENU_COMPANY_ADDRESS", ";".join(default.address_lines))
    return Company(
        _read_line(env, "CHENU_COMPANY_NAME", default.name),
        tuple(line.strip() for line in typed.split(";") if line.strip()),
        _read_code(env, "CHENU_COMPANY_COUNTRY", default.country, _COUNTRY, "such as FR"),
        _read_code(env, "CHENU_COMPANY_VAT_NUMBER", default.vat_number, _VAT_NUMBER, _EXAMPLE),
        int(rate) * 100,
    )


def _read_line(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, default).strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise ValueError(f"{name}: one line of at most {_LONGEST} characters")
    return text


def _read_code(
    env: Mapping[str, str], name: str, default: str, form: re.Pattern[str], example: str
) -> str:
    text = env.get(name, default).strip().upper()
    if text and not form.fullmatch(text):
        raise ValueError(f"{name}: {example}")
    return text
