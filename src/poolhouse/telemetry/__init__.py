"""Logs, metrics, traces and the last requests, with secrets removed by the service model's own marks.

The command line calls `configure` once and hands over the sensitive member names, since this package knows no model.
"""

from .logs import Log, configure, log
from .metrics import CALLS, INVOCATIONS, REGISTRY, Asked, recent
from .traces import traces

__all__ = [
    "CALLS",
    "INVOCATIONS",
    "REGISTRY",
    "Asked",
    "Log",
    "configure",
    "log",
    "recent",
    "traces",
]
