"""The span recorder that exports to an OpenTelemetry collector.

Needs the packages of chenu[otel].
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chenu.core.errors import ChenuError
from chenu.core.logs import redact
from chenu.core.spans import Kind, Note

_FLUSH_SECONDS = 2
_BOUND = ("request_id", "operation")
"""The bound fields of log lines that spans carry too: our own ids, which need no redaction."""
_CARRIER = TraceContextTextMapPropagator()


class OtlpRecorder:
    """Implements spans.Recorder.

    Sampling, batches and headers are set by the SDK's own variables.
    """

    def __init__(self, url: str, service: str) -> None:
        self._exporter = OTLPSpanExporter(endpoint=url)
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("chenu")

    @contextmanager
    def record(self, note: Note, kind: Kind, headers: Mapping[str, Any] | None) -> Iterator[Note]:
        with self._tracer.start_as_current_span(
            note.name,
            context=_CARRIER.extract(headers) if headers else None,
            kind=SpanKind[kind.name],
            attributes=_bound(),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield note
            except BaseException as error:
                note.error = error.code if isinstance(error, ChenuError) else type(error).__name__
                raise
            finally:
                _write(span, note)

    def headers(self) -> dict[str, str] | None:
        carrier: dict[str, str] = {}
        _CARRIER.inject(carrier)
        return carrier or None

    async def follow(self, connection: Any) -> None:
        """Record the connection's statements.

        asyncpg reports each in its caller's context, after its end.
        """
        connection.add_query_logger(self._add_statement)

    def _add_statement(self, query: Any) -> None:
        """Only within another span: pools and queues also run statements of their own, all the
        time.
        """
        if not trace.get_current_span().get_span_context().is_valid:
            return
        text = _statement(query.query)
        note = Note(text.partition(" ")[0].rstrip(";").upper())
        note.attributes |= {"db.system.name": "postgresql", "db.query.text": text}
        note.error = type(query.exception).__name__ if query.exception else ""
        end = time.time_ns()
        span = self._tracer.start_span(
            note.name,
            kind=SpanKind.CLIENT,
            attributes=_bound(),
            start_time=end - int(query.elapsed * 1e9),
        )
        _write(span, note)
        span.end(end)

    def close(self) -> None:
        """Exports what is left, but waits only seconds for a collector that is away.

        The SDK's own shutdown may wait for half a minute.
        """
        flushing = threading.Thread(target=self._provider.force_flush, daemon=True)
        flushing.start()
        flushing.join(_FLUSH_SECONDS)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _bound() -> dict[str, str]:
    bound = structlog.contextvars.get_contextvars()
    return {f"chenu.{name}": bound[name] for name in _BOUND if name in bound}


def _write(span: Span, note: Note) -> None:
    span.update_name(note.name)
    span.set_attributes(redact(None, "", note.attributes))
    if note.error:
        span.set_attribute("error.type", note.error)
        span.set_status(StatusCode.ERROR)


@lru_cache(maxsize=1000)
def _statement(sql: str) -> str:
    """On one line, without argument values."""
    return " ".join(sql.split())
