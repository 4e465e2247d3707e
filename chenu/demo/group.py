"""The processes of a demo: engines, sandbox, web and worker, started and ended together."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import asyncpg
import httpx

from chenu.demo import state as demo_state
from chenu.demo.engines import start_postgres, start_valkey
from chenu.demo.processes import Child, StartError, earlier_port
from chenu.demo.state import DemoState
from chenu.settings import SANDBOX_KEY

SANDBOX_FILE = "sandbox.sqlite"
_STOP_SECONDS = 3.0
_UP_SECONDS = 60.0
_DATABASE = "chenu"


class Group:
    """The processes in the order in which they were started.

    Engines that `outside` names (DATABASE_URL, REDIS_URL) replace ours. Not `durable`: a crash of
    the machine may spoil the database, which is only for one that is thrown away.
    """

    def __init__(
        self, folder: Path, port: int, outside: Mapping[str, str], *, durable: bool = True
    ) -> None:
        self.folder = folder
        self.port = port
        self._outside = outside
        self._durable = durable
        self._children: list[Child] = []
        self._logs = folder / "logs"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_engines(self, state: DemoState, options: Sequence[str] = ()) -> dict[str, str]:
        """Starts engines and sandbox, which gets the options, in parallel.

        Returns the environment that the processes share.
        """
        sandbox, sandbox_url = self._begin_sandbox(self.sandbox_port(state), options)
        database, cache = self._start_postgres(), self._start_valkey()
        sandbox.wait_until(lambda: _answers(f"{sandbox_url}/_sandbox/clock"), _UP_SECONDS)
        return self.environment(state, database, cache, sandbox_url)

    def sandbox_port(self, state: DemoState) -> int:
        state.sandbox_port = earlier_port(state.sandbox_port)
        demo_state.save_state(self.folder, state)
        return state.sandbox_port

    def _start_postgres(self) -> str:
        outside = self._outside.get("DATABASE_URL")
        if outside:
            return outside
        child, url = start_postgres(self.folder, durable=self._durable)
        self._children.append(child)
        asyncio.run(_ensure_database(url))
        return f"{url}/{_DATABASE}"

    def _start_valkey(self) -> str:
        outside = self._outside.get("REDIS_URL")
        if outside:
            return outside
        child, url = start_valkey(self.folder)
        self._children.append(child)
        return url

    def _begin_sandbox(self, port: int, options: Sequence[str]) -> tuple[Child, str]:
        """Does not wait for it, so that engines and sandbox start at the same time."""
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "chenu.sandbox", "--port", str(port)]
        command += ["--data", str(self.folder / SANDBOX_FILE), "--public-url", url, *options]
        child = Child("Stripe sandbox", command, self._logs / "sandbox.log")
        self._children.append(child)
        child.start()
        return child, url

    def start_beside(self, child: Child, url: str) -> None:
        """One more process, which is ready when `url` answers. Raises StartError."""
        self._children.append(child)
        child.start()
        child.wait_until(lambda: _answers(url), _UP_SECONDS)

    def start_faces(self, env: Mapping[str, str]) -> None:
        """Web process and worker; returns when both are ready."""
        ready_file = self.folder / "worker.ready"
        ready_file.unlink(missing_ok=True)
        web = self._start_face("web", env, ["serve", "--port", str(self.port)])
        worker = self._start_face("worker", env, ["worker", "--ready-file", str(ready_file)])
        web.wait_until(lambda: _answers(f"{self.web_url}/readyz"), _UP_SECONDS)
        worker.wait_until(ready_file.exists, _UP_SECONDS)

    def _start_face(self, name: str, env: Mapping[str, str], words: Sequence[str]) -> Child:
        command = [sys.executable, "-m", "chenu", *words]
        child = Child(name, command, self._logs / f"{name}.log", env={**os.environ, **env})
        self._children.append(child)
        child.start()
        return child

    def watch(self) -> None:
        """Never returns: raises StartError if a process ended by itself."""
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
        self._stop([child for child in self._children if child not in engines])
        self._stop(engines)

    def stop_faces(self) -> None:
        """Web and worker; engines and sandbox go on."""
        self._stop([child for child in self._children if child.name in ("web", "worker")])

    def _stop(self, children: Sequence[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + _STOP_SECONDS / 2
        for child in children:
            child.wait_stopped(deadline - time.monotonic())

    def environment(
        self, state: DemoState, database: str, cache: str, sandbox: str
    ) -> dict[str, str]:
        return {
            "CHENU_DATA": str(self.folder),
            "CHENU_MODE": "demo",
            "DATABASE_URL": database,
            "REDIS_URL": cache,
            "CHENU_PUBLIC_URL": self.web_url,
            "CHENU_SECRET": state.secret,
            "CHENU_MAIL_FOLDER": str(self.folder / "mails"),
            "CHENU_MEDIA_STORE": str(self.folder / "media"),
            "CHENU_WEBHOOK_LOOPBACK": "on",
            "STRIPE_MODE": "sandbox",
            "STRIPE_KEY": SANDBOX_KEY,
            "STRIPE_API_BASE": sandbox,
            **webhook_secrets(state),
        }


def webhook_secrets(state: DemoState) -> dict[str, str]:
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


@cache
def _client() -> httpx.Client:
    """One for all questions: each new one loads the machine's certificates, which takes 50 ms."""
    return httpx.Client(timeout=1)


def _answers(url: str) -> bool:
    try:
        return _client().get(url).status_code == 200
    except httpx.HTTPError:
        return False
