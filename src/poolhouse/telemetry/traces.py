"""Traces: spans of requests, operations, database blocks and functions, sent by OpenTelemetry's own SDK.

Off until `start`: whoever makes spans looks at `traces.on` when it is built, or once for a call, and nothing of
OpenTelemetry is imported before. Spans hold names of the product's own and ids, never what a caller wrote.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Literal

from poolhouse.errors import MissingExtra, ServiceError, SettingError

from .logs import log

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Link, Span, Tracer

Kind = Literal["SERVER", "CLIENT", "INTERNAL"]
Value = str | bool | int | float
_GOODBYE_SECONDS: Final = 3.0
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_ROOT: Final = re.compile(r"(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?=;|$)")
_PARENT: Final = re.compile(r"(?:^|;)\s*Parent=([0-9a-f]{16})(?=;|$)")
_NOTHING: Final[AbstractContextManager[None]] = nullcontext()
_SAMPLED: Final = re.compile(r"(?:^|;)\s*Sampled=([01])(?=;|$)")


class Traces:
    """The spans of this process."""

    def __init__(self) -> None:
        self.on = False
        self._tracer: Tracer | None = None
        self._provider: TracerProvider | None = None
        self._open: Callable[[], Span] | None = None

    def start(self, version: str) -> None:
        """Make spans from now on, and send them as the variables of OpenTelemetry say, which its SDK reads itself.

        Raises MissingExtra where the SDK is not installed, SettingError for variables that it cannot read.
        """
        from ._exporting import new_provider

        try:
            from opentelemetry.trace import get_current_span

            self._provider = new_provider(version)
        except ImportError as error:
            raise MissingExtra(
                "The export of traces, which OTEL_* variables ask for,", "otel", package=error.name
            ) from error
        except (ValueError, RuntimeError) as error:
            raise SettingError(
                f"OpenTelemetry cannot use its variables ({error}).",
                resolution="Correct those whose names begin with OTEL_, or set OTEL_SDK_DISABLED=true.",
            ) from error
        self._tracer = self._provider.get_tracer("poolhouse", version)
        self._open, self.on = get_current_span, True
        log.tell_also(self.ids)

    def stop(self) -> None:
        """Send what is left. A collector that does not answer is not waited for longer than three seconds."""
        provider, self._provider = self._provider, None
        self.on, self._tracer, self._open = False, None, None
        if provider is not None:
            goodbye = Thread(target=provider.shutdown, daemon=True)
            goodbye.start()
            goodbye.join(_GOODBYE_SECONDS)

    @contextmanager
    def request(self, name: str, given: Mapping[str, Value], carried: Mapping[str, str]) -> "Iterator[Span]":
        """The span of a request from outside. `carried` are its headers traceparent, tracestate and x-amzn-trace-id."""
        with self._spanning(name, "SERVER", given, _context(carried)) as span:
            yield span

    @contextmanager
    def span(self, name: str, given: Mapping[str, Value], kind: Kind = "INTERNAL", cause: str = "") -> "Iterator[Span]":
        """A span inside of the one that is open, or of its own. An error says its code, never its text.

        `cause` is what `as_cause` gave: the new span is linked to that one.
        """
        if (around := self._around()) is not None and not around.is_recording():
            yield around  # one trace is sampled or is not: a span of its own would say nothing
            return
        with self._spanning(name, kind, given, None, cause) as span:
            yield span

    def call(
        self, name: str, given: Mapping[str, Value], kind: Kind = "CLIENT", cause: str = ""
    ) -> "AbstractContextManager[Span | None]":
        """The span of what is asked of another server, from wherever; it costs nothing where traces are off."""
        return self.span(name, given, kind, cause) if self.on else _NOTHING

    def answered(self, span: "Span | None", status: int) -> None:
        """Say what another server answered over HTTP; from 400 on, the call has failed."""
        if span is not None:
            span.set_attribute("http.response.status_code", status)
            if status >= 400:
                span.set_attribute("error.type", str(status))
                self.fail(span)

    def tell(self, given: Mapping[str, Value], *, failed: bool = False) -> None:
        """Say more of the open span, if there is one."""
        if (around := self._around()) is not None:
            for name, value in given.items():
                around.set_attribute(name, value)
            if failed:
                self.fail(around)

    def block(self, name: str, given: Mapping[str, Value]) -> "Span | None":
        """A span whose end the caller tells; None outside of every request, where housekeeping would fill the store."""
        from opentelemetry.trace import SpanKind

        around = self._around()
        if self._tracer is None or around is None or not around.is_recording():
            return None
        return self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=given)

    def fail(self, span: "Span", error: BaseException | None = None) -> None:
        """Say that a span failed, and by which error: its code, or its class. A refusal of ours is no failure."""
        from opentelemetry.trace import StatusCode

        if error is not None:
            span.set_attribute("error.type", error.code if isinstance(error, ServiceError) else type(error).__name__)
        if not isinstance(error, ServiceError) or error.status >= 500:
            span.set_status(StatusCode.ERROR)

    def ids(self) -> dict[str, str]:
        """The ids of the open span, for a line of the log."""
        if (around := self._around()) is None:
            return {}
        found = around.get_span_context()
        return {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"}

    def amazon(self) -> str:
        """The open span as AWS writes it in a trace header; empty where there is none."""
        if (around := self._around()) is None:
            return ""
        found = around.get_span_context()
        trace, sampled = f"{found.trace_id:032x}", int(found.trace_flags.sampled)
        return f"Root=1-{trace[:8]}-{trace[8:]};Parent={found.span_id:016x};Sampled={sampled}"

    def as_cause(self) -> str:
        """The open span as W3C writes it, to be kept with what comes of it later; empty where none is sampled."""
        if (around := self._around()) is None or not (found := around.get_span_context()).trace_flags.sampled:
            return ""
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-01"

    def _around(self) -> "Span | None":
        """The open span."""
        span = None if self._open is None else self._open()
        return span if span is not None and span.get_span_context().is_valid else None

    @contextmanager
    def _spanning(
        self, name: str, kind: Kind, given: Mapping[str, Value], parent: "Context | None", cause: str = ""
    ) -> "Iterator[Span]":
        from opentelemetry.trace import SpanKind

        assert self._tracer is not None, "start() comes first"
        quiet: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
        with self._tracer.start_as_current_span(
            name, context=parent, kind=SpanKind[kind], attributes=given, links=_links(cause), **quiet
        ) as span:
            try:
                yield span
            except BaseException as error:
                self.fail(span, error)
                raise


traces = Traces()


def wanted(variables: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's variables ask for traces. Raises SettingError where they ask for what is not there."""
    exporter = variables.get("OTEL_TRACES_EXPORTER", "").strip()
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    if not exporter and not any(variables.get(name) for name in _ENDPOINTS):
        return False
    if exporter not in ("", "otlp"):
        raise SettingError(
            f"OTEL_TRACES_EXPORTER={exporter} asks for an exporter that is not there.",
            resolution="Set it to otlp, or to none. A collector takes otlp and sends on what others want.",
        )
    protocol = next((variables[name] for name in _PROTOCOLS if variables.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        raise SettingError(
            f"The OTLP protocol {protocol} is not spoken.",
            resolution="Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, and the endpoint to the port for it, which "
            "mostly is 4318.",
        )
    return True


def _context(carried: Mapping[str, str]) -> "Context":
    """Whose child a request is: W3C's header counts, else AWS's. Nothing of the task in which the server reads it."""
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if "traceparent" in carried:
        return TraceContextTextMapPropagator().extract(carried, Context())
    header = carried.get("x-amzn-trace-id", "")
    root, parent, sampled = _ROOT.search(header), _PARENT.search(header), _SAMPLED.search(header)
    if root is None or parent is None or sampled is None:
        return Context()
    trace, flags = int(root[1] + root[2], 16), TraceFlags(int(sampled[1]))
    return set_span_in_context(NonRecordingSpan(SpanContext(trace, int(parent[1], 16), True, flags)), Context())


def _links(cause: str) -> "list[Link]":
    """To the span that `cause` names, if it names one."""
    if not cause:
        return []
    from opentelemetry.trace import Link, get_current_span

    context = get_current_span(_context({"traceparent": cause})).get_span_context()
    return [Link(context)] if context.is_valid else []
