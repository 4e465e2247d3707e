"""A real cluster of three Valkey nodes, started by a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from chenu.core import redis
from chenu.demo.engines import start_valkey
from chenu.demo.processes import Child
from tests.waiting import until

_SLOTS = 16_384
_NODES = 3
_NODE_TIMEOUT_MS = 500


@asynccontextmanager
async def open_cluster(
    folder: Path, *, is_copied: bool = False
) -> AsyncIterator[tuple[RedisCluster, list[Child]]]:
    """Its client, and its nodes as processes; each has a third of the slots.

    `is_copied`: a fourth node has what the first one has, and takes its place when that is gone.
    """
    async with AsyncExitStack() as stack:
        children: list[Child] = []
        stack.callback(_stop, children)
        clients = []
        for number in range(_NODES + is_copied):
            child, url = start_valkey(folder / str(number), cluster=True)
            children.append(child)
            clients.append(Redis.from_url(url))
            stack.push_async_callback(clients[-1].aclose)
        nodes = [_node_of(client) for client in clients]
        await _join(clients, nodes)
        if is_copied:
            await _copy_first(clients)
        cluster = redis.connect_cluster(f"redis://{nodes[0]}/0", nodes)
        stack.push_async_callback(cluster.aclose)
        yield cluster, children


def _stop(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_stopped(5)


def _node_of(client: Redis) -> str:
    options = client.connection_pool.connection_kwargs
    return f"{options['host']}:{options['port']}"


async def _join(clients: list[Redis], nodes: list[str]) -> None:
    for at, client in enumerate(clients[:_NODES]):
        first, last = at * _SLOTS // _NODES, (at + 1) * _SLOTS // _NODES - 1
        await client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)  # type: ignore[no-untyped-call]
        await client.execute_command("CLUSTER SET-CONFIG-EPOCH", at + 1)  # type: ignore[no-untyped-call]
    for client, node in zip(clients[1:], nodes[1:], strict=True):
        bus = (await client.config_get("cluster-port"))["cluster-port"]
        await clients[0].execute_command("CLUSTER MEET", *node.split(":"), bus)  # type: ignore[no-untyped-call]

    async def is_joined() -> bool:
        try:
            known = await asyncio.gather(*(client.cluster("INFO") for client in clients))
        except RedisError:
            return False
        return all(
            info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(len(nodes))
            for info in known
        )

    await until(is_joined)


async def _copy_first(clients: list[Redis]) -> None:
    copy = clients[-1]
    first = await clients[0].execute_command("CLUSTER MYID")  # type: ignore[no-untyped-call]
    await copy.execute_command("CLUSTER REPLICATE", first)  # type: ignore[no-untyped-call]
    for client in clients:
        await client.config_set("cluster-node-timeout", _NODE_TIMEOUT_MS)

    async def is_linked() -> bool:
        info = await copy.info("replication")
        return bool(info["role"] == "slave" and info["master_link_status"] == "up")

    await until(is_linked)
