"""Time-based one-time passwords against the RFCs' own numbers."""

import base64

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, text

from poolhouse.crypto import totp

SECRET = b"12345678901234567890"
STEP = 30_000_000


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_rfc_6238(seconds, eight_digits):
    """Appendix B, SHA-1; six digits are the last six of its eight."""
    assert totp.code(SECRET, totp.step_of(seconds * 1_000_000)) == eight_digits[2:]


@pytest.mark.parametrize(
    ("count", "value"),
    list(
        enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])
    ),
)
def test_vectors_of_rfc_4226(count, value):
    """Appendix D."""
    assert totp.code(SECRET, count) == value


def test_window():
    """One step each side is accepted, the second is not; the answer says which step it was."""
    now = 1_700_000_000_000_000
    present = totp.step_of(now)
    found = [totp.matching_step(SECRET, totp.code(SECRET, present + off), now) for off in range(-2, 3)]
    assert found == [None, present - 1, present, present + 1, None]


def test_borders_of_a_step():
    """A step begins with its first microsecond."""
    assert [totp.step_of(at) for at in (0, STEP - 1, STEP)] == [0, 0, 1]


@given(text(max_size=12))
def test_nothing_else_matches(given):
    now = 1_700_000_000_000_000
    codes = {totp.code(SECRET, totp.step_of(now) + off) for off in (-1, 0, 1)}
    assert (totp.matching_step(SECRET, given, now) is not None) == (given in codes)


@given(binary(min_size=1, max_size=64), integers(0, 2**40))
def test_a_code_is_six_digits(secret, step):
    code = totp.code(secret, step)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()


def test_secrets():
    """160 random bits, as 32 characters that decode to them."""
    first, second = totp.new_secret(), totp.new_secret()
    assert first != second
    assert len(first) == 20
    assert base64.b32decode(totp.secret_text(first)) == first
    assert len(totp.secret_text(first)) == 32
