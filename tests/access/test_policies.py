"""Policies: what they allow, what they deny, why, and what is no policy at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.access.policies import PolicySet, decide, denied_message, parse, parse_trust
from poolhouse.access.resources import user_pool_arn

A = user_pool_arn("us-east-1", "000000000000", "us-east-1_aaaaaaaaa")
B = user_pool_arn("us-east-1", "000000000000", "us-east-1_bbbbbbbbb")


def allow(*actions, resource="*", **members):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **members}


def deny(*actions, resource="*", **members):
    return {**allow(*actions, resource=resource, **members), "Effect": "Deny"}


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def reason(statements, action, resource=A, *, session=None, boundary=None, context=None):
    limit = None if boundary is None else parse(document(*boundary))
    narrowed = None if session is None else parse(document(*session))
    policies = PolicySet([parse(document(*statements))] if statements else [], limit)
    first = decide(policies, narrowed, f"cognito-idp:{action}", resource, context)
    assert decide(policies, narrowed, f"cognito-idp:{action}", resource, context) == first
    assert first.allowed == (first.reason == "allowed")
    return first.reason


@pytest.mark.parametrize(
    ("statements", "action", "resource", "expected"),
    [
        ([], "AdminAddUserToGroup", A, "no_policy"),
        ([allow("cognito-idp:AdminGetUser", resource=A)], "AdminGetUser", A, "allowed"),
        ([allow("COGNITO-IDP:admingetuser", resource=A)], "AdminGetUser", A, "allowed"),
        ([allow("cognito-idp:List*")], "ListUsers", A, "allowed"),
        ([allow("cognito-idp:List*")], "AdminGetUser", A, "no_policy"),
        ([allow("*"), deny("cognito-idp:AdminDelete*")], "AdminDeleteUser", A, "deny"),
        ([allow("*"), deny("cognito-idp:AdminDelete*")], "AdminGetUser", A, "allowed"),
        ([deny("*"), allow("*")], "AdminGetUser", A, "deny"),
        ([allow("cognito-idp:*", resource=A)], "AdminGetUser", B, "no_policy"),
        ([allow("cognito-idp:*", resource=[A, B])], "AdminGetUser", B, "allowed"),
        ([allow("cognito-idp:*", resource=A)], "ListUserPools", "*", "no_policy"),
        ([allow("cognito-idp:ListUserPools")], "ListUserPools", "*", "allowed"),
        ([allow("cognito-identity:*")], "AdminGetUser", A, "no_policy"),
        ([allow("cognito-idp:AdminGet?ser")], "AdminGetUser", A, "allowed"),
        ([{"Effect": "Allow", "NotAction": "cognito-idp:Admin*", "Resource": "*"}], "ListUsers", A, "allowed"),
        ([{"Effect": "Allow", "NotAction": "cognito-idp:Admin*", "Resource": "*"}], "AdminGetUser", A, "no_policy"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": A}], "AdminGetUser", A, "no_policy"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": A}], "AdminGetUser", B, "allowed"),
    ],
)
def test_identity_policies(statements, action, resource, expected):
    """Acceptance 14 to 17, and the two negated elements."""
    assert reason(statements, action, resource) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [("AdminDisableUser", "allowed"), ("AdminResetUserPassword", "no_policy"), ("ListUsers", "no_policy")],
)
def test_the_grant_manage_users(action, expected):
    """Acceptance 19: the bundle has no password reset and no listing."""
    names = ["AdminConfirmSignUp", "AdminCreateUser", "AdminDeleteUser", "AdminDisableUser", "AdminGetUser"]
    assert reason([allow(*(f"cognito-idp:{name}" for name in names), resource=A)], action) == expected


@pytest.mark.parametrize(
    ("session", "boundary", "expected"),
    [
        ([allow("cognito-idp:AdminGetUser")], None, "allowed"),
        ([allow("cognito-idp:ListUsers")], None, "no_session_policy"),
        ([allow("*"), deny("cognito-idp:Admin*")], None, "session_deny"),
        (None, [allow("cognito-idp:AdminGetUser")], "allowed"),
        (None, [allow("cognito-idp:ListUsers")], "no_boundary"),
        (None, [allow("*"), deny("cognito-idp:Admin*")], "boundary_deny"),
        ([allow("*")], [allow("cognito-idp:ListUsers")], "no_boundary"),
    ],
)
def test_rights_are_an_intersection(session, boundary, expected):
    """Session policy and boundary narrow what the role's policies allow."""
    assert reason([allow("*")], "AdminGetUser", session=session, boundary=boundary) == expected


def test_a_session_policy_grants_nothing_of_its_own():
    """What the role lacks, its session lacks."""
    assert reason([], "AdminGetUser", session=[allow("*")]) == "no_policy"


def test_conditions_are_asked_every_time():
    """A decision that depends on the request is not remembered."""
    statement = allow("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    policies = PolicySet([parse(document(statement))])
    for address, allowed in [("10.1.1.1", True), ("192.0.2.1", False), ("10.1.1.1", True)]:
        assert decide(policies, None, "cognito-idp:ListUsers", A, {"aws:sourceIP": address}).allowed is allowed
    assert not decide(policies, None, "cognito-idp:ListUsers", A).allowed


def test_a_conditional_deny_counts_only_where_it_holds():
    """Deny without TLS."""
    statements = [allow("*"), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})]
    assert reason(statements, "ListUsers", context={"aws:SecureTransport": True}) == "allowed"
    assert reason(statements, "ListUsers", context={"aws:SecureTransport": False}) == "deny"


def test_variables_belong_to_the_newer_version():
    """In 2008-10-17 the text is literal, in 2012-10-17 it is the caller's value."""
    arn = "arn:aws:x:::u/${aws:userid}"
    old, new = (
        PolicySet([parse(document(allow("x:Do", resource=arn), version=v))]) for v in ("2008-10-17", "2012-10-17")
    )
    assert decide(new, None, "x:Do", "arn:aws:x:::u/me", {"aws:userid": "me"}).allowed
    assert not decide(old, None, "x:Do", "arn:aws:x:::u/me", {"aws:userid": "me"}).allowed
    assert decide(old, None, "x:Do", arn).allowed


def test_an_unresolved_variable_never_makes_an_allow_wider():
    """NotResource without a value excludes everything for Allow and nothing for Deny."""
    other = {"Action": "*", "NotResource": "arn:aws:cognito-idp:us-east-1:000000000000:${aws:userid}"}
    assert reason([{"Effect": "Allow", **other}], "ListUsers") == "no_policy"
    assert reason([allow("*"), {"Effect": "Deny", **other}], "ListUsers") == "deny"


def test_sets_are_equal_by_content():
    """Spelling and member order of the documents do not matter."""
    text = json.dumps(document(allow("x:Do")), indent=2)
    one, two = PolicySet([parse(text)]), PolicySet([parse(document(allow("x:Do")))])
    assert one == two
    assert hash(one) == hash(two)
    assert one != PolicySet([parse(document(deny("x:Do")))])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ("[]", "must be an object"),
        ('{"Statement": []}', "at least one Statement"),
        ('{"Statement": {}, "Statement": {}}', "twice"),
        (" " * 200_000, "longer than"),
        ({"Statement": [allow("x:Do")], "Other": 1}, "'Other' is not a member"),
        ({"Statement": [allow("x:Do")], "Version": "2012-10-18"}, "Version '2012-10-18'"),
        (document("x"), "must be an object"),
        (document({**allow("x:Do"), "Effect": "allow"}), 'Effect must be "Allow" or "Deny"'),
        (document({**allow("x:Do"), "Effect": ["Allow"]}), "Effect must be"),
        (document({**allow("x:Do"), "Sid": 1}), "Sid"),
        (document({**allow("x:Do"), "Principal": "*"}), "'Principal' is not a member"),
        (document({**allow("x:Do"), "NotAction": "x:Do"}), "either Action or NotAction"),
        (document({"Effect": "Allow", "Action": "x:Do"}), "either Resource or NotResource"),
        (document(allow()), "Action must be a string"),
        (document(allow("Do")), "service:Name"),
        (document(allow("x:")), "service:Name"),
        (document(allow("x*:Do")), "service:Name"),
        (document(allow("x:Do ")), "service:Name"),
        (document(allow("x:${aws:username}")), "service:Name"),
        (document(allow("x:Do", resource="pool")), "ARN format"),
        (document(allow("x:Do", resource=[1])), "Resource must be a string"),
        (document(allow("x:Do", resource="arn:aws:x:::${bad")), "not closed"),
        (document(allow("x:Do", Condition={"Nope": {"aws:a": "b"}})), "Nope is not known"),
        ({"Statement": {1, 2}}, "plain JSON"),
    ],
)
def test_malformed_policies_are_refused(bad, words):
    """Precise words, and never a policy."""
    with pytest.raises(ValueError, match=words):
        parse(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["Allow", "*", "x:Do"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Resource", "Condition", "StringLike", "aws:a"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_data_parses_or_is_a_value_error(data):
    """No other exception leaves the parser."""
    for read in (parse, parse_trust):
        try:
            read(json.dumps(data))
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("why", "tail"),
    [
        ("no_policy", "because no identity-based policy allows the cognito-idp:X action"),
        ("deny", "with an explicit deny in an identity-based policy"),
        ("no_session_policy", "because no session policy allows the cognito-idp:X action"),
        ("session_deny", "with an explicit deny in a session policy"),
        ("no_boundary", "because no permissions boundary allows the cognito-idp:X action"),
        ("boundary_deny", "with an explicit deny in a permissions boundary"),
    ],
)
def test_refusals_are_in_the_words_of_aws(why, tail):
    """Principal, action, resource and the reason."""
    message = denied_message("arn:p", "cognito-idp:X", A, why)
    assert message == f"User: arn:p is not authorized to perform: cognito-idp:X on resource: {A} {tail}"
