"""A real PgBouncer before the tests' PostgreSQL, by the recipe of deploy/."""

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.scale.recipes import write_pgbouncer
from chenu.core import db
from chenu.demo.engines import unprivileged_user
from chenu.demo.processes import Child, free_port
from tests.faults.own_engines import own_pool
from tests.programs import find_program

ROOT = Path(__file__).parents[1]
SESSIONS = 2
"""Few, so that each is shared by whoever works at the same time."""


@contextmanager
def open_pooler(database_url: str, *, has_query: bool = True) -> Iterator[str]:
    """The URL of the same database through the pooler. `has_query` False: without our settings."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-pooler-"))
    folder.chmod(0o777)
    server, port = urlsplit(database_url), free_port()
    path = write_pgbouncer(
        folder,
        user="postgres",
        password="of-the-tests",
        primary_host=server.hostname,
        primary_port=server.port,
        ip="127.0.0.1",
        port=port,
        pool_size=SESSIONS,
    )
    if not has_query:
        lines = [line.partition(" connect_query=")[0] for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines))
    child = Child(
        "PgBouncer",
        [find_program("pgbouncer"), str(path)],
        folder / "output.log",
        env={"PATH": os.environ["PATH"]},
        user=unprivileged_user(),
    )
    try:
        child.start()
        child.wait_until(lambda: _accepts(port), 10)
        yield f"postgresql://postgres:of-the-tests@127.0.0.1:{port}{server.path}"
    finally:
        child.ask_to_stop()
        child.wait_stopped(5)
        shutil.rmtree(folder, ignore_errors=True)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def pooled(url: str, direct_url: str) -> AsyncIterator[None]:
    """Meanwhile this process's connections are made through the pooler."""
    async with own_pool():
        db.configure(url, application="chenu-tests", direct_url=direct_url)
        try:
            await db.start()
            yield
        finally:
            await db.stop()
            db.DIRECT = None
