"""Logs and metrics, with secrets removed by the service model's own marks.

`app.py` calls `configure` once and hands over the sensitive member names, since this module knows no model.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

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

_REDACTED = "***"
_ALWAYS = frozenset(
    {"authorization", "x-amz-security-token", "x-api-key", "cookie", "password", "token", "secret", "code", "session"}
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("poolhouse")


def configure(level: str, form: str, sensitive: frozenset[str]) -> None:
    """Send logs to stderr: readable lines on a terminal, else one JSON object per line."""
    hidden = _ALWAYS | {name.lower() for name in sensitive}
    text = form == "text" or (not form and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redactor(hidden),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if text else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _redactor(hidden: frozenset[str] | set[str]) -> structlog.typing.Processor:
    def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in event.items():
            event[key] = _clean(key, value, hidden)
        return event

    return redact


def _clean(key: str, value: Any, hidden: frozenset[str] | set[str]) -> Any:
    if key.lower() in hidden and value is not None:
        return _REDACTED
    if isinstance(value, Mapping):
        return {name: _clean(str(name), inner, hidden) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", inner, hidden) for inner in value]
    return value
