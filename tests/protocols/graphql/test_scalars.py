"""AppSync's scalars, one table of good and bad values each."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.protocols.graphql.scalars import DEEPEST_JSON, SCALARS, Invalid, read_json, too_deep

GOOD = {
    "ID": ["x", "", 5],
    "String": ["", "x", "\u00fc\n"],
    "Int": [0, -(2**31), 2**31 - 1, 3.0],
    "Float": [0, 1.5, -2e10, 2**60],
    "Boolean": [True, False],
    "AWSDate": ["2026-01-31", "2024-02-29", "2026-01-31Z", "2026-01-31+07:00", "2026-01-31-07:00:30"],
    "AWSTime": ["12:30", "12:30:45", "12:30:45.123", "12:30:45.123456789Z", "00:00+18:00", "12:30-07:00:00"],
    "AWSDateTime": ["2026-01-31T12:30Z", "2026-01-31T12:30:45.123Z", "2026-01-31T12:30:45+05:30", "2026-01-31T00:00:00-18:00:00"],
    "AWSTimestamp": [0, -123123, 1_700_000_000, 2**62],
    "AWSEmail": ["a@b", "first.last+tag@example.co.uk", "x_y@sub-domain.example", "\u00fc@b\u00fccher.example"],
    "AWSJSON": ["{}", "[1,2]", "null", '"x"', " 1 "],
    "AWSPhone": ["+4915112345678", "+1 415 555 0132", "415-555-0132", "(415) 555-0132", "1 415 555 0132"],
    "AWSURL": ["https://example.com", "http://localhost:4500/a?b=c#d", "mailto:a@b.example", "ftp://h/x", "http://[::1]:80/"],
    "AWSIPAddress": ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:1.2.3.4"],
}  # fmt: skip
BAD = {
    "ID": [True, 1.5, None, [], {}],
    "String": [1, True, None, [], {}],
    "Int": [2**31, -(2**31) - 1, 1.5, True, "1", None],
    "Float": [True, "1.5", None, 10**400],
    "Boolean": ["true", 1, 0, None],
    "AWSDate": ["2026-02-30", "0000-01-01", "26-01-01", "2026-1-1", "2026-01-01T00:00Z", "2026-01-01+19:00", "2026-01-01 ", "\u0662026-01-01", 20260101],
    "AWSTime": ["24:00", "12:60", "12:30:60", "12", "12:30:45.", "12:30+18:01", "12:30+7:00", "12:30:45.1234567890"],
    "AWSDateTime": ["2026-01-31T12:30", "2026-01-31", "2026-01-31 12:30Z", "2026-13-01T00:00Z", "2026-01-31T25:00Z", "2026-01-31T12:30+99:00", "2026-01-31T12:30z"],
    "AWSTimestamp": ["1", 1.5, True, 2**63, None],
    "AWSEmail": ["a", "@b", "a@", "a@b@c", "a b@c", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-", "a@b..c", '"a"@b', "a@" + "b" * 64, "x" * 65 + "@b", 5],
    "AWSJSON": ["", "{a:1}", "{'a':1}", "{} {}", "NaN", "[1,]", {}, 1, True, '"\\ud800"', "[" * 65 + "]" * 65],
    "AWSPhone": ["", "+", "12345", "+0123456789", "115-555-0132", "415-155-0132", "+1234567890123456", "415.555.0132x1", "+" + " " * 50 + "4915112345678", 4155550132],
    "AWSURL": ["example.com", "//example.com", "http://", "http://a b", "javascript:alert(1)", "http://h/a//b", "http://h:99999/", "http://[::1", "mailto:x", "http://h/\x00", "https://e\n", "x" * 9000],
    "AWSIPAddress": ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4/33", "::1/129", "::g", "fe80::1%eth0", "1.2.3.4/255.0.0.0", "1.2.3.4 ", 5],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_good_values_pass(name: str, value: object) -> None:
    """What AppSync accepts is accepted, and texts stay as they are."""
    parsed = SCALARS[name].parse(value)
    if name == "AWSJSON":
        assert parsed == json.loads(value)
    elif name != "ID":
        assert parsed == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_values_are_refused(name: str, value: object) -> None:
    """Everything else is refused with a sentence."""
    with pytest.raises(Invalid, match=r"^(Unable to parse `|Expected )"):
        SCALARS[name].parse(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (n, v)
        for n, values in GOOD.items()
        if n.startswith("AWS") and n not in ("AWSJSON", "AWSTimestamp")
        for v in values
    ],
)
def test_good_results_pass(name: str, value: object) -> None:
    """Results are checked by the same rules."""
    assert SCALARS[name].serialize(value) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AWSPhone", "x", "Unable to serialize `x` as a valid phone number."),
        ("AWSDateTime", 5, "Unable to serialize `5` as a valid DateTime Object."),
        ("AWSTimestamp", "5", "Unable to serialize `5` as a valid timestamp."),
        ("AWSTimestamp", 5.5, "Unable to serialize `5.5` as a valid timestamp."),
        ("AWSEmail", "x" * 500, f"Unable to serialize `{'x' * 100}…` as a valid email address."),
        ("Boolean", 1, "Expected type 'Boolean' but was 'Int'."),
        ("String", [], "Expected type 'String' but was 'List'."),
    ],
)
def test_bad_results_are_named(name: str, value: object, message: str) -> None:
    """The message holds the value, shortened, and what it should have been."""
    with pytest.raises(Invalid) as caught:
        SCALARS[name].serialize(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(("value", "text"), [(1, "1"), (1.5, "1.5"), (True, "true"), ("x", "x")])
def test_strings_take_numbers_from_handlers(value: object, text: str) -> None:
    """A number or a boolean becomes text."""
    assert SCALARS["String"].serialize(value) == text


def test_timestamps_from_floats() -> None:
    """A whole float is a whole number of seconds."""
    assert SCALARS["AWSTimestamp"].serialize(5.0) == 5


def test_depth_ignores_brackets_in_text() -> None:
    """Only real nesting counts, escaped quotes included."""
    flat = json.dumps(["[" * 200, '\\"{' * 100]).encode()
    assert not too_deep(flat)
    assert too_deep(b"[" * (DEEPEST_JSON + 1))
    assert not too_deep(b"[" * DEEPEST_JSON + b"]" * DEEPEST_JSON)
    assert not too_deep(b"[]," * 1000)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.integers(),
        st.lists,
        max_leaves=20,
    )
)
def test_json_round_trip(value: object) -> None:
    """AWSJSON out and in gives the same value."""
    assert SCALARS["AWSJSON"].parse(SCALARS["AWSJSON"].serialize(value)) == value


@given(
    st.sampled_from(sorted(SCALARS)),
    st.text(max_size=60) | st.integers() | st.floats() | st.none() | st.lists(st.text()),
)
def test_scalars_never_raise_anything_else(name: str, value: object) -> None:
    """Any value is either good or Invalid, in both directions."""
    for check in (SCALARS[name].parse, SCALARS[name].serialize):
        with contextlib.suppress(Invalid):
            check(value)


@given(st.binary(max_size=200))
def test_bytes_are_json_or_a_value_error(text: bytes) -> None:
    """The reader of bodies raises nothing but ValueError."""
    with contextlib.suppress(ValueError):
        read_json(text)
