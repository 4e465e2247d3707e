"""`chenu demo`: engines, sandbox, web and worker as one group that starts and ends together."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FrameType

import click
import httpx

from chenu.core.business_clock import follow_clock
from chenu.core.errors import ChenuError
from chenu.core.migrations import apply_migrations
from chenu.demo import state as demo_state
from chenu.demo.api_plan import buy_api_plan
from chenu.demo.beginning import Beginning, read_time
from chenu.demo.bootstrap import bootstrap
from chenu.demo.group import Group, webhook_secrets
from chenu.demo.history import BadHistory
from chenu.demo.identity_provider import ProviderSettings
from chenu.demo.legal import make_statements
from chenu.demo.open_matters import leave_open
from chenu.demo.pause import excuse_pause
from chenu.demo.people import PASSWORD, PEOPLE
from chenu.demo.pictures import hang_pictures
from chenu.demo.processes import StartError, free_port, require_free_port
from chenu.demo.recommendations import recommend
from chenu.demo.single_sign_on import (
    NEWCOMER,
    connect,
    describe_people,
    disconnect,
    start_provider,
)
from chenu.demo.state import DemoState
from chenu.flows.composition import open_services
from chenu.settings import SettingError, read_settings


class Stopped(Exception):
    """Ctrl-C or SIGTERM ended the demo."""


def run_demo(folder: Path, *, port: int, fresh: bool, history: Path, sso: bool = False) -> int:
    """Runs until Ctrl-C or SIGTERM; returns the exit status.

    Every process is stopped in any case.
    """
    warnings.simplefilter("ignore")
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _raise_stopped)
    demo = Demo(folder, port, history, sso=sso)
    try:
        with _only_one(folder):
            if fresh:
                _forget(folder)
            demo.start()
            demo.watch()
    except Stopped:
        return 0
    except (StartError, BadHistory, SettingError, ChenuError, OSError) as error:
        click.echo(f"chenu demo: {error}", err=True)
        return 1
    finally:
        demo.stop()
    return 1


def _raise_stopped(signal_number: int, frame: FrameType | None) -> None:
    raise Stopped


class Demo:
    """A group of processes over a history that goes on where its file ends.

    `sso`: with an identity provider.
    """

    def __init__(self, folder: Path, port: int, history: Path, *, sso: bool = False) -> None:
        self._folder = folder
        self._history = history
        self._sso = sso
        self._group = Group(folder, port, os.environ)

    def start(self) -> None:
        """Prints progress, then the READY line. Raises StartError, BadHistory."""
        group = self._group
        group.port = group.port or free_port()
        require_free_port(group.port)
        state = demo_state.load_state(self._folder)
        self._check_settings(state)
        beginning = Beginning(group, state, self._history)
        options = asyncio.run(beginning.prepare(os.environ.get("DATABASE_URL")))
        provider = self._start_provider(state)
        say("engines and the Stripe sandbox")
        env = group.start_engines(state, options)
        asyncio.run(self._prepare(env, state, beginning))
        asyncio.run(_connect(env, provider))
        demo_state.announce(self._folder, env)
        say("web and worker")
        group.start_faces(env)
        asyncio.run(_let_people_act(env))
        click.echo(f"READY {json.dumps(self._describe(env), ensure_ascii=False)}")
        sys.stdout.flush()

    def _start_provider(self, state: DemoState) -> ProviderSettings | None:
        """First of all, because it may have to be fetched. Raises StartError."""
        if not self._sso:
            return None
        say("the identity provider, which npm fetches the first time")
        return start_provider(self._group, state)

    def _check_settings(self, state: DemoState) -> None:
        """Reads the environment's settings before anything starts. Raises SettingError."""
        database = os.environ.get("DATABASE_URL", "postgresql://127.0.0.1/chenu")
        cache = os.environ.get("REDIS_URL", "redis://127.0.0.1")
        env = self._group.environment(state, database, cache, "http://127.0.0.1")
        read_settings({**os.environ, **env})

    async def _prepare(self, env: dict[str, str], state: DemoState, beginning: Beginning) -> None:
        """The history, schema, products at Stripe; a second start changes nothing."""
        since = time.monotonic()
        if await beginning.load(env["DATABASE_URL"], env["STRIPE_API_BASE"]):
            say(f"its history was loaded, in {time.monotonic() - since:.1f} s")
        await apply_migrations(env["DATABASE_URL"])
        await bootstrap(read_settings(env), state)
        demo_state.save_state(self._folder, state)
        env.update(webhook_secrets(state))
        await _show_pictures(env)
        await _write_what_is_of_today(env)
        now = await read_time(env["STRIPE_API_BASE"])
        say(f"its time is {now:%Y-%m-%d %H:%M} UTC, which `chenu sandbox advance` moves on")

    def watch(self) -> None:
        """Never returns: raises Stopped, or StartError if a process ended by itself."""
        self._group.watch()

    def stop(self) -> None:
        """All within five seconds."""
        self._group.stop()
        demo_state.withdraw(self._folder)

    def _describe(self, env: dict[str, str]) -> dict[str, object]:
        web = env["CHENU_PUBLIC_URL"]
        directory = {"directory": describe_people()} if self._sso else {}
        return {
            **directory,
            "storefront": web,
            "graphql": f"{web}/graphql",
            "sandbox": env["STRIPE_API_BASE"],
            "mail": f"{web}/demo/mail",
            "people": [
                {
                    "email": person.email,
                    "password": PASSWORD,
                    "role": person.role,
                    "tier": person.tier,
                    "state": person.state,
                }
                for person in PEOPLE
            ],
        }


async def _show_pictures(env: dict[str, str]) -> None:
    """A demo begins without them too; its next start tries again."""
    try:
        async with open_services(read_settings(env), "chenu-demo") as services:
            await hang_pictures(services)
    except ChenuError as error:
        say(f"without pictures of agents: {error}")


async def _write_what_is_of_today(env: dict[str, str]) -> None:
    """What the history's file leaves out, in business time."""
    settings = read_settings(env)
    async with open_services(settings, "chenu-demo") as services:
        await follow_clock(settings)
        await excuse_pause()
        await make_statements(services)
        await _unless_refused("open matters", leave_open())


async def _connect(env: dict[str, str], provider: ProviderSettings | None) -> None:
    """To the identity provider; a demo without one sends nobody there. Raises ChenuError."""
    settings = read_settings(env)
    async with open_services(settings, "chenu-demo") as services:
        await follow_clock(settings)
        if provider is None:
            await disconnect()
            return
        await connect(services, provider)
    say(
        f"single sign-on: at {settings.public_url}/sign-in enter {NEWCOMER.mailbox} without a "
        f"password; the organisation's provider ({provider.issuer}) takes {PASSWORD}"
    )


async def _let_people_act(env: dict[str, str]) -> None:
    """What the web process and the worker have a part in."""
    settings = read_settings(env)
    async with (
        open_services(settings, "chenu-demo") as services,
        httpx.AsyncClient(base_url=env["STRIPE_API_BASE"]) as sandbox,
    ):
        await follow_clock(settings)
        await _unless_refused("an API plan", buy_api_plan(services, sandbox))
        await _unless_refused("customers of an affiliate", recommend(services, sandbox))


async def _unless_refused(what: str, act: Awaitable[None]) -> None:
    """In a folder whose people have done something else already it may be."""
    try:
        await act
    except ChenuError as error:
        say(f"without {what}: {error}")


def say(step: str) -> None:
    click.echo(f"demo: {step}", err=False)
    sys.stdout.flush()


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """One demo per data folder; raises StartError for a second."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartError(f"a demo runs with the data of {folder} already") from None
        yield


def _forget(folder: Path) -> None:
    """Deletes everything of earlier runs, except the lock that we hold."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()
