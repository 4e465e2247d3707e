"""Legal name, address and tax number of a creator, which their monthly statements need."""

import re
from datetime import datetime

import msgspec
from msgspec.structs import fields

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.tax_numbers import EXAMPLES, TaxNumber, TaxNumberKind, read_tax_number
from chenu.accounts.validation import check_line
from chenu.agents.creators import COUNTRIES, get_own_creator
from chenu.agents.legal_tables import CreatorLegalDetails
from chenu.agents.model import CreatorId
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns
from chenu.core.text import tidy

_LONGEST = {"legal_name": 120, "line1": 120, "line2": 120, "postal_code": 16, "city": 80}
_NEEDED = ("legal_name", "line1", "city")
"""Some countries have no postal codes."""
_TAX_NUMBER = re.compile(r"[0-9A-Z](?:[ ./-]?[0-9A-Z]){3,29}")
_PREFIXES = {"GR": "EL"}
"""Countries whose VAT numbers begin with other letters than their code."""


class LegalDetailsInput(msgspec.Struct, frozen=True):
    """All of it, each time. `agrees`: we make out the invoices for their sales."""

    legal_name: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    vat_number: str = ""
    tax_number: str = ""
    agrees: bool = False


class LegalDetailsRow(msgspec.Struct, frozen=True):
    creator_id: CreatorId
    legal_name: str
    line1: str
    line2: str
    postal_code: str
    city: str
    country: str
    vat_number: str
    tax_number: str
    agreed_at: datetime


_DETAILS = Columns(LegalDetailsRow, CreatorLegalDetails, creator_id="creator")
SELECT_DETAILS = f"SELECT {_DETAILS.select()} FROM creator_legal_details"  # noqa: S608 - own columns


async def find_legal_details(creator_id: CreatorId) -> LegalDetailsRow | None:
    return await db.find_one(LegalDetailsRow, f"{SELECT_DETAILS} WHERE creator = $1", creator_id)


async def save_legal_details(actor: Actor, data: LegalDetailsInput) -> None:
    """A payout setting. Raises InvalidState, Invalid, Rejected, SignInAgain."""
    actor.require_account(ApiScope.AGENTS)
    creator = await get_own_creator(actor)
    await require_fresh(actor)
    data = _tidied(data)
    reject_if_any(_check(data))

    async def write() -> None:
        await _store(creator.id, data)
        await audit.record(actor, "creator.legal_details", creator.id)

    await db.run_in_transaction(write)


def _tidied(data: LegalDetailsInput) -> LegalDetailsInput:
    names = [each.name for each in fields(data) if each.name != "agrees"]
    texts = {name: tidy(getattr(data, name)) for name in names}
    texts["country"] = texts["country"].upper()
    return LegalDetailsInput(**texts, agrees=data.agrees)


def _check(data: LegalDetailsInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    for name, longest in _LONGEST.items():
        text = getattr(data, name)
        if text or name in _NEEDED:
            errors += check_line(text, path=(name,), longest=longest)
    if data.country.lower() not in COUNTRIES:
        errors.append(Invalid("Please choose a country of the list", path=("country",)))
    errors += _check_numbers(data)
    if not data.agrees:
        message = mark("We need your agreement to make out your invoices")
        errors.append(Invalid(message, path=("agrees",)))
    return errors


def _check_numbers(data: LegalDetailsInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if not data.vat_number and not data.tax_number:
        message = mark("Please enter your VAT number or, if you have none, your tax number")
        errors.append(Invalid(message, path=("tax_number",)))
    if data.tax_number and not _TAX_NUMBER.fullmatch(data.tax_number.upper()):
        message = mark("A tax number has 4 to 30 letters and digits, as your tax office writes it")
        errors.append(Invalid(message, path=("tax_number",)))
    if data.vat_number:
        errors += _check_vat_number(data)
    return errors


def _check_vat_number(data: LegalDetailsInput) -> list[ChenuError]:
    """Of the European Union, and of the country of the address."""
    path = ("vat_number",)
    try:
        number = read_tax_number(data.vat_number, path=path)
    except Invalid as error:
        return [error]
    prefix = _PREFIXES.get(data.country, data.country)
    if data.country.lower() in COUNTRIES and not _is_of(number, prefix):
        return [_foreign_number(prefix, path)]
    return []


def _is_of(number: TaxNumber, prefix: str) -> bool:
    return number.kind is TaxNumberKind.EU and number.value.startswith(prefix)


def _foreign_number(prefix: str, path: tuple[str, ...]) -> Invalid:
    if prefix in EXAMPLES:
        message = mark("Please enter the VAT number of the country of your address, as {example}")
        return Invalid(message, path=path, example=EXAMPLES[prefix])
    message = mark("This country has no European VAT number: please enter your tax number instead")
    return Invalid(message, path=path)


async def _store(creator_id: CreatorId, data: LegalDetailsInput) -> None:
    """The first agreement counts, and the statements that waited are due at once."""
    sql = """
        INSERT INTO creator_legal_details (id, creator, legal_name, line1, line2, postal_code,
            city, country, vat_number, tax_number, agreed_at, updated_at, due_at, next_attempt_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11, $12)
        ON CONFLICT (creator) DO UPDATE SET legal_name = $3, line1 = $4, line2 = $5,
            postal_code = $6, city = $7, country = $8, vat_number = $9, tax_number = $10,
            updated_at = $11
    """
    vat_number = read_tax_number(data.vat_number).value if data.vat_number else ""
    await db.execute(
        sql,
        new_id(),
        creator_id,
        data.legal_name,
        data.line1,
        data.line2,
        data.postal_code,
        data.city,
        data.country,
        vat_number,
        data.tax_number.upper(),
        business_now(),
        system_now(),
    )
