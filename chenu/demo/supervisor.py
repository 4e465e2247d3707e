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
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import asyncpg
import click
import httpx

from chenu.core.errors import ChenuError
from chenu.core.migrations import apply_migrations
from chenu.demo import state as demo_state
from chenu.demo.bootstrap import bootstrap
from chenu.demo.engines import start_postgres, start_valkey
from chenu.demo.people import PASSWORD, PEOPLE
from chenu.demo.processes import Child, StartError, free_port, require_free_port
from chenu.demo.seed import seed
from chenu.demo.state import DemoState
from chenu.flows.composition import open_services
from chenu.flows.coupons.campaigns import put_campaigns
from chenu.settings import SANDBOX_KEY, SettingError, read_settings

_STOP_SECONDS = 3.0
_UP_SECONDS = 20.0
_DATABASE = "chenu"


class Stopped(Exception):
    """Ctrl-C or SIGTERM ended the demo."""


def run_demo(folder: Path, *, port: int, fresh: bool) -> int:
    """Runs until Ctrl-C or SIGTERM; returns the exit status.

    Every process is stopped in any case.
    """
    warnings.simplefilter("ignore")
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _raise_stopped)
    demo = Demo(folder, port)
    try:
        with _only_one(folder):
            if fresh:
                _forget(folder)
            demo.start()
            demo.watch()
    except Stopped:
        return 0
    except (StartError, SettingError, ChenuError, OSError) as error:
        click.echo(f"chenu demo: {error}", err=True)
        return 1
    finally:
        demo.stop()
    return 1


def _raise_stopped(signal_number: int, frame: FrameType | None) -> None:
    raise Stopped


class Demo:
    """The group of processes, in the order in which they were started."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._children: list[Child] = []
        self._logs = folder / "logs"

    def start(self) -> None:
        """Prints progress, then the READY line. Raises StartError."""
        self._port = self._port or free_port()
        require_free_port(self._port)
        state = demo_state.load_state(self._folder)
        self._check_settings(state)
        say("engines and the Stripe sandbox")
        env = self._start_engines(state)
        asyncio.run(self._prepare(env, state))
        demo_state.announce(self._folder, env)
        say("web and worker")
        self._start_faces(env)
        click.echo(f"READY {json.dumps(self._describe(env), ensure_ascii=False)}")
        sys.stdout.flush()

    def _check_settings(self, state: DemoState) -> None:
        """Reads the environment's settings before anything starts. Raises SettingError."""
        database = os.environ.get("DATABASE_URL", "postgresql://127.0.0.1/chenu")
        cache = os.environ.get("REDIS_URL", "redis://127.0.0.1")
        env = _environment(self._folder, self._port, state, database, cache, "http://127.0.0.1")
        read_settings({**os.environ, **env})

    def _start_engines(self, state: DemoState) -> dict[str, str]:
        """Starts engines and sandbox in parallel; engines given by the environment replace ours."""
        state.sandbox_port = _keep_or_choose(state.sandbox_port)
        demo_state.save_state(self._folder, state)
        sandbox, sandbox_url = self._begin_sandbox(state.sandbox_port)
        database, cache = self._start_postgres(), self._start_valkey()
        sandbox.wait_until(lambda: _answers(f"{sandbox_url}/_sandbox/clock"), _UP_SECONDS)
        return _environment(self._folder, self._port, state, database, cache, sandbox_url)

    def _start_postgres(self) -> str:
        outside = os.environ.get("DATABASE_URL")
        if outside:
            return outside
        child, url = start_postgres(self._folder)
        self._children.append(child)
        asyncio.run(_ensure_database(url))
        return f"{url}/{_DATABASE}"

    def _start_valkey(self) -> str:
        outside = os.environ.get("REDIS_URL")
        if outside:
            return outside
        child, url = start_valkey(self._folder)
        self._children.append(child)
        return url

    def _begin_sandbox(self, port: int) -> tuple[Child, str]:
        """Does not wait for it, so that engines and sandbox start at the same time."""
        url = f"http://127.0.0.1:{port}"
        data = str(self._folder / "sandbox.sqlite")
        command = [sys.executable, "-m", "chenu.sandbox", "--port", str(port), "--data", data]
        log = self._logs / "sandbox.log"
        child = Child("Stripe sandbox", [*command, "--public-url", url], log)
        self._children.append(child)
        child.start()
        return child, url

    async def _prepare(self, env: dict[str, str], state: DemoState) -> None:
        """Schema, products at Stripe, sample data; a second start changes nothing."""
        await apply_migrations(env["DATABASE_URL"])
        await bootstrap(read_settings(env), state)
        demo_state.save_state(self._folder, state)
        env.update(_secrets(state))
        async with open_services(read_settings(env), "chenu-seed") as services:
            await put_campaigns(services)
            await seed(services, say)

    def _start_faces(self, env: dict[str, str]) -> None:
        python, everything = sys.executable, {**os.environ, **env}
        ready_file = self._folder / "worker.ready"
        ready_file.unlink(missing_ok=True)
        web = Child(
            "web",
            [python, "-m", "chenu", "serve", "--port", str(self._port)],
            self._logs / "web.log",
            env=everything,
        )
        worker = Child(
            "worker",
            [python, "-m", "chenu", "worker", "--ready-file", str(ready_file)],
            self._logs / "worker.log",
            env=everything,
        )
        for child in (web, worker):
            self._children.append(child)
            child.start()
        web.wait_until(lambda: _answers(f"{env['CHENU_PUBLIC_URL']}/readyz"), _UP_SECONDS)
        worker.wait_until(ready_file.exists, _UP_SECONDS)

    def watch(self) -> None:
        """Never returns: raises Stopped, or StartError if a process ended by itself."""
        while True:
            time.sleep(0.5)
            for child in self._children:
                if not child.is_running():
                    raise StartError(f"{child.name} ended: {child.last_words()}")

    def stop(self) -> None:
        """Web and worker first, then the sandbox, then the engines; all within five seconds."""
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, signal.SIG_IGN)
        engines = [child for child in self._children if child.name in ("PostgreSQL", "Valkey")]
        others = [child for child in self._children if child not in engines]
        for group in (others, engines):
            for child in group:
                child.ask_to_stop()
            deadline = time.monotonic() + _STOP_SECONDS / 2
            for child in group:
                child.wait_stopped(deadline - time.monotonic())
        demo_state.withdraw(self._folder)

    def _describe(self, env: dict[str, str]) -> dict[str, object]:
        web = env["CHENU_PUBLIC_URL"]
        return {
            "storefront": web,
            "graphql": f"{web}/graphql",
            "sandbox": env["STRIPE_API_BASE"],
            "mail": f"{web}/demo/mail",
            "people": [
                {"email": person.email, "password": PASSWORD, "role": person.role}
                for person in PEOPLE
            ],
        }


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


def _keep_or_choose(port: int | None) -> int:
    """The sandbox's previous port, so that links of earlier runs still work."""
    if port is not None:
        with contextlib.suppress(StartError):
            require_free_port(port)
            return port
    return free_port()


def _environment(
    folder: Path, port: int, state: DemoState, database: str, cache: str, sandbox: str
) -> dict[str, str]:
    return {
        "CHENU_DATA": str(folder),
        "CHENU_MODE": "demo",
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "CHENU_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CHENU_SECRET": state.secret,
        "CHENU_MAIL_FOLDER": str(folder / "mails"),
        "STRIPE_MODE": "sandbox",
        "STRIPE_KEY": SANDBOX_KEY,
        "STRIPE_API_BASE": sandbox,
        **_secrets(state),
    }


def _secrets(state: DemoState) -> dict[str, str]:
    of_snapshots = filter(None, (state.webhook_secret, state.connect_secret))
    return {
        "STRIPE_WEBHOOK_SECRETS": ",".join(of_snapshots),
        "STRIPE_THIN_SECRETS": state.thin_secret or "",
    }


async def _ensure_database(url: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        await connection.execute(f"CREATE DATABASE {_DATABASE}")
    except asyncpg.DuplicateDatabaseError:
        pass
    finally:
        await connection.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
