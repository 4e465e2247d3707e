"""Legal name and tax number of a creator: whole, checked by country, and behind a fresh sign-in."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.accounts.errors import SignInAgain
from chenu.agents.legal_details import LegalDetailsInput, find_legal_details, save_legal_details
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, Rejected
from chenu.flows.services import Services
from tests.agents.legal import COMPANY
from tests.people import make_creator, make_person
from tests.rows import count, fingerprint, put

PERSON = replace(COMPANY, vat_number="", tax_number="spi 12-34 567")

WRONG = [
    ("no name", {"legal_name": " "}, "legal_name"),
    ("long name", {"legal_name": "x" * 121}, "legal_name"),
    ("turned name", {"legal_name": "a\u202eb"}, "legal_name"),
    ("no street", {"line1": ""}, "line1"),
    ("no town", {"city": ""}, "city"),
    ("two lines", {"line2": "a\x07b"}, "line2"),
    ("far country", {"country": "US"}, "country"),
    ("no country", {"country": ""}, "country"),
    ("no number", {"vat_number": ""}, "tax_number"),
    ("wrong digit", {"vat_number": "FR13000000000"}, "vat_number"),
    ("no form of its country", {"vat_number": "DE12"}, "vat_number"),
    ("no letters", {"vat_number": "000000000"}, "vat_number"),
    ("of another country", {"vat_number": "DE136695976"}, "vat_number"),
    ("of Great Britain", {"vat_number": "GB980780684"}, "vat_number"),
    ("in Norway", {"country": "NO"}, "vat_number"),
    ("short tax number", {"vat_number": "", "tax_number": "12"}, "tax_number"),
    ("long tax number", {"vat_number": "", "tax_number": "1" * 31}, "tax_number"),
    ("odd tax number", {"vat_number": "", "tax_number": "12<b>34"}, "tax_number"),
    ("no agreement", {"agrees": False}, "agrees"),
]


async def test_what_is_given_is_stored_tidy_and_the_first_agreement_counts(
    services: Services,
) -> None:
    person, creator = await make_creator(services)

    await save_legal_details(person.actor, replace(COMPANY, legal_name="  Atelier SARL "))
    first = await find_legal_details(creator.id)
    await save_legal_details(person.actor, PERSON)
    second = await find_legal_details(creator.id)

    assert first is not None
    assert (first.legal_name, first.vat_number) == ("Atelier SARL", "FR12000000000")
    assert second is not None
    assert (second.vat_number, second.tax_number) == ("", "SPI 12-34 567")
    assert second.agreed_at == first.agreed_at
    assert await count("audit_event", "action = 'creator.legal_details'") == 2


@pytest.mark.parametrize(
    ("typed", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
async def test_what_no_invoice_could_bear_is_refused(
    services: Services, typed: dict[str, Any], field: str
) -> None:
    person, _ = await make_creator(services)
    before = await fingerprint()

    with pytest.raises((Invalid, Rejected)) as caught:
        await save_legal_details(person.actor, LegalDetailsInput(**{**_texts(), **typed}))

    assert _paths(caught.value) == {(field,)}
    assert await fingerprint() == before


def _texts() -> dict[str, Any]:
    return {name: getattr(COMPANY, name) for name in COMPANY.__struct_fields__}


def _paths(error: ChenuError) -> set[tuple[str, ...]]:
    errors = error.each if isinstance(error, Rejected) else [error]
    return {each.path for each in errors}


async def test_a_greek_number_begins_with_other_letters_than_its_country(
    services: Services,
) -> None:
    person, creator = await make_creator(services)

    await save_legal_details(person.actor, replace(COMPANY, country="GR", vat_number="EL094259216"))

    found = await find_legal_details(creator.id)
    assert found is not None
    assert found.vat_number == "EL094259216"


async def test_an_old_sign_in_changes_nothing(services: Services) -> None:
    person, creator = await make_creator(services)
    await put("user_session", "created_at", system_now() - timedelta(minutes=31))

    with pytest.raises(SignInAgain):
        await save_legal_details(person.actor, COMPANY)

    assert await find_legal_details(creator.id) is None


async def test_only_a_creator_has_any(services: Services) -> None:
    reader = await make_person("reader")

    with pytest.raises((InvalidState, Forbidden)):
        await save_legal_details(reader.actor, COMPANY)
