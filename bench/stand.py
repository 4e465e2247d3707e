"""Engines, filled databases and one server process per subject, all on this machine."""

import asyncio
import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from bench.fill import fill
from bench.requests import WEBHOOK_SECRET
from chenu.core.migrations import apply_migrations
from chenu.demo.engines import start_postgres, start_valkey
from chenu.demo.processes import Child, free_port

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".chenu-bench"
STORE, LIBRARY = "store", "library"
AGENTS = {STORE: 10_000, LIBRARY: 100_000}
"""Databases and how many agents each holds."""
SECRET = "a secret of the bench, long enough to be one"  # noqa: S105 - protects nothing
_UP_SECONDS = 60


@dataclass
class Stand:
    """URLs of the engines; starts servers and stops them all."""

    postgres_url: str
    redis_url: str
    children: list[Child]

    def database(self, name: str) -> str:
        return f"{self.postgres_url}/{name}"

    def serve(self, name: str, command: list[str], env: dict[str, str]) -> int:
        """Start a server; its port, once it accepts. `command` gets it as its last argument."""
        port = self._launch(name, command, env)
        self.children[-1].wait_until(lambda: _accepts(port), _UP_SECONDS)
        return port

    def _launch(self, name: str, command: list[str], env: dict[str, str]) -> int:
        port = free_port()
        whole = {**os.environ, "BENCH_DATABASE_URL": self.database(STORE), **env}
        log = FOLDER / "logs" / f"{name}.log"
        log.unlink(missing_ok=True)
        child = Child(name, [*command, str(port)], log, env=whole, cwd=ROOT)
        child.start()
        self.children.append(child)
        return port

    def serve_product(self, name: str = "product", *, is_metering: bool = True) -> int:
        port = self.start_product(name, is_metering=is_metering)
        self.children[-1].wait_until(lambda: _serves(port), _UP_SECONDS)
        return port

    def start_product(self, name: str, *, is_metering: bool = True) -> int:
        """Its port, which nobody answers yet. As in production: no clock that can be moved, logs at
        INFO. The load comes from one address, which may call as often as any.
        """
        env = {
            "CHENU_DATA": str(FOLDER),
            "CHENU_MODE": "production",
            "DATABASE_URL": self.database(STORE),
            "REDIS_URL": self.redis_url,
            "CHENU_PUBLIC_URL": "https://127.0.0.1",
            "CHENU_SECRET": SECRET,
            "STRIPE_MODE": "live",
            "STRIPE_KEY": "rk_live_of_the_bench_that_is_never_used",
            "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "SMTP_URL": "smtp://127.0.0.1:9",
            "CHENU_CALLS_PER_MINUTE": "1000000",
            "CHENU_METERING": "on" if is_metering else "off",
            "PYTHONDONTWRITEBYTECODE": "",  # set here, each start would compile 1,000 modules
        }
        return self._launch(name, [sys.executable, "-m", "chenu", "serve", "--port"], env)

    def serve_plain(self) -> int:
        """The plain route under the server that the product uses."""
        return self.serve("plain", [sys.executable, "-m", "bench.plain"], {})

    def serve_limited(self) -> int:
        """An empty route behind the product's limiter, under the product's server."""
        env = {"BENCH_REDIS_URL": self.redis_url}
        return self.serve("limited", [sys.executable, "-m", "bench.limited"], env)

    def serve_node_peer(self, name: str, node: Path, app: Path) -> int:
        """Under the server that each brings, as their users run them in production."""
        return self.serve(name, [str(node), str(app)], {"NODE_ENV": "production"})

    def serve_peer(self, name: str, python: Path, folder: Path, app: str) -> int:
        """Others under uvicorn, as their users run them, with its fastest loop and parser."""
        options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
        command = [str(python), "-m", "uvicorn", f"{app}:app", "--app-dir", str(folder), *options]
        env = {"BENCH_REDIS_URL": self.redis_url}
        return self.serve(name, [*command, "--log-level", "warning", "--port"], env)


@contextmanager
def open_stand(*names: str) -> Iterator[Stand]:
    """With these databases."""
    children: list[Child] = []
    try:
        data = FOLDER / "engines"
        _forget_other_data(data)
        postgres, postgres_url = start_postgres(data, connections=400)
        children.append(postgres)
        valkey, redis_url = start_valkey(data)
        children.append(valkey)
        stand = Stand(postgres_url, redis_url, children)
        asyncio.run(_make_databases(stand, names))
        yield stand
    finally:
        for child in reversed(children):
            child.ask_to_stop()
        for child in reversed(children):
            child.wait_stopped(10)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _serves(port: int) -> bool:
    """The product's port accepts before the product serves: the first requests may be cut off."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _forget_other_data(data: Path) -> None:
    """Filled databases are reused until the schema or the filling code changes."""
    sources = [Path(__file__).with_name("fill.py"), *sorted((ROOT / "migrations").rglob("*.*"))]
    made_by = hashlib.sha256(repr(AGENTS).encode())
    for path in sources:
        if path.suffix in (".py", ".sql"):
            made_by.update(path.read_bytes())
    mark = data / "made-by"
    if not mark.exists() or mark.read_text() != made_by.hexdigest():
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        mark.write_text(made_by.hexdigest())


async def _make_databases(stand: Stand, names: Sequence[str]) -> None:
    """A database is renamed to its final name once it is filled."""
    connection = await asyncpg.connect(f"{stand.postgres_url}/postgres")
    known = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    for name in set(names) - known:
        draft = f"{name}_draft"
        print(f"filling a database with {AGENTS[name]:,} agents", file=sys.stderr)
        await connection.execute(f"DROP DATABASE IF EXISTS {draft}")
        await connection.execute(f"CREATE DATABASE {draft}")
        await apply_migrations(stand.database(draft))
        await fill(stand.database(draft), AGENTS[name])
        await connection.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
    await connection.close()
    for name in names:
        await settle(stand.database(name))


async def settle(url: str) -> None:
    """Empties the inbox's queue: without a worker the web process would handle it."""
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE stripe_event, stripe_event_key, pgqueuer, pgqueuer_log")
    await connection.execute("CHECKPOINT")
    await connection.close()
