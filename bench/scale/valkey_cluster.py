"""A Valkey cluster of three masters and three copies, by commands: the wheel has no valkey-cli."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bench.scale.places import CACHES, IPS, NODES, PASSWORD, PORTS
from chenu.core.recent_writes import GROUPS
from chenu.core.redis import connect_cluster
from chenu.demo.processes import StartError

_SLOTS = 16_384
_UP_SECONDS = 60


async def make_cluster() -> None:
    """Raises StartError when it does not come about."""
    clients = {node: _connect(*node) for node in NODES}
    try:
        await _until(lambda: _are_up(clients), "Valkey")
        await _meet(clients)
        await _until(lambda: _know_each_other(clients), "nodes that know each other")
        await _replicate(clients)
        await _until(lambda: _are_linked(clients), "copies of masters")
        await _remember_long_ago()
    finally:
        for client in clients.values():
            await client.aclose()


async def _remember_long_ago() -> None:
    """Nobody has written yet: replicas are read from the beginning."""
    nodes = [f"{IPS[name]}:{port}" for name, port in NODES]
    cluster = connect_cluster(f"redis://:{PASSWORD}@{nodes[0]}/0", nodes)
    try:
        for group in GROUPS:
            await cluster.set(group, 0)
    finally:
        await cluster.aclose()


async def find_masters() -> list[tuple[str, int]]:
    """Of the nodes that answer, those that are masters with slots now."""
    masters = []
    for node in NODES:
        client = _connect(*node)
        try:
            mine = [line for line in await _nodes(client) if "myself" in line[2]]
            if mine and "master" in mine[0][2] and len(mine[0]) > 8:
                masters.append(node)
        except (RedisError, OSError):
            continue
        finally:
            await client.aclose()
    return masters


def _connect(name: str, port: int) -> Any:
    return Redis(host=IPS[name], port=port, password=PASSWORD, socket_timeout=2)


async def _nodes(client: Any) -> list[list[str]]:
    """The words of each line of CLUSTER NODES: id, address, flags, master, ..., state, slots."""
    raw = await client.execute_command("CLUSTER NODES")
    if isinstance(raw, dict):
        return [
            [known["node_id"], place, known["flags"], known["master_id"], "", "", "", "connected"]
            + known["slots"]
            for place, known in raw.items()
        ]
    text = raw.decode() if isinstance(raw, bytes) else str(raw)
    return [line.split() for line in text.splitlines() if line]


async def _are_up(clients: dict[tuple[str, int], Any]) -> bool:
    try:
        return all([await client.ping() for client in clients.values()])
    except (RedisError, OSError):
        return False


async def _meet(clients: dict[tuple[str, int], Any]) -> None:
    first, *others = NODES
    for name, port in others:
        await clients[first].execute_command("CLUSTER MEET", IPS[name], port)
    for number, name in enumerate(CACHES):
        begin, end = (_SLOTS * each // len(CACHES) for each in (number, number + 1))
        node = clients[name, PORTS[0]]
        await node.execute_command("CLUSTER ADDSLOTSRANGE", begin, end - 1)


async def _know_each_other(clients: dict[tuple[str, int], Any]) -> bool:
    seen = [await _nodes(client) for client in clients.values()]
    return all(len([line for line in each if "handshake" not in line[2]]) == 6 for each in seen)


async def _replicate(clients: dict[tuple[str, int], Any]) -> None:
    """The copy of each master is on the next machine."""
    for number, name in enumerate(CACHES):
        master = await _own_id(clients[name, PORTS[0]])
        copy = clients[CACHES[(number + 1) % len(CACHES)], PORTS[1]]
        await copy.execute_command("CLUSTER REPLICATE", master)


async def _own_id(client: Any) -> str:
    raw = await client.execute_command("CLUSTER MYID")
    return raw.decode() if isinstance(raw, bytes) else str(raw)


async def _are_linked(clients: dict[tuple[str, int], Any]) -> bool:
    copies = [client for (_, port), client in clients.items() if port == PORTS[1]]
    states = [await client.info("replication") for client in copies]
    info = [await client.execute_command("CLUSTER INFO") for client in clients.values()]
    are_linked = all(each.get("master_link_status") == "up" for each in states)
    return are_linked and all("ok" in str(each) for each in info)


async def _until(is_so: Any, what: str) -> None:
    deadline = asyncio.get_running_loop().time() + _UP_SECONDS
    while not await is_so():
        if asyncio.get_running_loop().time() > deadline:
            raise StartError(f"waited {_UP_SECONDS} s in vain for {what}")
        await asyncio.sleep(0.1)
