"""Principals before the gate: what each may do and what they are told."""

import pytest
from access.signing import GRANT, IDENTITY

from poolhouse.access.authorization import authorize, decide_role
from poolhouse.access.credentials import Session, SessionGrant
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import Anonymous, Root
from poolhouse.access.resources import action_resource, field_arn, user_pool_arn
from poolhouse.access.sigv4 import SignedSession
from poolhouse.errors import AccessDeniedException, MissingAuthenticationTokenException

POOL = user_pool_arn("us-east-1", "000000000000", "us-east-1_abcdefghi")
ACTION = "cognito-idp:AdminAddUserToGroup"


def role(statement=None, session_policy=None):
    grant = SessionGrant(GRANT.role_arn, GRANT.session_name, IDENTITY, session_policy)
    policies = [] if statement is None else [parse({"Version": "2012-10-17", "Statement": statement})]
    return SignedSession(Session("ASIA", "s", 1, grant), "us-east-1").principal(PolicySet(policies))


def allow(**members):
    return {"Effect": "Allow", "Action": ACTION, "Resource": POOL, **members}


def test_root_may_do_everything():
    """Its ARN is the account's root."""
    root = Root("000000000000", "us-east-1")
    authorize(root, ACTION, POOL, now=0)
    assert root.arn == "arn:aws:iam::000000000000:root"


def test_nobody_is_told_to_authenticate():
    """Acceptance 13: not a word about the resource."""
    with pytest.raises(MissingAuthenticationTokenException):
        authorize(Anonymous(), ACTION, POOL, now=0)


def test_a_role_without_policy_is_refused_in_full_words():
    """Acceptance 14: ARN of the session, action, resource, reason."""
    with pytest.raises(AccessDeniedException) as refusal:
        authorize(role(), ACTION, POOL, now=0)
    assert refusal.value.message == (
        "User: arn:aws:sts::000000000000:assumed-role/app-ADMINS/CognitoIdentityCredentials is not authorized to "
        f"perform: {ACTION} on resource: {POOL} because no identity-based policy allows the {ACTION} action"
    )


def test_a_role_holds_exactly_its_grant():
    """Attack 17 and 18: neither another action nor another pool."""
    granted = role(allow())
    authorize(granted, ACTION, POOL, now=0)
    for action, resource in [("cognito-idp:AdminDeleteUser", POOL), (ACTION, POOL[:-1] + "z"), (ACTION, "*")]:
        with pytest.raises(AccessDeniedException):
            authorize(granted, action, resource, now=0)


def test_the_session_policy_of_the_token_narrows():
    """The role allows it, the session does not."""
    narrow = '{"Statement":{"Effect":"Allow","Action":"cognito-idp:ListUsers","Resource":"*"}}'
    with pytest.raises(AccessDeniedException, match="no session policy allows"):
        authorize(role(allow(), narrow), ACTION, POOL, now=0)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"cognito-identity.amazonaws.com:sub": IDENTITY.identity_id}}, True),
        ({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:other"}}, False),
        ({"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}, True),
        ({"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "*:CognitoSignIn:a-sub"}}, True),
        ({"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": GRANT.role_arn}}, True),
        ({"StringLike": {"aws:userid": "AROA*:CognitoIdentityCredentials"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "1970-01-01T00:00:01Z"}}, True),
        ({"NumericGreaterThan": {"aws:EpochTime": "1"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, True),
        ({"StringEquals": {"aws:username": "ada"}}, False),
    ],
)
def test_condition_keys_of_a_request(condition, allowed):
    """What a policy may ask about caller, connection and request."""
    decision = decide_role(
        role(allow(Condition=condition)), ACTION, POOL, now=0, source_ip="192.0.2.7", secure=True,
        request_keys={"aws:RequestTag/team": "blue", "aws:PrincipalArn": "forged"},
    )  # fmt: skip
    assert decision.allowed is allowed


class Asked:
    def __init__(self, **members: str) -> None:
        self.__dict__.update(members)


@pytest.mark.parametrize(
    ("service", "operation", "members", "expected"),
    [
        ("cognito-idp", "AdminGetUser", {"UserPoolId": "us-east-1_abcdefghi"}, POOL),
        ("cognito-idp", "CreateUserPool", {"PoolName": "x"}, "*"),
        ("cognito-idp", "ListUserPools", {}, "*"),
        ("cognito-idp", "DescribeUserPoolDomain", {"Domain": "x"}, "*"),
        ("cognito-idp", "TagResource", {"ResourceArn": POOL}, POOL),
        ("cognito-identity", "GetIdentityPoolRoles", {"IdentityPoolId": "us-east-1:x"},
         "arn:aws:cognito-identity:us-east-1:000000000000:identitypool/us-east-1:x"),
        ("cognito-identity", "ListIdentityPools", {}, "*"),
        ("sts", "AssumeRole", {"RoleArn": GRANT.role_arn}, GRANT.role_arn),
    ],
)  # fmt: skip
def test_resources_of_operations(service, operation, members, expected):
    """From the request alone; `*` where AWS knows no resource type."""
    asked = Asked(**members)
    assert action_resource(service, operation, asked, region="us-east-1", account_id="000000000000") == expected


def test_fields_of_an_api_have_their_own_arns():
    """One field's grant is not another's."""
    arn = field_arn("us-east-1", "000000000000", "api", "Mutation", "addUserToGroup")
    assert arn == "arn:aws:appsync:us-east-1:000000000000:apis/api/types/Mutation/fields/addUserToGroup"
