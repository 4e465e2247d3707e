"""A real streaming replica of the tests' PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.core import db
from chenu.core.recent_writes import GROUPS
from chenu.core.replica import Replica
from chenu.core.staleness import ReadKind
from chenu.demo.engines import postgres_program, start_postgres, unprivileged_user
from chenu.demo.processes import Child, drop_rights
from tests.conftest import Engines
from tests.waiting import until

LAG_SECONDS = 2.0
"""What every kind of read allows, unless a test says otherwise."""
LONG_SECONDS = 120.0
"""Longer than any test."""


@dataclass
class RunningReplica:
    """`url` is of the same database as the primary's."""

    child: Child
    url: str

    async def ask(self, sql: str) -> object:
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    async def until(self, sql: str) -> None:
        """Until the answer is true there."""

        async def is_true() -> bool:
            return bool(await self.ask(sql))

        await until(is_true, sql)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Meanwhile it gets what the primary writes, and shows none of it."""
        await self.ask("SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            await self.ask("SELECT pg_wal_replay_resume()")

    def stop(self) -> None:
        self.child.ask_to_stop()
        self.child.wait_stopped(10)

    def start(self) -> None:
        """Returns before it accepts connections."""
        self.child.start()


@contextmanager
def open_replica(engines: Engines) -> Iterator[RunningReplica]:
    """Made by pg_basebackup; follows the primary until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-replica-"))
    child: Child | None = None
    try:
        _copy(engines.postgres_url, folder)
        child, url = start_postgres(folder, durable=False)
        database = engines.postgres_url.rpartition("/")[2]
        yield RunningReplica(child, f"{url}/{database}")
    finally:
        if child is not None:
            child.ask_to_stop()
            child.wait_stopped(10)
        shutil.rmtree(folder, ignore_errors=True)


def _copy(primary_url: str, folder: Path) -> None:
    user = unprivileged_user()
    folder.chmod(0o755)
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(data, user)
    command = [str(postgres_program("pg_basebackup")), "--dbname", primary_url]
    command += ["--pgdata", str(data), "--write-recovery-conf", "--checkpoint", "fast"]
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    subprocess.run([*command, "--no-sync"], **drop_rights(user), cwd="/", env=env, check=True)


@asynccontextmanager
async def read_by_product(url: str) -> AsyncIterator[Replica]:
    before = db.ENGINE.config
    bounds = dict.fromkeys(ReadKind, LAG_SECONDS)
    db.configure(before["dsn"], application="tests", replica_url=url, bounds=bounds)
    opened, db.ENGINE.config = db.REPLICA, before
    assert opened is not None
    opened.start()
    try:
        yield opened
    finally:
        db.REPLICA = None
        await opened.stop()


async def until_probed(replica: Replica) -> None:
    """Once more, from its beginning to its end."""
    for _ in range(2):
        await replica._probed.wait()


async def until_fit(replica: Replica) -> None:
    async def is_fit() -> bool:
        return replica.is_fit

    await until(is_fit, "a replica that is read")


async def until_unfit(replica: Replica) -> None:
    async def is_unfit() -> bool:
        return not replica.is_fit

    await until(is_unfit, "a replica that lags")


async def until_older_than(replica: Replica, seconds: float) -> None:
    async def is_older() -> bool:
        return replica.lag_seconds > seconds

    await until(is_older, "a lag")


async def until_caught_up(replica: Replica) -> None:
    """It has all that was written until now."""
    position = await db.read_position()

    async def has_replayed() -> bool:
        return replica.is_fit and replica.has_replayed(position)

    await until(has_replayed, "a replica that has caught up")


async def remember_long_ago(valkey: Redis | RedisCluster) -> None:
    """As a Valkey that has been there for so long that it has all notes that count."""
    for group in GROUPS:
        await valkey.set(group, 0)
