"""Metrics in Prometheus' format, and the last requests of this process."""

from collections import deque
from typing import NamedTuple

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
