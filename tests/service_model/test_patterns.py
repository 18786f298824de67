"""The translated patterns mean what AWS's patterns mean, and cost linear time."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.service_model.structs import patterns

USERNAME = re.compile(patterns.BY_TEXT[r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"])
TEXT = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"


@pytest.mark.parametrize(
    "name", ["ada", "ada@example.com", "名前", "Ærøskøbing", "😀", "e\u0301", "٣", "$+<", "«»", "\U0001d49c"]
)
def test_usernames_in_any_script(name):
    """Letters, marks, symbols, numbers and punctuation of all planes are allowed."""
    assert USERNAME.search(name)


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a\n", "\na", "a\u00a0b", "a\u2028", "\u200b", "\x00", "\ud800", "\ue000", "\u0378", "\U000e0001"],
)
def test_usernames_without_space_control_or_unassigned(name):
    """Separators, controls, format characters, surrogates, private use and unassigned code points are not."""
    assert not USERNAME.search(name)


@pytest.mark.skipif(unicodedata.unidata_version != patterns.UNICODE, reason="another version of Unicode")
@given(st.characters())
def test_classes_follow_the_unicode_database(character):
    """A character is in a class exactly when its general category is named by it."""
    assert bool(USERNAME.search(character)) == (unicodedata.category(character)[0] in "LMSNP")


def test_words_and_digits_are_ascii():
    """AWS's engine is Java's, where \\w and \\d know ASCII only."""
    assert not re.search(patterns.BY_TEXT[r"[\w-]+_[0-9a-zA-Z]+"], "é_b")
    assert not re.search(patterns.BY_TEXT[r"\d+"], "٣")
    assert re.search(patterns.BY_TEXT[r"[\S]+"], "a\u00a0b")


def test_a_trailing_newline_is_not_overlooked():
    """Every pattern is anchored at the very end, also those that carry their own dollar sign."""
    assert not re.search(patterns.BY_TEXT[r"^[0-9a-fA-F]+$"], "ff\n")
    assert all(text.startswith(r"\A") for text in patterns.BY_TEXT.values())


EMAIL = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
REWRITTEN = {
    EMAIL: r"\A[^ \n]+@[^ \n]+\Z",
    TEXT + r"\{####\}" + TEXT: r"\A[^\x00]*\{####\}[^\x00]*\Z",
    TEXT + r"\{##" + TEXT + r"##\}" + TEXT: r"\A[^\x00]*\{##[^\x00]*##\}[^\x00]*\Z",
    r".*\{####\}.*": r"\A[^\n]*\{####\}[^\n]*\Z",
}


@pytest.mark.parametrize("original", list(REWRITTEN))
@given(text=st.lists(st.sampled_from(["a", "@", "{##", "##}", "{", "#", "}", "\n", "\x00"]), max_size=8).map("".join))
def test_rewritten_patterns_keep_their_language(original, text):
    """The linear form of a pattern accepts what its plain form accepts."""
    plain = REWRITTEN[original] if original != EMAIL else r"\A[^ \n\x00]+@[^ \n\x00]+\Z"
    assert bool(re.search(patterns.BY_TEXT[original], text)) == bool(re.search(plain, text))


@pytest.mark.parametrize("original", list(patterns.BY_TEXT), ids=lambda text: text[:30])
def test_no_pattern_explodes(original):
    """A long hostile text is judged in a moment, where a quadratic pattern takes minutes."""
    compiled = re.compile(patterns.BY_TEXT[original])
    started = time.process_time()
    for piece in ("a", "_", "@", ":", "a_", "{####}", "{##", "##}", "{##x##}", "arn:a:", "-", "0"):
        for end in ("\x00", "\n", ""):
            compiled.search("arn:a:a:" + piece * (200_000 // len(piece)) + end)
            compiled.search(piece * (200_000 // len(piece)) + end)
    assert time.process_time() - started < 20
