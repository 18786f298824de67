"""Traces of `dev` and `serve`: on where OpenTelemetry's own variables ask for them, and all sent before the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from poolhouse.config import opentelemetry
from poolhouse.telemetry import traces
from poolhouse.telemetry.traces import wanted


@contextmanager
def tracing() -> Iterator[None]:
    """Each process does it for itself: the thread that sends would not survive a fork.

    Raises SettingError for what the variables ask in vain, and MissingExtra without the packages.
    """
    if not wanted(opentelemetry()):
        yield
        return
    traces.start(version("poolhouse"))
    try:
        yield
    finally:
        traces.stop()
