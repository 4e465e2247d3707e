"""A demo with nothing in it but some of its people, and a time of its own.

`python -m tests.demo.empty MOMENT [--shop HANDLE] ROLE...`, with CHENU_DATA; started by
tests/demo/running.py. It has no history, so that time passes in it in seconds.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import click

from chenu.accounts.actor import ApiScope
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.core.clock import business_now
from chenu.demo import state as demo_state
from chenu.demo.catalogue import load_creators
from chenu.demo.group import Group
from chenu.demo.people import PASSWORD, PEOPLE
from chenu.demo.processes import free_port
from chenu.demo.record import prepare_empty
from chenu.demo.seed import act_as, insert_people, open_store, sellers
from chenu.demo.state import DemoState
from chenu.flows.composition import open_services
from chenu.settings import read_settings
from chenu.tiers.catalogue import Feature

_TRADE = OverrideInput(Feature.MARKETPLACE, enabled=True, limit=None, reason="No plan is needed.")


@click.command()
@click.argument("begins_at", type=datetime.fromisoformat)
@click.argument("roles", nargs=-1)
@click.option("--shop", help="the creator of the catalogue whose agents are on sale; needs staff")
def main(begins_at: datetime, roles: tuple[str, ...], shop: str | None) -> None:
    """Until SIGTERM; prints the READY line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(os.environ["CHENU_DATA"])
    group = Group(folder, free_port(), outside={}, durable=False)
    try:
        state = DemoState()
        options = ["--clock", str(int(begins_at.timestamp())), "--plain-pdfs"]
        env = group.start_engines(state, options)
        asyncio.run(_found(env, state, roles))
        demo_state.announce(folder, env)
        group.start_faces(env)
        if shop:
            asyncio.run(_open_shop(env, shop, roles))
        click.echo(f"READY {json.dumps(_describe(group, env, roles))}")
        sys.stdout.flush()
        group.watch()
    finally:
        group.stop()
        demo_state.withdraw(folder)


async def _found(env: dict[str, str], state: DemoState, roles: Collection[str]) -> None:
    await prepare_empty(env, state)
    async with open_services(read_settings(env), "chenu-demo"):
        await insert_people(person for person in PEOPLE if person.role in roles)


async def _open_shop(env: dict[str, str], handle: str, roles: Collection[str]) -> None:
    """Once the worker runs, which onboards; staff let them trade who are on FREE here."""
    creators = tuple(each for each in load_creators() if each.handle == handle)
    sold_by = sellers(creators, PEOPLE)
    traders = {*roles, *(person.role for person in sold_by)} - {"staff"}
    async with open_services(read_settings(env), "chenu-demo") as services:
        await insert_people(sold_by)
        staff = await act_as("staff")
        for role in traders:
            account_id = (await act_as(role)).require_account(ApiScope.MARKETPLACE)
            await set_override(staff, account_id, _TRADE)
        await open_store(services, creators, business_now())


def _describe(group: Group, env: dict[str, str], roles: Collection[str]) -> dict[str, object]:
    people = [
        {"role": person.role, "email": person.email, "password": PASSWORD}
        for person in PEOPLE
        if person.role in roles
    ]
    return {"storefront": group.web_url, "sandbox": env["STRIPE_API_BASE"], "people": people}


if __name__ == "__main__":
    main()
