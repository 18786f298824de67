"""Generated values have AWS's spelling, conform to their patterns and do not repeat."""

import re
import uuid
from collections import Counter

import pytest

from poolhouse.crypto import codes
from poolhouse.crypto.passwords import Policy, violation


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (codes.client_id, r"[a-z0-9]{26}"),
        (codes.client_secret, r"[a-z0-9]{51}"),
        (codes.pool_suffix, r"[A-Za-z0-9]{9}"),
        (codes.secret_key, r"[A-Za-z0-9+/]{40}"),
        (lambda: codes.access_key_id("ASIA"), r"ASIA[A-Z2-7]{16}"),
        (lambda: codes.access_key_id("AKIA"), r"AKIA[A-Z2-7]{16}"),
        (lambda: codes.temporary_password(Policy()), r"[A-Za-z]\S{11}"),
    ],
)
def test_values_have_their_form_and_differ(make, pattern: str):
    made = {make() for _ in range(300)}
    assert len(made) == 300
    assert all(re.fullmatch(pattern, value) for value in made)


def test_one_time_codes_have_six_digits():
    """Leading zeros are kept, and no leading digit is preferred."""
    made = [codes.one_time_code() for _ in range(5000)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in made)
    leading = Counter(code[0] for code in made)
    assert len(leading) == 10
    assert max(leading.values()) < 2 * min(leading.values())


def test_every_character_of_an_alphabet_is_used():
    """An alphabet's ends are reached as often as its middle."""
    used = Counter("".join(codes.client_id() for _ in range(600)))
    assert len(used) == 36
    assert max(used.values()) < 2 * min(used.values())


def test_uuids_are_version_4():
    made = [uuid.UUID(codes.new_uuid()) for _ in range(100)]
    assert {value.version for value in made} == {4}
    assert len(set(made)) == 100


@pytest.mark.parametrize("minimum", [6, 8, 12, 13, 99])
def test_temporary_passwords_conform(minimum: int):
    """They satisfy every rule at any length, and hold nothing that a mail or a shell would change."""
    policy = Policy(minimum_length=minimum)
    for _ in range(100):
        password = codes.temporary_password(policy)
        assert violation(password, policy) is None
        assert len(password) == max(12, minimum)
        assert not set(password) & set("<>&\"'`\\$= +-@0O1lI")
