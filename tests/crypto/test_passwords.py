"""Password rules and their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.crypto.passwords import SYMBOLS, Policy, violation

NONE = Policy(6, require_uppercase=False, require_lowercase=False, require_numbers=False, require_symbols=False)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Aa1!aaa", "Password not long enough"),
        ("", "Password not long enough"),
        ("aaaaaaaa", "Password must have uppercase characters"),
        ("AAAAAAAA", "Password must have lowercase characters"),
        ("Aaaaaaaa", "Password must have numeric characters"),
        ("Aaaaaaa1", "Password must have symbol characters"),
        ("Aaaaaa1!", None),
    ],
)
def test_first_broken_rule_is_named(password: str, reason: str | None):
    """One reason per answer: length, then uppercase, lowercase, numeric, symbol."""
    assert violation(password, Policy()) == reason


@pytest.mark.parametrize("password", ["ÄÄÄÄaa1!", "AAAAßß1!", "AAaaaa\u0663\u0664!", "AAaaaa11€"])
def test_letters_and_digits_are_basic_latin(password: str):
    """Other scripts' letters, digits and symbols are welcome but satisfy no rule."""
    assert violation(password, Policy()) is not None


@pytest.mark.parametrize("symbol", sorted("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "))
def test_every_listed_symbol_counts(symbol: str):
    assert violation(f"Abcdefg1{symbol}", Policy()) is None


def test_the_list_has_33_symbols():
    """All printable ASCII that is neither letter nor digit."""
    assert {chr(c) for c in range(32, 127) if not chr(c).isalnum()} == SYMBOLS


@given(st.text(min_size=6, max_size=256))
def test_a_policy_without_rules_asks_for_length_only(password: str):
    assert violation(password, NONE) is None
    assert violation(password[:5], NONE) == "Password not long enough"


@pytest.mark.parametrize("minimum", [6, 99])
def test_minimum_length_is_inclusive(minimum: int):
    policy = NONE._replace(minimum_length=minimum)
    assert violation("x" * minimum, policy) is None
    assert violation("x" * (minimum - 1), policy) == "Password not long enough"
