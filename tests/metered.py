"""Services that meter calls, as in production: tests' own settings do not, because a test sends
more requests at once than the smallest plan allows.
"""

from typing import Any

import httpx
from msgspec.structs import replace

from chenu.app import create_app
from chenu.core import redis
from chenu.flows.services import Services
from chenu.metering.allowances import allow_visitor
from chenu.metering.meter import Meter
from chenu.metering.usage import UsageCounts
from tests.conftest import open_client, with_settings

SLOW = 20
"""Calls a minute: a burst of 4, and another call after three seconds, which no test takes."""


async def meter_calls(services: Services, *, rate: int = 120, **settings: Any) -> Services:
    """The same services, metering: nobody has taken a call yet. `rate` is of sessions and
    visitors.
    """
    valkey = redis.connect(services.settings.redis_url)
    await valkey.flushdb()
    await valkey.aclose()
    services.limiter.counts = UsageCounts()
    await services.limiter.take(allow_visitor("warm-up"))  # Valkey has the script from here on
    changed = with_settings(services, is_metering=True, calls_per_minute=rate, **settings)
    return replace(changed, meter=Meter(services.limiter, rate))


def open_metered(services: Services) -> httpx.AsyncClient:
    """The application over them; to be closed."""
    return open_client(services, create_app(services))


async def count_scripts(services: Services) -> int:
    """How often the limiter's script has run in Valkey."""
    counts = await _count_commands(services)
    return sum(counts.get(name, 0) for name in ("evalsha", "eval"))


_OF_CLIENTS = ("info", "hello", "client", "select", "ping")


async def count_commands(services: Services) -> int:
    """How much Valkey was asked for, but for what clients say when they connect."""
    counts = await _count_commands(services)
    return sum(calls for name, calls in counts.items() if name.partition("|")[0] not in _OF_CLIENTS)


async def _count_commands(services: Services) -> dict[str, int]:
    valkey = redis.connect(services.settings.redis_url)
    stats = await valkey.info("commandstats")
    await valkey.aclose()
    return {name.removeprefix("cmdstat_"): found["calls"] for name, found in stats.items()}
