"""The client of Valkey or Redis. It stores only what may be lost: see docs/architecture.md."""

from collections.abc import Sequence

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.connection import HiredisRespSerializer
from redis.exceptions import RedisClusterException, RedisError
from redis.typing import EncodableT

AWAY = (RedisError, RedisClusterException, OSError)
"""What clients raise where Valkey, or a part of the cluster, does not answer; TimeoutError too."""
_PATIENCE_SECONDS = 0.5
_MOVES = 3
"""How often a command follows a slot that has moved to another node."""


class _Connection(Connection):
    """Packs by hiredis, as the library does where it is synchronous: a third of a limited call."""

    _packer = HiredisRespSerializer()

    def pack_command(self, *args: EncodableT) -> list[bytes]:
        packed: list[bytes] = self._packer.pack(*args)  # type: ignore[arg-type]  # means each one
        return packed


def connect(url: str) -> "Redis":
    """Short timeouts and no retries: a slow cache must not slow the product down."""
    return Redis.from_url(
        url,
        connection_class=_Connection,  # TLS and sockets have classes of their own
        socket_connect_timeout=_PATIENCE_SECONDS,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


def connect_cluster(url: str, nodes: Sequence[str]) -> "RedisCluster":
    """By any of these nodes, each written host:port; login and TLS are those of the URL."""
    found = [node.rpartition(":") for node in nodes]
    return RedisCluster.from_url(
        url,
        startup_nodes=[ClusterNode(host.strip("[]"), int(port)) for host, _, port in found],
        socket_connect_timeout=_PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), _MOVES),
        health_check_interval=30,
    )
