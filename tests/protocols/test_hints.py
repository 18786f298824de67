"""What the log says beside a refusal: what to do, and how long a code is past. The client's words stay AWS's."""

import pytest

from poolhouse.access.policies import PolicySet, denied_message
from poolhouse.access.principals import Anonymous, RoleSession, Root
from poolhouse.access.roles import role_name
from poolhouse.errors import AccessDeniedException, ExpiredCodeException, ResourceNotFoundException
from poolhouse.protocols.hints import hint

ANYBODY = Anonymous()
NONE = PolicySet(())


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "is too old, used or replaced by a later one"),
        (0, "expired 0 seconds ago"),
        (1, "expired 1 second ago"),
        (119, "expired 119 seconds ago"),
        (120, "expired 2 minutes ago"),
        (7199, "expired 119 minutes ago"),
        (7200, "expired 2 hours ago"),
        (172_800, "expired 2 days ago"),
    ],
)
def test_an_expired_code(seconds, told):
    error = ExpiredCodeException(seconds_ago=seconds)
    assert hint(error, ANYBODY)["hint"].startswith(f"the code {told}: ask for another with ForgotPassword")
    assert str(error) == error.message == ExpiredCodeException.default


def test_a_pool_of_another_region():
    root = Root("000000000000", "eu-central-1")
    told = hint(ResourceNotFoundException("User pool us-east-1_abc does not exist."), root)
    assert "signed for eu-central-1 and the pool is of us-east-1" in told["hint"]
    assert hint(ResourceNotFoundException("User pool eu-central-1_abc does not exist."), root) == {}
    assert hint(ResourceNotFoundException("Group not found."), ANYBODY) == {}


def session(kind, name, session_name):
    role = role_name("app", kind, name)
    return RoleSession(f"arn:aws:iam::000000000000:role/{role}", role, session_name, "000000000000", "us-east-1", NONE)


def refused(principal, action, reason="no_policy"):
    return hint(AccessDeniedException(denied_message(principal.arn, action, "arn:x", reason)), principal)


def test_a_function_without_the_grant():
    """The log names the grant as the definitions do; a role of another kind, or another reason, has no such advice."""
    function = session("function", "add-user-to-group", "add-user-to-group")
    told = refused(function, "cognito-idp:AdminAddUserToGroup")
    assert "the function add-user-to-group was not granted this" in told["hint"]
    assert 'add "addUserToGroup" to its allow.resource(...).to([...])' in told["hint"]
    assert refused(function, "cognito-idp:AdminAddUserToGroup", "session_deny") == {}
    assert refused(function, "cognito-idp:NoSuchOperation") == {}
    assert refused(session("group", "ADMINS", "CognitoIdentityCredentials"), "cognito-idp:AdminGetUser") == {}
