"""Valkey's clock in the hands of a test: take.lua asks for a time that the test has set."""

from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from chenu.core import redis
from chenu.metering import script

_KEY = "time-of-the-test"


@dataclass
class MovedTime:
    """Microseconds since 1970."""

    valkey: "Redis"
    now: int = 1_800_000_000_000_000

    async def move(self, microseconds: int) -> None:
        self.now += microseconds
        seconds, rest = divmod(self.now, 1_000_000)
        await self.valkey.hset(_KEY, mapping={"s": seconds, "us": rest})


async def take_time_over(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> MovedTime:
    asked = f"redis.call('HMGET', '{_KEY}', 's', 'us')"
    assert script._TEXT.count("redis.call('TIME')") == 1
    text = script._TEXT.replace("redis.call('TIME')", asked)
    monkeypatch.setattr(script, "_TEXT", text)
    monkeypatch.setattr(script, "_SHA", script.digest_of(text))
    time = MovedTime(redis.connect(redis_url))
    await time.move(0)
    return time
