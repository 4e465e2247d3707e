"""Throughput of one to four web processes and of one to three replicas: docs/scaling.md.

The machine has few cores, so that each process may take a part of one only: what is added to it
then adds what it would on a machine of its own, as long as the sum leaves cores idle.
"""

import asyncio
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.load import asking
from bench.scale.asked import Asked, list_kinds
from bench.scale.places import DATABASES, IPS, SPARE_DATABASE, WEBS
from bench.scale.product import Product
from bench.scale.shares import Shares
from bench.scale.throughput_report import REPLICAS_COUNTED, WEBS_COUNTED, Cell, describe
from bench.scale.world import make_world

_CORES = os.cpu_count() or 1
_SETTLE_SECONDS, _IDLE_SECONDS, _WARM_SECONDS, _SECONDS = 3.0, 3.0, 3.0, 5.0
_POSTGRES = "postgres"
_READS = re.compile(r'^chenu_replica_reads\{by="(\w+)",kind="\w+"\} ([\d.e+]+)$', re.MULTILINE)


@dataclass(frozen=True)
class _Plan:
    """`web` and `replica`: of a core that each may take, which PostgreSQL alone takes of a replica.

    `connections` of the load for each web process.
    """

    counted: str
    web: float | None
    replica: float | None
    connections: int


_UNLIMITED = _Plan("", None, None, 0)
_WARM_UP = _Plan("", None, 0.3, 8)
"""Slow replicas, so that pools grow to what they will need: at its limit a replica would take too
long over a new connection.
"""
_FOR_WEBS = _Plan(WEBS_COUNTED, 0.15, None, 8)
_FOR_REPLICAS = _Plan(REPLICAS_COUNTED, 0.3, 0.03, 6)


@dataclass(frozen=True)
class _Moment:
    at: float
    answers: int
    used: Mapping[str, float]
    busy: float


@dataclass
class Throughput:
    """Of the running product, with one web process and one replica at first."""

    product: Product
    shares: Shares
    say: Callable[[str], None]
    cells: list[Cell] = field(default_factory=list)
    _idle: Mapping[str, float] = field(default_factory=dict)
    _kinds: list[Asked] = field(default_factory=list)
    _webs: int = 1

    async def run(self) -> None:
        self._kinds = list_kinds(await make_world(self.product.settings))
        self._part_postgres()
        for count in range(1, len(WEBS) + 1):
            if count > 1:
                await asyncio.to_thread(self.product.add_web, WEBS[count - 1])
            self._webs = count
            await self._measure_all(_FOR_WEBS)
        await self._measure_all(_FOR_REPLICAS)
        for name in self._spare():
            await self._add_replica(name)
            await self._measure_all(_FOR_REPLICAS)

    def _spare(self) -> list[str]:
        running = {self.product.stack.primary(), *self.product.stack.replicas()}
        return [name for name in (*DATABASES, SPARE_DATABASE) if name not in running]

    async def _add_replica(self, name: str) -> None:
        """Processes connect anew, so that each replica gets as many of them."""
        stack = self.product.stack
        before = stack.replicas()
        self._limit(_UNLIMITED)
        stack.start_patroni(name)
        await asyncio.to_thread(
            stack.wait_until, lambda: stack.is_healthy(len(before) + 1), f"the replica {name}"
        )
        self._part_postgres()
        await asyncio.sleep(_SETTLE_SECONDS)
        for each in before:
            stack.tell_haproxy(f"shutdown sessions server replica/{each}")

    def _part_postgres(self) -> None:
        """PostgreSQL is limited and measured without the Patroni that started it."""
        for name in (*DATABASES, SPARE_DATABASE):
            if "patroni" in self.product.stack.machines[name].children:
                self.shares.move(f"{name} {_POSTGRES}", f"{name} patroni", _POSTGRES)

    async def _measure_all(self, plan: _Plan) -> None:
        self.say(f"{self._webs} web processes, {len(self.product.stack.replicas())} replicas")
        self._limit(_WARM_UP)
        await asyncio.sleep(_SETTLE_SECONDS)
        for kind in self._kinds:  # fills the caches of new processes too
            async with self._asking(kind, _WARM_UP):
                await asyncio.sleep(_WARM_SECONDS)
        self._limit(plan)
        await asyncio.sleep(1)
        begin = self._look(0)
        await asyncio.sleep(_IDLE_SECONDS)
        end = self._look(0)
        self._idle = {
            role: used / (end.at - begin.at) for role, used in self._used(begin, end).items()
        }
        for kind in self._kinds:
            self.cells.append(await self._measure(kind, plan))

    async def _measure(self, kind: Asked, plan: _Plan) -> Cell:
        reads = await self._count_reads()
        async with self._asking(kind, plan) as count:
            await asyncio.sleep(_WARM_SECONDS)
            begin = self._look(count())
            await asyncio.sleep(_SECONDS)
            end = self._look(count())
        read = await self._count_reads() - reads
        cell = self._compare(kind.name, plan, begin, end, read)
        self.say(describe(cell))
        return cell

    def _compare(
        self, name: str, plan: _Plan, begin: _Moment, end: _Moment, read: Counter[str]
    ) -> Cell:
        used, seconds = self._used(begin, end), end.at - begin.at
        answers = end.answers - begin.answers
        replicas = len(self.product.stack.replicas())
        cpu = {role: max(0.0, total - self._idle[role] * seconds) for role, total in used.items()}
        limited = used["web"] / (plan.web or _CORES) / self._webs
        if plan.replica is not None:
            limited = used["replicas"] / plan.replica / replicas
        return Cell(
            name,
            plan.counted,
            self._webs,
            replicas,
            answers / seconds,
            {role: each * 1000 / answers for role, each in cpu.items()},
            limited / seconds,
            (end.busy - begin.busy) / seconds / _CORES,
            read["replica"] / read.total() if read.total() else None,
        )

    def _asking(self, kind: Asked, plan: _Plan) -> AbstractAsyncContextManager[Callable[[], int]]:
        connections = plan.connections * self._webs
        return asking(80, kind.make, kind.expected, host=IPS["edge"], connections=connections)

    def _limit(self, plan: _Plan) -> None:
        for name in WEBS[: self._webs]:
            self.shares.limit(f"{name} chenu", plan.web)
        for name in self.product.stack.replicas():
            self.shares.limit(f"{name} {_POSTGRES}", plan.replica)

    def _look(self, answers: int) -> _Moment:
        used = {**self.shares.read_used(), "load": time.process_time()}
        return _Moment(time.perf_counter(), answers, used, _read_busy())

    def _used(self, begin: _Moment, end: _Moment) -> dict[str, float]:
        """Seconds by role."""
        primary = self.product.stack.primary()
        used: dict[str, float] = defaultdict(float)
        for part, seconds in end.used.items():
            used[_role_of(part, primary)] += seconds - begin.used.get(part, 0.0)
        return used

    async def _count_reads(self) -> Counter[str]:
        """Of all web processes: statements that might have been read from a replica, by whom."""
        counts: Counter[str] = Counter()
        async with httpx.AsyncClient(timeout=30) as http:
            for name in WEBS[: self._webs]:
                text = (await http.get(f"http://{IPS[name]}:8000/metrics")).text
                for by, count in _READS.findall(text):
                    counts[by] += round(float(count))
        return counts


def _role_of(part: str, primary: str | None) -> str:
    machine, _, program = part.partition(" ")
    if program == _POSTGRES:
        return "primary" if machine == primary else "replicas"
    if program == "chenu" and machine in WEBS:
        return "web"
    known = {"pgbouncer": "PgBouncer", "haproxy": "HAProxy", "": "load"}
    return "Valkey" if program.startswith("valkey") else known.get(program, "rest")


def _read_busy() -> float:
    """Seconds that cores were not idle since the machine began."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = ticks[3], ticks[4]
    return (sum(ticks) - idle - waiting) / os.sysconf("SC_CLK_TCK")
