"""Condition operators, each with values that hold and values that do not."""

import pytest

from poolhouse.access.conditions import parse_conditions
from poolhouse.access.policies import normal


def holds(block, *, allows=True, **context) -> bool:
    keys = normal({key.replace("_", ":"): value for key, value in context.items()})
    return all(one.holds(keys, allows=allows) for one in parse_conditions(block, variables=True))


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", "Ada", "Ada", True),
        ("StringEquals", "Ada", "ada", False),
        ("StringEquals", "A*", "Ada", False),
        ("StringEquals", ["x", "Ada"], "Ada", True),
        ("StringNotEquals", ["x", "Ada"], "Ada", False),
        ("StringNotEquals", ["x", "y"], "Ada", True),
        ("StringEqualsIgnoreCase", "ADA", "ada", True),
        ("StringNotEqualsIgnoreCase", "ADA", "ada", False),
        ("StringLike", "A?a*", "Adam", True),
        ("StringNotLike", "A?a*", "Adam", False),
        ("Bool", "true", True, True),
        ("Bool", True, "false", False),
        ("NumericEquals", "10", 10, True),
        ("NumericEquals", 10, "10.0", True),
        ("NumericNotEquals", "10", 11, True),
        ("NumericLessThan", "10", 10, False),
        ("NumericLessThanEquals", "10", 10, True),
        ("NumericGreaterThan", "9.5", 10, True),
        ("NumericGreaterThanEquals", "11", 10, False),
        ("NumericEquals", "10", "ten", False),
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "1767225600", False),
        ("DateLessThan", "2026-01-02", "2026-01-01T23:59:59Z", True),
        ("DateLessThanEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "2001:db8::1", False),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        ("IpAddress", "10.0.0.1", "not an address", False),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("ArnEquals", "arn:aws:iam::*:role/app-*", "arn:aws:iam::000000000000:role/app-x", True),
        ("ArnLike", "arn:aws:iam:*:role/app-x", "arn:aws:iam::000000000000:role/app-x", False),
        ("ArnNotEquals", "arn:aws:iam::*:role/app-*", "arn:aws:iam::000000000000:role/app-x", False),
        ("ArnNotLike", "arn:aws:iam::*:role/other", "arn:aws:iam::000000000000:role/app-x", True),
        ("Null", "true", "here", False),
        ("Null", False, "here", True),
    ],
)
def test_operators(operator, wanted, given, expected):
    """One operator, the policy's value or values, and the request's value."""
    assert holds({operator: {"aws:Key": wanted}}, aws_key=given) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
@pytest.mark.parametrize("context", [{}, {"aws_key": ()}])
def test_absent_keys(operator, expected, context):
    """An unknown key does not match, unless the operator is negated, asks if it exists, or asks for all of none."""
    assert holds({operator: {"aws:Key": "x"}}, **context) is expected


def test_null_asks_for_absence():
    """`true`: the key must be absent; `false`: it must be there."""
    assert holds({"Null": {"aws:Key": "true"}})
    assert not holds({"Null": {"aws:Key": "false"}})
    assert not holds({"Null": {"aws:Key": "true"}}, aws_key="x")


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("ForAnyValue:StringEquals", ("a", "z"), True),
        ("ForAnyValue:StringEquals", ("y", "z"), False),
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "z"), False),
        ("ForAllValues:StringNotEquals", ("y", "z"), True),
        ("ForAllValues:StringNotEquals", ("a", "z"), False),
        ("ForAnyValue:StringNotEquals", ("a", "z"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("ForAnyValue:StringLike", ("ab", "z"), True),
    ],
)
def test_sets_of_values(operator, given, expected):
    """Against the policy's values a, b and a?."""
    assert holds({operator: {"aws:TagKeys": ["a", "b", "a?"]}}, aws_tagkeys=given) is expected


def test_all_operators_and_keys_must_hold():
    """A block is a conjunction."""
    block = {"StringEquals": {"aws:One": "1", "aws:Two": "2"}, "Bool": {"aws:SecureTransport": "true"}}
    assert holds(block, aws_one="1", aws_two="2", aws_securetransport=True)
    assert not holds(block, aws_one="1", aws_two="2", aws_securetransport=False)
    assert not holds(block, aws_one="1", aws_securetransport=True)


def test_values_may_hold_variables():
    """The value is literal; without one nothing matches and an Allow never becomes wider."""
    equals, differs = {"StringLike": {"aws:a": "${aws:b}"}}, {"StringNotLike": {"aws:a": "${aws:b}"}}
    assert holds(equals, aws_a="x", aws_b="x")
    assert not holds(equals, aws_a="x", aws_b="*")
    assert not holds(equals, aws_a="x")
    assert not holds(differs, aws_a="x", allows=True)
    assert holds(differs, aws_a="x", allows=False)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ([], "object"),
        ({"StringEqual": {"aws:a": "x"}}, "StringEqual is not known"),
        ({"ForSomeValues:StringEquals": {"aws:a": "x"}}, "not known"),
        ({"ForAnyValue:Null": {"aws:a": "true"}}, "not known"),
        ({"NullIfExists": {"aws:a": "true"}}, "not known"),
        ({"StringEquals": {}}, "must hold condition keys"),
        ({"StringEquals": {"username": "x"}}, "vendor:name"),
        ({"StringEquals": {"aws:a": []}}, "one or more strings"),
        ({"StringEquals": {"aws:a": [None]}}, "one or more strings"),
        ({"StringEquals": {"aws:a": {"b": "c"}}}, "one or more strings"),
        ({"Bool": {"aws:a": "yes"}}, "neither true nor false"),
        ({"Null": {"aws:a": "maybe"}}, "neither true nor false"),
        ({"NumericEquals": {"aws:a": "1e999999999"}}, "not a number"),
        ({"NumericEquals": {"aws:a": "nan"}}, "not a number"),
        ({"DateEquals": {"aws:a": "yesterday"}}, "not a date"),
        ({"IpAddress": {"aws:a": "10.0.0.0/40"}}, "not an address range"),
        ({"ArnLike": {"aws:a": "role/x"}}, "ARN format"),
        ({"StringEquals": {"aws:ResourceTag/team": "red"}}, "aws:ResourceTag/team: the tags of a resource are not"),
        ({"Null": {"AWS:resourcetag/team": "true"}}, "tags of a resource are not known"),
        ({"StringEquals": {"aws:a": "${aws:ResourceTag/team}"}}, "tags of a resource are not known"),
    ],
)
def test_malformed_blocks_are_refused(block, words):
    """A condition that cannot be read is an error and not a condition that holds."""
    with pytest.raises(ValueError, match=words):
        parse_conditions(block, variables=True)
