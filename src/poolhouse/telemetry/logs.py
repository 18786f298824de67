"""Logs: one line per event, with secrets removed by the service model's own marks.

structlog is imported by the first line that is logged: it takes a tenth of the time that a server needs to start.
"""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import structlog

_REDACTED = "***"
_ALWAYS = frozenset(
    {"authorization", "x-amz-security-token", "x-api-key", "cookie", "password", "token", "secret", "code", "session"}
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Log:
    """An event and its fields, at one of five levels. Before `configure` it tells warnings and errors only."""

    def __init__(self) -> None:
        self._configured = ("warning", "json", _ALWAYS, True)
        self._logger: structlog.typing.FilteringBoundLogger | None = None
        self._more: Callable[[], dict[str, str]] = dict

    def configure(self, level: str, form: str, hidden: frozenset[str], *, plain: bool = False) -> None:
        """Takes effect with the next line."""
        self._configured, self._logger = (level, form, hidden, plain), None

    def tell_also(self, more: Callable[[], dict[str, str]]) -> None:
        """Every line from now on says what `more` says at that moment."""
        self._more = more

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
        getattr(self._logger, level)(event, **{**fields, **self._more()})


class _Stderr:
    """The standard error of the moment, which its owner may redirect."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


log = Log()


def configure(level: str, form: str, sensitive: frozenset[str], *, plain: bool = False) -> None:
    """Send logs to stderr: readable lines on a terminal, coloured unless `plain`, else one JSON object per line."""
    log.configure(level, form, _ALWAYS | {name.lower() for name in sensitive}, plain=plain)


def _logger(level: str, form: str, hidden: frozenset[str], plain: bool) -> "structlog.typing.FilteringBoundLogger":
    """Each line is written whole, with its end: several processes may share the pipe."""
    import structlog

    seen = sys.stderr.isatty()
    text = form == "text" or (not form and seen)
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(_Stderr()),  # type: ignore[arg-type]  # all that it asks of a file is there
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redactor(hidden),
            structlog.processors.format_exc_info,
            _readable(seen and not plain) if text else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return logger


def _readable(colored: bool) -> "structlog.typing.Processor":
    """What a function wrote stands as it was written, behind its name; everything else is an event and its fields."""
    import structlog

    rendered = structlog.dev.ConsoleRenderer(colors=colored)
    dim, end = ("\x1b[2m", "\x1b[0m") if colored else ("", "")

    def render(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        if event["event"] == "function" and "line" in event:
            return f"{dim}{event['timestamp']} {event['function']} |{end} {_printable(event['line'])}"
        return rendered(logger, method, event)

    return render


def _printable(line: str) -> str:
    """Somebody's name in it must not move the cursor of the person who reads."""
    return "".join(one if one.isprintable() or one == "\t" else repr(one)[1:-1] for one in line)


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
