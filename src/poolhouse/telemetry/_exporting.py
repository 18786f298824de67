"""OpenTelemetry's SDK, set up by its own variables. Imported only where traces are wanted: an extra brings it."""

import logging
import time
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from .logs import log

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

_EVERY_SECONDS: Final = 30.0
_HARMLESS: Final = ("opentelemetry.exporter.", "opentelemetry.sdk.")


def new_provider(version: str) -> "TracerProvider":
    """Spans go out in batches, from a thread of its own. Raises ImportError without the packages."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _tell_in_our_log()
    provider = TracerProvider(resource=_resource(version), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _resource(version: str) -> "Resource":
    """What the variables say of this service counts more than what is said here."""
    from opentelemetry.sdk.resources import Resource

    ours = {"service.version": version, "service.instance.id": str(uuid4())}
    named = Resource.create()
    if str(named.attributes["service.name"]).startswith("unknown_service"):
        named = named.merge(Resource({"service.name": "poolhouse"}))
    return Resource(ours).merge(named)


class _Told(logging.Handler):
    """The SDK's warnings as lines of our log: one in half a minute, since a collector may be down for long."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._at = -_EVERY_SECONDS
        self._silent = 0

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._at < _EVERY_SECONDS:
            self._silent += 1
            return
        # Who reads the variable with the collector's key quotes it when it is malformed: that is left out.
        why = record.getMessage() if record.name.startswith(_HARMLESS) else str(record.msg)
        log.warning("traces", why=why, times_since_last_told=self._silent)
        self._at, self._silent = now, 0


def _tell_in_our_log() -> None:
    logger = logging.getLogger("opentelemetry")
    if not any(isinstance(one, _Told) for one in logger.handlers):
        logger.addHandler(_Told())
    logger.propagate = False
