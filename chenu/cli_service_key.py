"""`chenu service-key`: keys of the CHE·NU apps, made and revoked."""

import getpass

import click

from chenu.accounts.service_keys import Operator, create_service_key, revoke_service_keys
from chenu.flows.composition import open_services
from chenu.settings import Settings


async def create(settings: Settings, name: str, reason: str) -> None:
    by = Operator(getpass.getuser(), reason)
    async with open_services(settings, "chenu-cli"):
        click.echo(await create_service_key(name, settings.secret, by))


async def revoke(settings: Settings, prefix: str, reason: str) -> None:
    by = Operator(getpass.getuser(), reason)
    async with open_services(settings, "chenu-cli"):
        click.echo(f"{await revoke_service_keys(prefix, by)} revoked")
