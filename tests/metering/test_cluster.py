"""The limiter and the tallies over a cluster of three nodes."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from redis.asyncio.cluster import RedisCluster

from chenu.accounts.actor import AccountId
from chenu.core.ids import new_id
from chenu.core.tallies import Tallies
from chenu.demo.processes import Child
from chenu.flows.services import Services
from chenu.metering.allowances import Allowance, allow_account, allow_visitor
from chenu.metering.limiter import Limiter, make_limiter
from chenu.metering.plans import ApiPlanCode, get_api_plan
from tests.conftest import PATIENCE_SECONDS
from tests.valkey_nodes import open_cluster

Cluster = tuple[RedisCluster, list[Child]]


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    async with open_cluster(tmp_path_factory.mktemp("cluster")) as opened:
        yield opened


def somebody() -> Allowance:
    return allow_account(AccountId(new_id()), get_api_plan(ApiPlanCode.FREE))


async def served(limiter: Limiter, callers: list[Allowance], times: int) -> Counter[str]:
    """All of them at once, so that one batch has calls for all nodes."""
    calls = [(caller, limiter.take(caller)) for caller in callers for _ in range(times)]
    decisions = await asyncio.gather(*(taking for _, taking in calls))
    return Counter(
        caller.subject
        for (caller, _), decision in zip(calls, decisions, strict=True)
        if decision.is_served
    )


async def test_each_caller_is_limited_on_its_own_node(services: Services, cluster: Cluster) -> None:
    valkey, _ = cluster
    limiter = make_limiter(valkey, 1)
    limiter.longest_seconds = limiter.script.patience_seconds = PATIENCE_SECONDS
    accounts = [somebody() for _ in range(30)]
    visitors = [allow_visitor(f"192.0.2.{number}") for number in range(10)]

    found = await served(limiter, [*accounts, *visitors], 30)

    assert {found[account.subject] for account in accounts} == {2}
    assert {found[visitor.subject] for visitor in visitors} == {24}
    sizes = [await valkey.dbsize(target_nodes=node) for node in valkey.get_primaries()]
    assert len(sizes) == 3
    assert min(sizes) > 0
    assert sum(sizes) == 40, "one key for each"


async def test_tallies_are_taken_from_a_cluster(cluster: Cluster) -> None:
    tallies = Tallies(cluster[0])
    tallies.patience_seconds = PATIENCE_SECONDS
    for _ in range(3):
        await tallies.add("agent_views", "here")

    assert await tallies.take("agent_views") == {"here": 3}
    await tallies.put_back("agent_views", {"here": 2, "there": 1})
    assert await tallies.take("agent_views") == {"here": 2, "there": 1}


async def test_a_node_that_is_gone_costs_only_exactness(
    services: Services, cluster: Cluster
) -> None:
    valkey, children = cluster
    limiter = make_limiter(valkey, 1)
    accounts = [somebody() for _ in range(12)]
    await served(limiter, accounts, 1)
    children[2].ask_to_stop(signal.SIGKILL)
    children[2].wait_stopped(5)

    async with asyncio.timeout(5):
        found = await served(limiter, accounts, 3)

    assert {found[account.subject] for account in accounts} <= {1, 2}
    assert len(found) == len(accounts)
