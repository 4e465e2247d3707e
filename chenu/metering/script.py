"""Runs take.lua in Valkey: one round trip for all callers of a moment; none while it is away."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import NoScriptError, ResponseError

from chenu.core.circuit_breaker import CircuitBreaker
from chenu.core.clock import CLOCK
from chenu.core.errors import Unavailable
from chenu.core.group_commit import GroupCommit
from chenu.core.months import Month
from chenu.core.redis import AWAY
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Taken, read_answer

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 2.0
_MINUTE = 60_000_000
_NO_QUOTA, _NOT_COUNTED = -1, -2
_TEXT = (Path(__file__).parent / "take.lua").read_text()
Arguments = tuple[str | int, ...]


def digest_of(text: str) -> str:
    """By which Valkey finds a script that it has seen."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


_SHA = digest_of(_TEXT)


class ValkeyAway(Unavailable):
    """It did not answer in time, or not with what was asked for: the limiter goes on without."""

    def __init__(self) -> None:
        super().__init__("The service is not available right now, please try again")


class KnownUsage(msgspec.Struct, frozen=True):
    """What the database knows of a month."""

    month: Month
    used: int


class _Run(msgspec.Struct, frozen=True):
    arguments: Arguments
    asked_at: float


class TakeScript:
    def __init__(
        self,
        valkey: "Redis | RedisCluster",
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._valkey = valkey
        self.patience_seconds = patience_seconds
        self._breaker = CircuitBreaker(pause_seconds)
        self._batches: GroupCommit[_Run, Any] = GroupCommit(self._run_all)

    async def take(
        self, allowance: Allowance, calls: int, known: KnownUsage | None = None
    ) -> Taken:
        """Raises ValkeyAway, or Busy where too many wait, within the patience."""
        if not self._breaker.allows():
            raise ValkeyAway
        run = _Run(_arguments(allowance, calls, known), self._breaker.now())
        answer = await self._batches.add(run)
        if isinstance(answer, Exception):
            log.warning("limit_script_failed", error=type(answer).__name__)
            raise ValkeyAway from answer
        return read_answer(answer)

    async def _run_all(self, runs: Sequence[_Run]) -> Sequence[Any]:
        if self._breaker.failed_since(runs[0].asked_at):
            raise ValkeyAway
        try:
            async with asyncio.timeout(self.patience_seconds):
                answers = await self._ask(runs)
        except AWAY as error:
            self._breaker.fail()
            log.warning("limits_without_valkey", error=type(error).__name__)
            raise ValkeyAway from error
        self._breaker.succeed()
        return answers

    async def _ask(self, runs: Sequence[_Run]) -> list[Any]:
        """A node that does not know the script yet is sent its text, in a second round trip."""
        answers = await self._send("EVALSHA", _SHA, runs)
        unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            again = await self._send("EVAL", _TEXT, [runs[at] for at in unknown])
            for at, answer in zip(unknown, again, strict=True):
                answers[at] = answer
        return answers

    async def _send(self, command: str, script: str, runs: Sequence[_Run]) -> list[Any]:
        """A pipeline of one costs half as much again as the command by itself."""
        if len(runs) == 1:
            return [await self._send_alone(command, script, runs[0])]
        pipeline = self._valkey.pipeline(transaction=False)
        for run in runs:
            pipeline.execute_command(command, script, 1, *run.arguments)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    async def _send_alone(self, command: str, script: str, run: _Run) -> Any:
        """The answer or the error of the script, as a pipeline gives either."""
        try:
            return await self._valkey.execute_command(command, script, 1, *run.arguments)
        except ResponseError as error:
            return error


def _arguments(allowance: Allowance, calls: int, known: KnownUsage | None) -> Arguments:
    """The account is the hash tag: all that is ever kept of it is in one slot of a cluster."""
    offset = int(CLOCK.offset.total_seconds())
    key = f"calls:{{{allowance.kind}:{allowance.subject}}}"
    own = (key, interval_of(allowance), allowance.burst, _quota_of(allowance), calls, offset)
    return own if known is None else (*own, _number_of(known.month), known.used)


def interval_of(allowance: Allowance) -> int:
    """Microseconds between two calls, rounded up so that a minute never has one too many."""
    rate = allowance.calls_per_minute
    return 0 if rate is None else -(-_MINUTE // rate)


def _quota_of(allowance: Allowance) -> int:
    if not allowance.is_counted:
        return _NOT_COUNTED
    return _NO_QUOTA if allowance.monthly_calls is None else allowance.monthly_calls


def _number_of(month: Month) -> int:
    return 12 * month.year + month.month - 1
