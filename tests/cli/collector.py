"""An OpenTelemetry collector of the tests' own: OTLP over HTTP on loopback, and the spans that came, as plain values."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    trace: str
    id: str
    parent: str
    name: str
    kind: int
    failed: bool
    service: str
    told: dict[str, object]
    links: tuple[tuple[str, str], ...]


class Collector:
    """`url` is what OTEL_EXPORTER_OTLP_ENDPOINT takes."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.spans: list[Seen] = []
        self.connections = 0

    def named(self, name: str, **told: object) -> list[Seen]:
        return [one for one in self.spans if one.name == name and told.items() <= one.told.items()]

    def below(self, span: Seen) -> list[Seen]:
        return [one for one in self.spans if (one.trace, one.parent) == (span.trace, span.id)]

    def above(self, span: Seen) -> Seen:
        (found,) = [one for one in self.spans if (one.trace, one.id) == (span.trace, span.parent)]
        return found


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            collector.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.path == "/v1/traces"
            collector.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector = Collector(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for resource in request.resource_spans:
        service = _plain(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                links = tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
                told = _plain(span.attributes)
                yield Seen(*ids, span.name, span.kind, span.status.code == 2, str(service), told, links)


def _plain(attributes) -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
