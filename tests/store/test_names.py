"""Folding, prefix bounds and sign-in names: pure functions."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.store.names import fold, prefix_bound, search_keys, sign_in_names
from poolhouse.store.settings import PoolSettings, UsernameConfigurationType

EXACT = PoolSettings()
FOLDED = PoolSettings(UsernameConfiguration=UsernameConfigurationType(CaseSensitive=False))
# Any text that can be encoded: what JSON can carry.
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(prefix=texts, text=texts)
def test_prefix_bound_separates(prefix, text):
    """A text is in [prefix, bound) exactly when it begins with the prefix."""
    bound = prefix_bound(prefix)
    in_range = text >= prefix and (bound is None or text < bound)
    assert in_range == text.startswith(prefix)
    assert bound is None or prefix + text < bound


@given(prefix=st.text(st.sampled_from("a\ud7ff\ue000\U0010ffff\uffff"), max_size=4), text=texts)
def test_prefix_bound_at_the_edges(prefix, text):
    """The last code point, and the one before the surrogates, have a bound that is text."""
    bound = prefix_bound(prefix)
    assert (bound is None) == (prefix.strip("\U0010ffff") == "")
    if bound is not None:
        assert bound.encode() > (prefix + text).encode()


@given(texts)
def test_code_point_order_is_byte_order(text):
    """Python, SQLite and PostgreSQL's C collation agree, so a bound made here holds there."""
    other = text[::-1]
    assert (text < other) == (text.encode() < other.encode())


@given(texts)
def test_fold_is_stable(text):
    for settings in (EXACT, FOLDED):
        assert fold(settings, fold(settings, text)) == fold(settings, text)


@given(texts)
def test_canonical_twins_are_one(text):
    """A name cannot be taken twice by another encoding of the same characters."""
    for settings in (EXACT, FOLDED):
        assert fold(settings, unicodedata.normalize("NFD", text)) == fold(settings, text)


@pytest.mark.parametrize(
    ("left", "right"), [("admin", "\uff41dmin"), ("admin", "\u0430dmin"), ("\ufb002", "ff2"), ("x²", "x2")]
)
def test_look_alikes_stay_apart(left, right):
    """Without case folding nothing but canonical equivalence joins two names; full width and Cyrillic never do."""
    assert fold(EXACT, left) != fold(EXACT, right)
    if left in {"admin", "x²"}:
        assert fold(FOLDED, left) != fold(FOLDED, right)


@pytest.mark.parametrize(("left", "right"), [("Ada", "aDA"), ("STRASSE", "straße"), ("ΣΊΣΥΦΟΣ", "σίσυφος")])
def test_case_folds_only_where_asked(left, right):
    assert fold(FOLDED, left) == fold(FOLDED, right)
    assert fold(EXACT, left) != fold(EXACT, right)


def test_username_attributes_sign_in_unverified():
    names = sign_in_names(PoolSettings(UsernameAttributes=("email",)), "u", {"email": "A@x.io", "phone_number": "+1"})
    assert names == {"A@x.io": "email"}


def test_aliases_sign_in_when_verified():
    settings = PoolSettings(AliasAttributes=("email", "phone_number"))
    held = {"email": "a@x.io", "email_verified": "false", "phone_number": "+4912", "phone_number_verified": "true"}
    assert sign_in_names(settings, "u", held) == {"+4912": "phone_number"}


def test_preferred_names_share_the_space_of_usernames():
    settings = PoolSettings(AliasAttributes=("preferred_username",))
    assert sign_in_names(settings, "u", {"preferred_username": "p"}) == {"p": "preferred_username", "u": "username"}


def test_long_search_keys_are_cut_at_a_character():
    """PostgreSQL refuses index entries of more than 2,704 bytes."""
    key = search_keys(EXACT, {"name": "x" + "é€" * 1000})["name"]
    assert 2390 < len(key.encode()) <= 2400
    assert ("x" + "é€" * 1000).startswith(key)
