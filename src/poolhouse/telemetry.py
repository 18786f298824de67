"""Logs, metrics and the last requests, with secrets removed by the service model's own marks.

The command line calls `configure` once and hands over the sensitive member names, since this module knows no model.
structlog is imported by the first line that is logged: it takes a tenth of the time that a server needs to start.
"""

import logging
import sys
from collections import deque
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram

if TYPE_CHECKING:
    import structlog

REGISTRY = CollectorRegistry()
CALLS = Counter("poolhouse_calls_total", "Answered calls.", ("operation", "outcome"), registry=REGISTRY)
SECONDS = Histogram(
    "poolhouse_call_seconds",
    "Time from the decoded request to the answer.",
    ("operation",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
INVOCATIONS = Counter(
    "poolhouse_function_invocations_total", "Function runs.", ("function", "outcome"), registry=REGISTRY
)


class Asked(NamedTuple):
    """One request and its decision. `at` is epoch microseconds, `way` the protocol, `rule` what allowed or refused."""

    at: int
    way: str
    operation: str
    principal: str
    result: str
    rule: str
    milliseconds: float
    request_id: str


recent: deque[Asked] = deque(maxlen=1000)
"""The last requests that this process answered, the newest at the end."""

_REDACTED = "***"
_ALWAYS = frozenset(
    {"authorization", "x-amz-security-token", "x-api-key", "cookie", "password", "token", "secret", "code", "session"}
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Log:
    """An event and its fields, at one of five levels. Before `configure` it tells warnings and errors only."""

    def __init__(self) -> None:
        self._configured = ("warning", "json", _ALWAYS)
        self._logger: structlog.typing.FilteringBoundLogger | None = None

    def configure(self, level: str, form: str, hidden: frozenset[str]) -> None:
        """Takes effect with the next line."""
        self._configured, self._logger = (level, form, hidden), None

    def debug(self, event: str, **fields: Any) -> None:
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._write("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """An error with the traceback of the exception that is being handled."""
        self._write("error", event, {**fields, "exc_info": True})

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if _LEVELS[level] < _LEVELS[self._configured[0]]:
            return
        if self._logger is None:
            self._logger = _logger(*self._configured)
        getattr(self._logger, level)(event, **fields)


class _Stderr:
    """The standard error of the moment, which its owner may redirect."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


log = Log()


def configure(level: str, form: str, sensitive: frozenset[str]) -> None:
    """Send logs to stderr: readable lines on a terminal, else one JSON object per line."""
    log.configure(level, form, _ALWAYS | {name.lower() for name in sensitive})


def _logger(level: str, form: str, hidden: frozenset[str]) -> "structlog.typing.FilteringBoundLogger":
    import structlog

    text = form == "text" or (not form and sys.stderr.isatty())
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(_Stderr()),  # type: ignore[arg-type]
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redactor(hidden),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if text else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return logger


def _redactor(hidden: frozenset[str]) -> "structlog.typing.Processor":
    def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in event.items():
            event[key] = _clean(key, value, hidden)
        return event

    return redact


def _clean(key: str, value: Any, hidden: frozenset[str]) -> Any:
    if key.lower() in hidden and value is not None:
        return _REDACTED
    if isinstance(value, Mapping):
        return {name: _clean(str(name), inner, hidden) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", inner, hidden) for inner in value]
    return value
