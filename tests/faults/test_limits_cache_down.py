"""Valkey is killed, emptied or slow: calls are limited by each process's share, and nobody waits.

reliability: F10, for limits and counters.
"""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chenu.core import db, redis
from chenu.demo.engines import start_valkey
from chenu.demo.processes import Child
from chenu.flows.services import Services
from chenu.metering.allowances import Allowance, allow_account
from chenu.metering.limiter import Limiter
from chenu.metering.plans import ApiPlan, ApiPlanCode
from chenu.metering.script import TakeScript
from chenu.metering.share import ProcessShare
from chenu.metering.usage import store_usage
from tests.faults.counts import seeds
from tests.people import make_person
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

FAULTS = ("killed", "flushed", "slow")
SLOW_MS = 60_000
PROCESSES = 4
PLAN = ApiPlan(ApiPlanCode.BASIC, 100, None, 600)


@dataclass
class OwnValkey:
    child: Child
    client: "Redis"

    async def break_by(self, fault: str) -> None:
        if fault == "killed":
            self.child.ask_to_stop(signal.SIGKILL)
            self.child.wait_stopped(10)
        elif fault == "flushed":
            await self.client.flushall()
        else:
            await self.client.client_pause(SLOW_MS)

    async def heal(self) -> None:
        if not self.child.is_running():
            self.child.start()

        async def answers() -> bool:
            with contextlib.suppress(RedisError, OSError):
                return bool(await self.client.client_unpause())
            return False

        await until(answers)


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OwnValkey]:
    child, url = start_valkey(tmp_path_factory.mktemp("valkey"))
    client = redis.connect(url)
    yield OwnValkey(child, client)
    await client.aclose()
    child.ask_to_stop()
    child.wait_stopped(10)


@pytest.fixture
async def processes(services: Services, valkey: OwnValkey) -> AsyncIterator[list[Limiter]]:
    """As four web processes have them, with a shorter pause between two tries."""
    options = valkey.client.connection_pool.connection_kwargs
    clients = [redis.connect(f"redis://{options['host']}:{options['port']}/0") for _ in range(4)]
    yield [
        Limiter(TakeScript(client, pause_seconds=0.05), ProcessShare(PROCESSES))
        for client in clients
    ]
    for client in clients:
        await client.aclose()


async def take(
    drawn: random.Random, processes: Sequence[Limiter], account: Allowance, times: int
) -> int:
    """How many were served."""
    decisions = [await drawn.choice(processes).take(account) for _ in range(times)]
    return sum(decision.calls for decision in decisions)


async def store_all(processes: Sequence[Limiter]) -> int:
    """As they do every two seconds; how many calls are stored in all."""
    for process in processes:
        await store_usage(process.counts)
    return int(await db.fetch_value("SELECT sum(served) FROM api_usage"))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", seeds(10))
async def test_limits_degrade_and_the_quota_ends_where_it_should(
    valkey: OwnValkey, processes: list[Limiter], seed: int, fault: str
) -> None:
    drawn = random.Random(f"{fault}{seed}")
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None
    account = allow_account(account_id, PLAN)
    assert await take(drawn, processes, account, 40) == 40
    await store_all(processes)

    await valkey.break_by(fault)
    async with asyncio.timeout(SLOW_MS / 2_000):
        served = await take(drawn, processes, account, 20)
        assert 0 < served <= 20
    assert await store_all(processes) == 40 + served
    await valkey.heal()
    await _all_ask_valkey(processes, account)
    await take(drawn, processes, account, 100)

    stored = await store_all(processes)
    # A slow Valkey counts calls in the end whose answers nobody awaited any more.
    assert stored == 100 if fault != "slow" else 80 < stored <= 100


async def _all_ask_valkey(processes: Sequence[Limiter], account: Allowance) -> None:
    """Each tries it again after its pause, and tells it what it served alone."""

    async def are_back() -> bool:
        for process in processes:
            await process.take(account, 0)
        return all(process._script._breaker._failed_at is None for process in processes)

    await until(are_back)


async def test_while_it_is_slow_only_one_caller_in_a_while_waits_for_it(
    valkey: OwnValkey, services: Services
) -> None:
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None
    account = allow_account(account_id, PLAN)
    limiter = Limiter(TakeScript(valkey.client, pause_seconds=3_600), ProcessShare(1))
    await valkey.client.config_resetstat()
    await valkey.break_by("slow")

    decisions = [await limiter.take(account) for _ in range(50)]
    await valkey.heal()

    asked = await valkey.client.info("commandstats")
    assert {decision.calls for decision in decisions} == {1}
    assert asked.get("cmdstat_evalsha", {"calls": 0})["calls"] <= 1
