"""The client of Valkey or Redis. It stores only what may be lost: see docs/architecture.md."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_PATIENCE_SECONDS = 0.5


def connect(url: str) -> "Redis":
    """Short timeouts and no retries: a slow cache must not slow the product down."""
    return Redis.from_url(
        url,
        socket_connect_timeout=_PATIENCE_SECONDS,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )
