"""Metrics in Prometheus' format, and the last requests of this process."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_NAMES: Final = (*map(str, map(float, _BOUNDS)), "+Inf")


class _Times:
    """How long the calls of one operation took: so many up to each bound, and all together."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(_NAMES)
        self.seconds = 0.0


class Calls(Collector):
    """Answered calls, for Prometheus. The library's own counters take a fifteenth of a call's time, these a tenth of
    that: one thread counts, and what a scrape wants is put together by the scrape.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes: dict[tuple[str, str], int] = {}
        self._times: dict[str, _Times] = {}
        registry.register(self)

    def note(self, operation: str, outcome: str, seconds: float) -> None:
        """One answer. `outcome` is "ok", "fault" or the code of the error."""
        key = operation, outcome
        self._outcomes[key] = self._outcomes.get(key, 0) + 1
        times = self._times.get(operation)
        if times is None:
            times = self._times[operation] = _Times()
        times.counts[bisect_left(_BOUNDS, seconds)] += 1
        times.seconds += seconds

    def describe(self) -> list[Metric]:
        """The families without samples: what a registry asks for their names."""
        return [
            CounterMetricFamily("poolhouse_calls", "Answered calls.", labels=("operation", "outcome")),
            HistogramMetricFamily(
                "poolhouse_call_seconds", "Time from the decoded request to the answer.", labels=("operation",)
            ),
        ]

    def collect(self) -> Iterator[Metric]:
        calls, seconds = self.describe()
        assert isinstance(calls, CounterMetricFamily)
        assert isinstance(seconds, HistogramMetricFamily)
        for key, count in list(self._outcomes.items()):
            calls.add_metric(key, count)
        for operation, times in list(self._times.items()):
            buckets = list(zip(_NAMES, accumulate(times.counts), strict=True))
            seconds.add_metric((operation,), buckets, times.seconds)
        yield calls
        yield seconds


REGISTRY = CollectorRegistry()
CALLS = Calls(REGISTRY)
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
