"""What somebody wrote is remembered although a Valkey forgets: what it does not know is known."""

import signal
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.core import db
from chenu.core.log_position import BEGINNING, UNKNOWN
from chenu.core.recent_writes import GROUPS, RecentWrites
from chenu.core.replica import Replica
from chenu.demo.processes import Child
from chenu.flows.services import Services
from tests.conftest import PATIENCE_SECONDS
from tests.replica import remember_long_ago
from tests.valkey_nodes import open_cluster
from tests.waiting import until

_OF_FIRST = "b"
"""Its slot, 3,300, is of the first third."""
Cluster = tuple[RedisCluster, list[Child]]


@pytest.fixture
async def copied(
    replica: Replica, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cluster]:
    """The last node is the copy of the first."""
    async with open_cluster(tmp_path_factory.mktemp("copied"), is_copied=True) as opened:
        await remember_long_ago(opened[0])
        yield opened


def patient(valkey: Redis | RedisCluster) -> RecentWrites:
    """As another process has it."""
    writes = RecentWrites(valkey)
    writes.patience_seconds = PATIENCE_SECONDS
    return writes


def on_first_node(valkey: RedisCluster) -> UUID:
    """A writer whose node has a copy."""
    first = valkey.get_node_from_key(_OF_FIRST)
    while True:
        writer = uuid4()
        group = GROUPS[writer.int % len(GROUPS)]
        if valkey.get_node_from_key(group) == first:
            return writer


async def test_a_valkey_that_lost_its_memory_says_nothing_for_a_while(
    services: Services, replica: Replica
) -> None:
    valkey = services.pubsub._redis
    writes, writer = patient(valkey), uuid4()
    await writes.remember([writer])
    noted = await writes.find_position([writer])
    others = await writes.find_position([uuid4()])

    await valkey.flushdb()
    after = [await patient(valkey).find_position([each]) for each in (writer, uuid4())]
    began = [await valkey.get(group) for group in GROUPS]
    again = await writes.find_position([writer])

    assert BEGINNING < noted <= await db.read_position()
    assert others == BEGINNING
    assert after == [UNKNOWN, UNKNOWN]
    assert 1 <= len([each for each in began if each is not None]) <= 2
    assert again == UNKNOWN


async def test_it_is_believed_once_all_that_it_may_have_lost_is_in_every_replica(
    services: Services, replica: Replica
) -> None:
    valkey = services.pubsub._redis
    writes, writer = patient(valkey), uuid4()
    await valkey.flushdb()
    assert await writes.find_position([writer]) == UNKNOWN

    group = GROUPS[writer.int % len(GROUPS)]
    began = int(await valkey.get(group) or 0)
    await valkey.set(group, began - round(2 * replica.longest_bound))
    just_before = await writes.find_position([writer])
    await valkey.decrby(group, 3)

    assert just_before == UNKNOWN
    assert await writes.find_position([writer]) == BEGINNING


async def test_what_was_noted_outlives_its_node(copied: Cluster) -> None:
    valkey, children = copied
    writer = on_first_node(valkey)
    for _ in range(50):
        await patient(valkey).remember([writer])
    children[0].ask_to_stop(signal.SIGKILL)
    position = await db.read_position()

    async def is_found() -> bool:
        return await patient(valkey).find_position([writer]) not in (UNKNOWN, BEGINNING)

    await until(is_found, "the copy in the place of its node")
    assert await patient(valkey).find_position([writer]) <= position


async def test_what_only_one_node_has_this_process_remembers(copied: Cluster) -> None:
    valkey, children = copied
    writer = on_first_node(valkey)
    writes = patient(valkey)
    children[-1].ask_to_stop(signal.SIGSTOP)
    try:
        await writes.remember([writer])
        known = await writes.find_position([writer])
    finally:
        children[-1].ask_to_stop(signal.SIGCONT)

    assert known == UNKNOWN
    assert BEGINNING < await patient(valkey).find_position([writer]) < UNKNOWN
