"""What a span is, and the interface of span recorders: shared by `tracing` and the recorders."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum, auto
from typing import Any, Protocol

import msgspec


class TraceSettings(msgspec.Struct, frozen=True):
    """Where spans are sent; an empty `service` means the process's own name."""

    url: str
    service: str


class Kind(Enum):
    """Named as OpenTelemetry's SpanKind."""

    INTERNAL = auto()
    SERVER = auto()
    CLIENT = auto()
    CONSUMER = auto()


class Note(msgspec.Struct):
    """What is added to a span at its end, redacted as logs are.

    `error` is a code or the name of an exception, never its message, which may quote anything.
    """

    name: str
    attributes: dict[str, str | int] = msgspec.field(default_factory=dict)
    error: str = ""


class Recorder(Protocol):
    def record(
        self, note: Note, kind: Kind, headers: Mapping[str, Any] | None
    ) -> AbstractContextManager[Note]: ...

    def headers(self) -> dict[str, str] | None: ...

    async def follow(self, connection: Any) -> None: ...

    def close(self) -> None: ...
