"""`chenu service-key`: keys of the CHE·NU apps, made and revoked."""

import click

from chenu.accounts.service_keys import create_service_key, revoke_service_keys
from chenu.flows.composition import open_services
from chenu.settings import Settings


async def create(settings: Settings, name: str) -> None:
    async with open_services(settings, "chenu-cli"):
        click.echo(await create_service_key(name, settings.secret))


async def revoke(settings: Settings, prefix: str) -> None:
    async with open_services(settings, "chenu-cli"):
        click.echo(f"{await revoke_service_keys(prefix)} revoked")
