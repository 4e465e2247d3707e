"""A demo with nothing in it but some of its people, and a time of its own.

`python -m tests.demo.empty MOMENT ROLE...`, with CHENU_DATA; started by tests/demo/running.py. It
has no history, so that time passes in it in seconds.
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

from chenu.demo import state as demo_state
from chenu.demo.group import Group
from chenu.demo.people import PASSWORD, PEOPLE
from chenu.demo.processes import free_port
from chenu.demo.record import prepare_empty
from chenu.demo.seed import insert_people
from chenu.demo.state import DemoState
from chenu.flows.composition import open_services
from chenu.settings import read_settings


def main(begins_at: datetime, roles: Collection[str]) -> None:
    """Until SIGTERM; prints the READY line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(os.environ["CHENU_DATA"])
    group = Group(folder, free_port(), outside={})
    try:
        state = DemoState()
        options = ["--clock", str(int(begins_at.timestamp())), "--plain-pdfs"]
        env = group.start_engines(state, options)
        asyncio.run(_found(env, state, roles))
        demo_state.announce(folder, env)
        group.start_faces(env)
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


def _describe(group: Group, env: dict[str, str], roles: Collection[str]) -> dict[str, object]:
    people = [
        {"role": person.role, "email": person.email, "password": PASSWORD}
        for person in PEOPLE
        if person.role in roles
    ]
    return {"storefront": group.web_url, "sandbox": env["STRIPE_API_BASE"], "people": people}


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]), sys.argv[2:])
