"""What is broken under load, one after the other, and how each is mended."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from bench.scale.deploying import Deployment
from bench.scale.places import DATABASES, IPS, PASSWORD, USER, WEBS
from bench.scale.product import Product
from bench.scale.stack import Stack, wait_until
from bench.scale.valkey_cluster import find_masters
from chenu.demo.processes import StartError

_HEALTHY_SECONDS = 120


@dataclass(frozen=True)
class Broken:
    """`breaks`, and `lasts` seconds later `mends`, which ends when all is as it was before."""

    key: str
    name: str
    breaks: Callable[[], Awaitable[None]]
    mends: Callable[[], Awaitable[None]]
    lasts: float = 8


class Faults:
    """Of the running product."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._stack: Stack = product.stack
        self._hit: list[str] = []
        """Machines that the current fault has struck."""

    def list_all(self) -> list[Broken]:
        """The gentle ones first."""
        roll = Deployment(self._product).roll
        return [
            Broken("none", "nothing", _rest, _rest, 5),
            Broken("web", "`kill -9` of one of three web processes", self._kill_web, self._start),
            Broken("worker", "`kill -9` of one of two workers", self._kill_worker, self._start),
            Broken("valkey", "`kill -9` of a Valkey master", self._kill_valkey, self._start_valkey),
            Broken("lag", "one of two replicas lags by 35 s", self._pause, self._resume, 35),
            Broken(
                "postgres", "`kill -9` of the primary's PostgreSQL", self._kill_server, self._heal
            ),
            Broken("switch", "another primary, as planned", self._switch_over, self._heal),
            Broken("machine", "the primary's machine is gone", self._kill_all, self._revive, 35),
            Broken("partition", "the primary parted from its replicas", self._part, self._join, 35),
            Broken("deploy", "a new version with a migration", roll, _rest, 0),
        ]

    async def _kill_web(self) -> None:
        self._kill(WEBS[0])

    async def _kill_worker(self) -> None:
        self._kill("work1")

    def _kill(self, name: str) -> None:
        self._hit = [name]
        self._stack.machines[name].kill("chenu")

    async def _start(self) -> None:
        for name in self._hit:
            await asyncio.to_thread(self._product.restart, name)

    async def _kill_valkey(self) -> None:
        name, port = (await find_masters())[0]
        self._hit = [name, str(port)]
        self._stack.machines[name].kill(f"valkey{port}")

    async def _start_valkey(self) -> None:
        name, port = self._hit
        self._stack.start_valkey(name, int(port))

    async def _pause(self) -> None:
        """One that some of the processes read, while others read the one that goes on."""
        self._hit = self._stack.replicas()[:1]
        await _ask(self._hit[0], "SELECT pg_wal_replay_pause()")

    async def _resume(self) -> None:
        await _ask(self._hit[0], "SELECT pg_wal_replay_resume()")

    async def _kill_server(self) -> None:
        name = self._find_primary()
        os.kill(self._stack.postmaster(name), signal.SIGKILL)

    async def _switch_over(self) -> None:
        """As before the machine of the primary is maintained."""
        await asyncio.to_thread(self._stack.switch_over, self._find_primary())

    async def _kill_all(self) -> None:
        self._stack.machines[self._find_primary()].kill_all()

    async def _revive(self) -> None:
        self._stack.start_etcd(self._hit[0])
        self._stack.start_patroni(self._hit[0])
        await self._heal()

    async def _part(self) -> None:
        name = self._find_primary()
        others = [self._stack.machines[each] for each in DATABASES if each != name]
        self._stack.machines[name].part_from(*others)

    async def _join(self) -> None:
        name = self._hit[0]
        others = [self._stack.machines[each] for each in DATABASES if each != name]
        self._stack.machines[name].join(*others)
        await self._heal()

    def _find_primary(self) -> str:
        name = self._stack.primary()
        if name is None:
            raise StartError("there is no primary to break")
        self._hit = [name]
        return name

    async def _heal(self) -> None:
        """Until there are a primary and two replicas again, one of them synchronous."""
        what = "a primary and two replicas"
        await asyncio.to_thread(wait_until, self._stack.is_healthy, what, _HEALTHY_SECONDS)


async def _rest() -> None:
    return


async def _ask(name: str, sql: str) -> None:
    connection = await asyncpg.connect(host=IPS[name], user=USER, password=PASSWORD)
    await connection.execute(sql)
    await connection.close()
