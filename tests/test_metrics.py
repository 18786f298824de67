"""What Prometheus is told of answered calls is what its own counters would tell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from poolhouse.telemetry.metrics import Calls

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
CALLS = st.tuples(
    st.sampled_from(["AdminGetUser", 'a "b"\n\\c']),
    st.sampled_from(["ok", "fault", "UserNotFoundException"]),
    st.sampled_from([*BUCKETS, 3.0]) | st.floats(0, 4),
)


def without_birthdays(text: bytes) -> list[str]:
    """The library also tells when a counter was made."""
    return sorted(line for line in text.decode().splitlines() if "_created" not in line)


@given(st.lists(CALLS, max_size=20))
@settings(max_examples=40)
def test_a_scrape_is_what_the_library_would_answer(noted):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    calls = Calls(ours)
    counter = Counter("poolhouse_calls_total", "Answered calls.", ("operation", "outcome"), registry=theirs)
    times = Histogram(
        "poolhouse_call_seconds",
        "Time from the decoded request to the answer.",
        ("operation",),
        buckets=BUCKETS,
        registry=theirs,
    )
    for operation, outcome, seconds in noted:
        calls.note(operation, outcome, seconds)
        counter.labels(operation, outcome).inc()
        times.labels(operation).observe(seconds)
    assert without_birthdays(generate_latest(ours)) == without_birthdays(generate_latest(theirs))


def test_nobody_else_can_have_its_names():
    registry = CollectorRegistry()
    Calls(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Counter("poolhouse_calls_total", "Twice.", registry=registry)
