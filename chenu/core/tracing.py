"""OpenTelemetry spans of this process: `span`, `headers`, `recording`.

Off unless a process uses `recording`: until then a span is an empty block, and OpenTelemetry is not
even imported. docs/decisions/0011.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from chenu.core.errors import SettingError
from chenu.core.spans import Kind as Kind
from chenu.core.spans import Note as Note
from chenu.core.spans import Recorder, TraceSettings

_recorder: Recorder | None = None
UNRECORDED: Final = nullcontext(Note(""))
"""Shared by all unrecorded spans: creating a note for each would cost a microsecond."""


def span(
    name: str, kind: Kind = Kind.INTERNAL, *, headers: Mapping[str, Any] | None = None
) -> AbstractContextManager[Note]:
    """A child of the current span, or of the span from which `headers` were taken."""
    return _recorder.record(Note(name), kind, headers) if _recorder else UNRECORDED


def headers() -> dict[str, str] | None:
    """The current span, for a job to carry to its worker; None if there is none."""
    return _recorder.headers() if _recorder else None


def statement_hook() -> Callable[[Any], Awaitable[None]] | None:
    """For each new database connection: its statements become spans."""
    return _recorder.follow if _recorder else None


@contextmanager
def recording(settings: TraceSettings | None, application: str) -> Iterator[None]:
    """Spans are exported within this block.

    Raises SettingError without the packages of chenu[otel].
    """
    global _recorder
    if settings is None:
        yield
        return
    _recorder = recorder = _make_recorder(settings, application)
    try:
        yield
    finally:
        _recorder = None
        recorder.close()


def _make_recorder(settings: TraceSettings, application: str) -> Recorder:
    try:
        from chenu.core.otlp import OtlpRecorder
    except ModuleNotFoundError:
        raise SettingError(
            "OTEL_EXPORTER_OTLP_ENDPOINT: traces need packages that are not installed: "
            "pip install 'chenu[otel]'"
        ) from None
    return OtlpRecorder(settings.url, settings.service or application)
