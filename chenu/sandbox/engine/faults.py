"""Fault rules: which API calls fail, and how."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from chenu.sandbox.engine.errors import ApiError, Refused
from chenu.sandbox.engine.json_types import Json


class Effect(StrEnum):
    """`_before`: the call is not executed. `_after`: it is executed, and its answer is lost.

    `_stored`: it is not executed, and the failure is stored under the idempotency key.
    """

    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    ERROR_STORED = "500_stored"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    DISCONNECT_BEFORE = "disconnect_before"
    DISCONNECT_AFTER = "disconnect_after"
    RATE_LIMIT = "429"
    CONFLICT = "409"
    UNAVAILABLE = "503"
    UNAVAILABLE_FINAL = "503_no_retry"
    CARD_ERROR = "card_error"
    LATENCY = "latency"
    TRUNCATED = "truncated"
    RESET_AFTER = "reset_after"

    @property
    def executes(self) -> bool:
        return self in _EXECUTED

    @property
    def disconnects(self) -> bool:
        """The connection ends without an answer."""
        return "timeout" in self or "disconnect" in self


_EXECUTED = {
    Effect.ERROR_AFTER,
    Effect.TIMEOUT_AFTER,
    Effect.DISCONNECT_AFTER,
    Effect.LATENCY,
    Effect.TRUNCATED,
    Effect.RESET_AFTER,
}
_DEFAULT_TIMEOUT = 90.0


@dataclass(slots=True)
class FaultRule:
    """`path` is a glob, or a regular expression when it begins with `^`."""

    effect: Effect
    method: str = "*"
    path: str = "*"
    nth: int = 1
    """The first matching call that fails, counted from 1."""
    times: int | None = 1
    """How many calls fail from there on; None means all."""
    seconds: float | None = None
    code: str | None = None
    should_retry: bool | None = None
    seen: int = 0
    hits: int = 0

    def applies(self, method: str, path: str) -> bool:
        """Whether the rule applies to this call. Each matching call is counted."""
        if self.method not in ("*", method) or not self._matches_path(path):
            return False
        self.seen += 1
        hit = self.seen >= self.nth and (self.times is None or self.hits < self.times)
        self.hits += hit
        return hit

    def _matches_path(self, path: str) -> bool:
        if self.path.startswith("^"):
            return re.search(self.path, path) is not None
        return fnmatchcase(path, self.path)

    def error(self) -> ApiError:
        """The refusal that this rule answers with; effects without one answer 500."""
        headers = {}
        if self.should_retry is not None:
            headers["stripe-should-retry"] = str(self.should_retry).lower()
        match self.effect:
            case Effect.RATE_LIMIT:
                status, kind, code = 429, "invalid_request_error", self.code or "rate_limit"
            case Effect.CONFLICT:
                status, kind = 409, "idempotency_error"
                code = self.code or "idempotency_key_in_use"
            case Effect.CARD_ERROR:
                status, kind, code = 402, "card_error", self.code or "card_declined"
            case Effect.UNAVAILABLE | Effect.UNAVAILABLE_FINAL:
                status, kind, code = 503, "api_error", self.code or ""
                retry = self.effect is Effect.UNAVAILABLE
                headers.setdefault("stripe-should-retry", str(retry).lower())
            case _:
                status, kind, code = 500, "api_error", self.code or ""
        message = f"A fault rule of the sandbox answers {self.effect.value} here."
        return Refused(message, status=status, kind=kind, code=code or None, headers=headers)

    @property
    def pause(self) -> float:
        """Seconds that a latency or a silence lasts."""
        if self.seconds is not None:
            return self.seconds
        return 1.0 if self.effect is Effect.LATENCY else _DEFAULT_TIMEOUT

    def to_json(self) -> Json:
        return asdict(self)


class Faults:
    """The fault rules that are set."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def match(self, method: str, path: str) -> FaultRule | None:
        """The first rule that applies to this call; every rule that matches it counts it."""
        applying = [rule for rule in self.rules if rule.applies(method, path)]
        return applying[0] if applying else None

    def add(self, rule: FaultRule) -> None:
        if rule.path.startswith("^"):
            re.compile(rule.path)
        self.rules.append(rule)

    def clear(self) -> None:
        self.rules.clear()
