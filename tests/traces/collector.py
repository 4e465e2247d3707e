"""An OpenTelemetry collector for OTLP over HTTP, which records the spans of other processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_FAILED = 2
"""STATUS_CODE_ERROR of the protocol."""


@dataclass(frozen=True)
class Span:
    """`trace`, `id` and `parent` are the protocol's bytes; no parent is b""."""

    service: str
    name: str
    kind: str
    trace: bytes
    id: bytes
    parent: bytes
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Collector:
    """`text` is everything that was sent, to check that it contains no secret."""

    url: str
    spans: list[Span] = field(default_factory=list)
    text: str = ""

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for sent in request.resource_spans:
            service = _values(sent.resource.attributes)["service.name"]
            for scope in sent.scope_spans:
                self.spans += [_read(service, span) for span in scope.spans]
        self.text += str(request)

    def named(self, name: str, **attributes: Any) -> list[Span]:
        """Spans with these attributes, such as request_id="..."."""
        wanted = {f"chenu.{key}": value for key, value in attributes.items()}
        return [
            span
            for span in self.spans
            if span.name == name and wanted.items() <= span.attributes.items()
        ]

    def children(self, parent: Span) -> list[Span]:
        return [s for s in self.spans if (s.trace, s.parent) == (parent.trace, parent.id)]

    def parent(self, child: Span) -> Span:
        [found] = [s for s in self.spans if (s.trace, s.id) == (child.trace, child.parent)]
        return found


def _read(service: str, span: Any) -> Span:
    kind = span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_")
    ids = (span.trace_id, span.span_id, span.parent_span_id)
    failed = span.status.code == _FAILED
    return Span(service, span.name, kind, *ids, _values(span.attributes), failed)


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def collect() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Keeps the test's output free of request lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
