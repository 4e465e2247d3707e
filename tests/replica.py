"""A real streaming replica of the tests' PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chenu.demo.engines import postgres_program, start_postgres, unprivileged_user
from chenu.demo.processes import Child, drop_rights
from tests.conftest import Engines


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
