"""Accounts with gauges and overrides, as the apps and staff leave them."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.accounts.service_keys import create_service_key, find_service_actor
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from tests.people import Person, make_person


async def app_of(services: Services, person: Person) -> Actor:
    """One of our apps, acting for the person's account with its present rights."""
    pepper = services.settings.secret
    secret = await create_service_key("apps", pepper)
    actor = await find_service_actor(secret, pepper, "192.0.2.7", person.actor.account_id)
    assert actor is not None
    return actor


async def override(
    person: Person, feature: Feature, limit: int | None = None, *, enabled: bool = True
) -> Person:
    """Set by a colleague of the support desk, who is returned."""
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    account_id = person.actor.account_id
    assert account_id is not None
    data = OverrideInput(feature, enabled, limit, "Agreed by phone.")
    await set_override(colleague.actor, account_id, data)
    return colleague
