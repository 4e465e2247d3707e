"""The product on its machines: Stripe's sandbox, web processes and workers beside their poolers."""

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from bench.scale.places import (
    DIRECT_URL,
    IPS,
    PASSWORD,
    REPLICA_PORTS,
    STRIPE_URL,
    URL,
    USER,
    WEBS,
    WORKERS,
)
from bench.scale.recipes import fill_in
from bench.scale.stack import Stack, wait_until
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.core.migrations import apply_migrations
from chenu.flows.composition import EVENTS
from chenu.flows.mirrors.bootstrap import bootstrap_stripe
from chenu.settings import SANDBOX_KEY, Settings, read_settings

ROOT = Path(__file__).parents[2]
SECRET = "a secret of this run, long enough to be one"  # noqa: S105 - protects nothing
CALLS_PER_MINUTE = 1_000_000
_PORT = 8000


@dataclass
class Product:
    """`env` is of each process; `code` is the checkout that each runs."""

    stack: Stack
    env: dict[str, str] = field(default_factory=dict)
    code: dict[str, Path] = field(default_factory=dict)

    def start(self, webs: int, workers: int = len(WORKERS)) -> None:
        """Over an empty database. Raises StartError."""
        asyncio.run(_make_database())
        self._start_sandbox()
        self.env = _make_env(self.stack.folder)
        self.env |= asyncio.run(_register_webhooks(self.settings))
        for name in (*WEBS[:webs], *WORKERS[:workers]):
            self.stack.start_pooler(name)
            self.start_process(name)
        for name in WEBS[:webs]:
            self.wait_ready(name)
        wait_until(self.is_served, "a web process behind HAProxy")

    def add_web(self, name: str) -> None:
        """Another web process, which HAProxy finds by itself; returns when it serves."""
        self.stack.start_pooler(name)
        self.restart(name)

    @property
    def settings(self) -> Settings:
        """Of this process, which is beside no pooler."""
        return read_settings({**self.env, "DATABASE_URL": DIRECT_URL, "DATABASE_DIRECT_URL": ""})

    @property
    def webs(self) -> list[str]:
        """Those that run."""
        return [name for name in WEBS if "chenu" in self.stack.machines[name].children]

    def restart(self, name: str) -> None:
        """Of one that has ended; returns when it serves."""
        self.start_process(name)
        if name in WEBS:
            self.wait_ready(name)

    def start_process(self, name: str) -> None:
        code = self.code.get(name, ROOT)
        arguments = ["worker"]
        if name in WEBS:
            arguments = ["serve", "--host", IPS[name], "--port", str(_PORT)]
        env = {**self.env, "PYTHONPATH": f"{code}:{code / 'graphql'}"}
        env["DATABASE_REPLICA_URL"] = _read_recipe(name)["DATABASE_REPLICA_URL"]
        command = (sys.executable, "-m", "chenu", *arguments)
        self.stack.machines[name].start("chenu", *command, env=env, cwd=code)

    def wait_ready(self, name: str) -> None:
        wait_until(lambda: _answers(f"http://{IPS[name]}:{_PORT}/readyz"), f"{name} to be ready")

    def is_served(self) -> bool:
        return _answers(f"{URL}/readyz")

    def _start_sandbox(self) -> None:
        machine = self.stack.machines["stripe"]
        command = [sys.executable, "-m", "chenu.sandbox", "--host", machine.ip, "--port", "8421"]
        command += ["--public-url", STRIPE_URL, "--webhook-retry-scale", "0.02", "--plain-pdfs"]
        command += ["--data", str(machine.folder / "sandbox.sqlite")]
        machine.start("sandbox", *command, cwd=ROOT)
        wait_until(lambda: _answers(f"{STRIPE_URL}/_sandbox/clock"), "the sandbox")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


async def _make_database() -> None:
    server = await asyncpg.connect(DIRECT_URL.replace("/chenu", "/postgres"))
    await server.execute("CREATE DATABASE chenu")
    await server.close()
    await apply_migrations(DIRECT_URL)


def _read_recipe(name: str) -> dict[str, str]:
    """deploy/chenu.env of one process."""
    values = {**IPS, "user": USER, "password": PASSWORD, "replica_port": REPLICA_PORTS[name]}
    lines = fill_in("chenu.env", **values).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _make_env(folder: Path) -> dict[str, str]:
    """Of every process, with what belongs to this run."""
    return _read_recipe(WEBS[0]) | {
        "CHENU_MODE": "test",
        "CHENU_SECRET": SECRET,
        "CHENU_MAIL_FOLDER": str(folder / "mails"),
        "CHENU_MEDIA_STORE": str(folder / "media"),
        "CHENU_CALLS_PER_MINUTE": str(CALLS_PER_MINUTE),
        "STRIPE_MODE": "sandbox",
        "STRIPE_KEY": SANDBOX_KEY,
        "STRIPE_API_BASE": STRIPE_URL,
    }


async def _register_webhooks(settings: Settings) -> dict[str, str]:
    """Secrets of the endpoints, which are settings of the processes."""
    stripe = StripeCatalogue(settings.stripe)
    try:
        outcomes = await bootstrap_stripe(stripe, settings.public_url, EVENTS)
    finally:
        await stripe.close()
    secrets = {outcome.what: outcome.secret for outcome in outcomes if outcome.secret}
    snapshots = [secrets[f"webhook endpoint {name}"] or "" for name in ("snapshot", "connect")]
    return {
        "STRIPE_WEBHOOK_SECRETS": ",".join(snapshots),
        "STRIPE_THIN_SECRETS": secrets["webhook endpoint thin"] or "",
    }
