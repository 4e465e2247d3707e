"""People whose pages are in English."""

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_creator, make_person


async def make_reader(
    name: str, tier: TierCode = TierCode.STARTER, staff: tuple[Staff, ...] = ()
) -> Person:
    """A verified person who reads English."""
    return await _in_english(await make_person(name, tier, staff))


async def make_seller(services: Services, name: str = "atelier") -> Person:
    """A creator who can be paid and reads English."""
    person, _ = await make_creator(services, name)
    return await _in_english(person)


async def make_unverified(name: str) -> Person:
    person = await make_reader(name)
    await db.execute("UPDATE app_user SET email_verified_at = NULL WHERE id = $1", person.user_id)
    return person


async def _in_english(person: Person) -> Person:
    await db.execute("UPDATE app_user SET locale = 'en' WHERE id = $1", person.user_id)
    return person
