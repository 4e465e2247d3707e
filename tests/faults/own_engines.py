"""PostgreSQL and Valkey of a test's own, which it may stop, kill and start again."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chenu.core import db
from chenu.demo.engines import start_postgres, start_valkey
from chenu.demo.processes import Child
from chenu.flows.composition import open_services
from tests.conftest import Engines, describe_engines, make_database
from tests.faults.stand import Stand, open_stand
from tests.waiting import until

_UP_SECONDS = 30


@dataclass
class Alone:
    """A stand with the engines below it."""

    stand: Stand
    postgres: Child
    valkey: Child

    async def begin(self) -> None:
        """For the next test: starts everything that is stopped."""
        await self.start_postgres()
        await self.start_valkey()
        await self.stand.begin()

    def stop_postgres(self, how: signal.Signals) -> None:
        """SIGINT is a fast stop, SIGQUIT an immediate one."""
        self.postgres.ask_to_stop(how)
        self.postgres.wait_stopped(10)

    async def start_postgres(self) -> None:
        """Waits until it accepts connections, and retries while old backends still end."""
        deadline = time.monotonic() + _UP_SECONDS
        while not await self._takes_connections():
            assert time.monotonic() < deadline, self.postgres.last_words()
            if not self.postgres.is_running():
                self.postgres.start()
            await asyncio.sleep(0.05)

    async def terminate_all_backends(self) -> None:
        connection = await asyncpg.connect(self.stand.engines.postgres_url)
        sql = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
        assert await connection.fetchval(sql) > 0
        await connection.close()

    def kill_valkey(self) -> None:
        self.valkey.ask_to_stop(signal.SIGKILL)
        self.valkey.wait_stopped(10)

    async def start_valkey(self) -> None:
        """Unless it runs; waits until it answers."""
        if not self.valkey.is_running():
            self.valkey.start()
        client = Redis.from_url(self.stand.engines.redis_url)

        async def answers() -> bool:
            with contextlib.suppress(RedisError):
                return bool(await client.ping())
            return False

        await until(answers)
        await client.aclose()

    async def _takes_connections(self) -> bool:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(self.stand.engines.postgres_url, timeout=5)
            await connection.close()
            return True
        return False


@asynccontextmanager
async def open_alone(shared: Engines, **env: str) -> AsyncIterator[Alone]:
    """The product over engines of its own; the sandbox is the shared one. `env`: more settings."""
    # PostgreSQL's user must be able to reach the folder
    folder = Path(tempfile.mkdtemp(prefix="chenu-alone-"))
    children: list[Child] = []
    try:
        postgres, postgres_url = start_postgres(folder, durable=False)
        children.append(postgres)
        valkey, redis_url = start_valkey(folder)
        children.append(valkey)
        url = f"{postgres_url}/chenu"
        engines = describe_engines(folder, url, redis_url, shared.sandbox_url)
        async with own_pool(), AsyncExitStack() as opened:
            await make_database(postgres_url)
            services = await opened.enter_async_context(open_services(engines.settings, "chenu"))
            stand = await opened.enter_async_context(open_stand(engines, services, folder, **env))
            yield Alone(stand, postgres, valkey)
    finally:
        for child in reversed(children):
            child.ask_to_stop()
            child.wait_stopped(10)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def own_pool() -> AsyncIterator[None]:
    """Meanwhile this process's pool is replaced."""
    pool, config = db.ENGINE.pool, db.ENGINE.config
    db.ENGINE.pool = None
    try:
        yield
    finally:
        db.ENGINE.pool, db.ENGINE.config = pool, config
