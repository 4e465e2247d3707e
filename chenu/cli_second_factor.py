"""`chenu remove-second-factor`: help for somebody who has lost app and recovery codes."""

import getpass

import click

from chenu.accounts.second_factor import remove_factor
from chenu.accounts.users import find_user_by_email
from chenu.core.errors import NotFound
from chenu.flows.composition import open_services
from chenu.settings import Settings


async def remove(settings: Settings, email: str, reason: str) -> None:
    async with open_services(settings, "chenu-cli"):
        person = await find_user_by_email(email)
        if person is None:
            raise NotFound("There is no such person")
        await remove_factor(person.id, getpass.getuser(), reason)
        click.echo("removed")
