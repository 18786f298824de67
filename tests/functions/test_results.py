"""Handler results beyond plain JSON (Q11)."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.functions.inside import TolerantEncoder

encode = TolerantEncoder().encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


async def test_a_worker_serialises_what_python_returns(house):
    """Times, bytes, numbers, sets and UUIDs come back as JSON, at any depth."""
    functions = await house.run(
        """
        import datetime as d, decimal, uuid
        def handler(event, context):
            return {"at": d.datetime(2026, 1, 2, 3, 4, 5, 678000, d.UTC), "day": d.date(2026, 1, 2), "raw": b"\\xff\\x00",
                    "sum": decimal.Decimal("12.50"), "set": {1}, "pair": (1, 2), "id": [uuid.UUID(int=1)]}
        """
    )
    outcome = await functions.invoke("work", b"{}")
    assert b'"sum": 12.50' in outcome.payload
    assert json.loads(outcome.payload) == {
        "at": "2026-01-02T03:04:05.678000Z",
        "day": "2026-01-02",
        "raw": "/wA=",
        "sum": 12.5,
        "set": [1],
        "pair": [1, 2],
        "id": ["00000000-0000-0000-0000-000000000001"],
    }


@pytest.mark.parametrize(
    "value", ["float('nan')", "float('inf')", "{'a': Decimal('NaN')}", "Decimal('-Infinity')", "object()"]
)
async def test_what_json_cannot_hold_is_a_clear_error(house, value):
    """Numbers that JSON does not have, and unknown objects, fail the invocation and not the worker."""
    functions = await house.run(
        f"from decimal import Decimal\ndef handler(event, context): return {value} if event else 0"
    )
    outcome = await functions.invoke("work", b"1")
    assert outcome.error.type == "Runtime.MarshalError"
    assert outcome.error.message.startswith("Unable to marshal response: ")
    assert (await functions.invoke("work", b"0")).payload == b"0"


async def test_top_level_bytes_are_base64_text(house):
    """A handler that returns bytes gives JSON like any other."""
    functions = await house.run("def handler(event, context): return b'abc'")
    assert (await functions.invoke("work", b"{}")).payload == b'"YWJj"'


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05Z"),
    ],
)
def test_datetimes_are_utc(moment, text):
    """Zones are converted; a datetime without zone is UTC."""
    assert json.loads(encode(moment)) == text


@given(JSON)
def test_plain_values_survive(value):
    """The encoder changes nothing about values that JSON has."""
    assert json.loads(encode(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_lose_no_digit(number):
    """A Decimal is a JSON number with all its digits."""
    assert json.loads(encode([number]), parse_float=Decimal, parse_int=Decimal) == [number]
