"""What a span is, and what records it: shared by `tracing` and the recorders themselves."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where spans go; an empty `service` is the process's own name."""

    url: str
    service: str


class Kind(Enum):
    """Named as OpenTelemetry's SpanKind."""

    INTERNAL = auto()
    SERVER = auto()
    CLIENT = auto()
    CONSUMER = auto()


@dataclass(slots=True)
class Note:
    """What a span says once it ends, redacted as logs are.

    `error` is a code or the name of an exception, never its words: those may quote anything.
    """

    name: str
    attributes: dict[str, str | int] = field(default_factory=dict)
    error: str = ""


class Recorder(Protocol):
    def record(
        self, note: Note, kind: Kind, headers: Mapping[str, Any] | None
    ) -> AbstractContextManager[Note]: ...

    def headers(self) -> dict[str, str] | None: ...

    async def follow(self, connection: Any) -> None: ...

    def close(self) -> None: ...
