"""Patterns match what a plain recursive reading says, in time that no pattern can blow up."""

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.access.globs import ArnPattern, Template, UnresolvedVariableError, atoms

SMALL = st.text("ab:", max_size=10)
PATTERN = st.text("ab:*?", max_size=10)
ARN = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"


def oracle(pattern: str, subject: str) -> bool:
    @cache
    def match(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(subject)
        if pattern[i] == "*":
            return match(i + 1, j) or (j < len(subject) and match(i, j + 1))
        return j < len(subject) and pattern[i] in ("?", subject[j]) and match(i + 1, j + 1)

    return match(0, 0)


def glob(pattern: str, subject: str) -> bool:
    return Template(atoms(pattern, variables=False)).matches(subject, {})


def arn(pattern: str, subject: str, **context: tuple[str, ...]) -> bool:
    return ArnPattern(pattern, variables=True).matches(subject, context)


@given(PATTERN, SMALL)
def test_globs_agree_with_the_plain_reading(pattern, subject):
    """`*` is any run, `?` is one character, everything else is itself."""
    assert glob(pattern, subject) == oracle(pattern, subject)


@given(
    st.lists(PATTERN.map(lambda text: text.replace(":", "")), min_size=5, max_size=5),
    PATTERN,
    st.lists(SMALL, min_size=5, max_size=7),
)
def test_arns_agree_with_a_segment_wise_reading(head, tail, parts):
    """The first five segments are compared alone; the sixth holds the remaining colons."""
    subject = "arn:" + ":".join(parts)
    segments = subject.split(":", 5)
    patterns = ["arn", *head[1:], tail]
    expected = all(oracle(one, part) for one, part in zip(patterns, segments, strict=True))
    assert arn(":".join(patterns), subject) == expected


@pytest.mark.parametrize(
    "pattern", ["*?a" * 600, "?a" * 1000 + "*b", "*" + "a?" * 900 + "b*", "a*" * 1000 + "b", "*" * 2000 + "b"]
)
def test_no_pattern_is_a_bomb(pattern):
    """The longest pattern against the longest ARN takes milliseconds, whatever its shape."""
    compiled = Template(atoms(pattern, variables=False))
    start = time.perf_counter()
    compiled.matches("a" * 2048, {})
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        (ARN, True),
        ("arn:aws:cognito-idp:*", True),
        ("arn:aws:cognito-idp", True),
        ("arn:aws:cognito-idp:us-*:*:userpool/*", True),
        ("arn:aws:*:userpool/us-east-1_abcdefghi", False),
        ("arn:aws:cognito-idp:*:userpool/us-east-1_abcdefghi", False),
        ("arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_ABCDEFGHI", False),
        ("arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefgh?", True),
        ("arn:aws:cognito-idp:us-east-1:111111111111:userpool/*", False),
    ],
)
def test_user_pool_arns(pattern, matches):
    """A `*` does not swallow a colon, missing segments are `*`, case counts."""
    assert arn(pattern, ARN) is matches


def test_only_the_star_matches_no_resource():
    """Operations without a resource type ask for `*`."""
    assert arn("*", "*")
    assert not arn("arn:aws:cognito-idp:*:*:*", "*")


def test_a_variable_is_literal_text():
    """A caller who is called `*` gets no wildcard and no further segment."""
    pattern = "arn:aws:x:::user/${aws:username}"
    assert arn(pattern, "arn:aws:x:::user/ada", **{"aws:username": ("ada",)})
    assert not arn(pattern, "arn:aws:x:::user/ada", **{"aws:username": ("*",)})
    assert arn(pattern, "arn:aws:x:::user/*", **{"aws:username": ("*",)})
    assert not arn("arn:aws:${aws:username}:::b", "arn:aws:x:::b", **{"aws:username": ("x:::b",)})


def test_an_absent_variable_has_no_value_unless_a_default_is_given():
    """Several values are no value either."""
    with pytest.raises(UnresolvedVariableError):
        arn("arn:aws:x:::${aws:username}", "arn:aws:x:::a")
    with pytest.raises(UnresolvedVariableError):
        arn("arn:aws:x:::${aws:username}", "arn:aws:x:::a", **{"aws:username": ("a", "b")})
    assert arn("arn:aws:x:::${aws:username, 'guest'}", "arn:aws:x:::guest")


def test_escaped_characters_stand_for_themselves():
    """`${*}`, `${?}` and `${$}`."""
    assert arn("arn:aws:x:::a${*}${?}${$}", "arn:aws:x:::a*?$")
    assert not arn("arn:aws:x:::a${*}", "arn:aws:x:::abc")


@pytest.mark.parametrize(
    "pattern",
    [
        *("userpool/x", "**", "?", "", "arn:aws:x:::${", "arn:aws:x:::${}", "arn:aws:x:::${a b}", "arn:" + "a" * 3000),
        "arn:aws:x:::${aws:ResourceTag/team}",
    ],
)
def test_malformed_patterns_are_refused(pattern):
    """Neither an ARN nor `*`, a broken variable, or too long."""
    with pytest.raises(ValueError):
        ArnPattern(pattern, variables=True)
