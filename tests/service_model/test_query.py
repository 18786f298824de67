"""The query protocol's flat parameters."""

import pytest

from poolhouse.errors import InvalidParameterException, SerializationException
from poolhouse.service_model import by_action, from_query, operation

ROLE = "arn:aws:iam::000000000000:role/editor"
WEB = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": ROLE, "RoleSessionName": "me"}


def test_get_caller_identity_has_no_parameters():
    """Action and Version choose the operation and are not its input."""
    op = by_action("GetCallerIdentity", "2011-06-15")
    assert op is not None
    assert from_query(op, {"Action": "GetCallerIdentity", "Version": "2011-06-15"}) == op.input()


def test_numbers_and_lists_are_read_from_text():
    """Numbers lose their quotes and list members come in the order of their numbers."""
    op = operation("sts", "AssumeRoleWithWebIdentity")
    arns = {"PolicyArns.member.10.arn": ROLE + "x", "PolicyArns.member.2.arn": ROLE}
    decoded = from_query(op, {**WEB, "WebIdentityToken": "t" * 20, "DurationSeconds": "900", **arns})
    assert decoded.DurationSeconds == 900
    assert [policy.arn for policy in decoded.PolicyArns] == [ROLE, ROLE + "x"]


def test_lists_of_texts_are_read():
    """A list of scalars has its values directly under the numbers."""
    op = operation("sts", "AssumeRole")
    params = {
        "RoleArn": ROLE,
        "RoleSessionName": "me",
        "TransitiveTagKeys.member.1": "a",
        "TransitiveTagKeys.member.2": "b",
    }
    assert from_query(op, params).TransitiveTagKeys == ["a", "b"]


def test_very_many_parameters_are_read_in_one_pass():
    """A body full of list members, which anyone may send, is judged in a moment."""
    op = operation("sts", "AssumeRoleWithWebIdentity")
    many = {f"PolicyArns.member.{position}.arn": ROLE for position in range(1, 50_001)}
    assert len(from_query(op, {**WEB, "WebIdentityToken": "t" * 20, **many}).PolicyArns) == 50_000


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"DurationSeconds": "10"}, InvalidParameterException, "Value '10' at 'durationSeconds'"),
        ({"DurationSeconds": "soon"}, SerializationException, "STRING_VALUE can not be converted to an Integer"),
        ({"DurationSeconds": "9" * 5000}, SerializationException, "can not be converted to an Integer"),
        ({"RoleArn": ""}, InvalidParameterException, "at 'roleArn'"),
        ({"PolicyArns.member.x.arn": "1", "PolicyArns": "x"}, SerializationException, "Expected list or null"),
        ({"WebIdentityToken": "s3c"}, InvalidParameterException, "Value at 'webIdentityToken'"),
    ],
)
def test_bad_parameters_are_refused(change, error, text):
    """The rules and words are those of JSON requests, secrets included."""
    op = operation("sts", "AssumeRoleWithWebIdentity")
    with pytest.raises(error, match=text):
        from_query(op, {**WEB, "WebIdentityToken": "t" * 20, **change})
