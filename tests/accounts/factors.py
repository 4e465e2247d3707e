"""People with a second factor."""

import pyotp

from chenu.accounts.second_factor import begin_factor, confirm_factor, get_factor
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.people import Person
from tests.rows import put


async def switch_on(services: Services, person: Person) -> tuple[str, list[str]]:
    """The secret of the app and the recovery codes."""
    key = services.settings.secret
    await begin_factor(person.actor, key)
    factor = await get_factor(person.actor, person.email, key)
    assert factor.app_key is not None
    secret = factor.app_key.secret
    return secret, await confirm_factor(person.actor, code_of(secret), key)


def code_of(secret: str) -> str:
    """The one of now."""
    return pyotp.TOTP(secret).at(system_now())


async def forget_last_code() -> None:
    """As if a minute had passed since the last code was taken."""
    await put("second_factor", "last_step", 0)
