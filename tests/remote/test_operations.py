"""Functions in front of a pool at AWS: their grants decide here, AWS does it, and the trail of both halves is here."""

import json

import pytest

from poolhouse.access import credentials
from poolhouse.app import clock


@pytest.fixture
def admin(far):
    return far.person("ADMINS")


def test_a_function_acts_on_the_pool(front, far, admin):
    """Its answer and AWS's errors come back as they are; every change is on record before and after."""
    user = far.person()
    assert (
        front.perform("administer", admin, "AdminAddUserToGroup", Username=user.sub, GroupName="EDITORS").code == "ok"
    )
    assert far.groups_of(user) == ["EDITORS"]
    became, sent = front.events(subject=user.sub, operation="AdminAddUserToGroup")
    assert (sent.result, became.result, became.body["intent"]) == ("sent", "ok", sent.body["event_id"])
    for event in (sent, became):
        assert event.body["username"] == admin.sub
        assert event.body["groups"] == ["ADMINS"]
        assert event.pool_id == front.pool


def test_errors_of_aws(front, far, admin):
    """By AWS's names, recorded with what was sent."""
    refused = front.perform("administer", admin, "AdminAddUserToGroup", Username="nobody", GroupName="EDITORS")
    assert refused == ("UserNotFoundException", "User does not exist.")
    became, sent = front.events(operation="AdminAddUserToGroup", limit=2)
    assert (sent.result, became.result, became.subject) == ("sent", "UserNotFoundException", "nobody")
    assert became.body["intent"] == sent.body["event_id"]


def test_what_a_grant_does_not_allow(front, far, admin):
    """Is refused here; AWS never hears of it, although the server's own credentials could do it."""
    user = far.person()
    for group, code in (("ADMINS", "AccessDeniedException"), ("EDITORS", "ok")):
        told = front.perform("narrowed", admin, "AdminAddUserToGroup", Username=user.sub, GroupName=group)
        assert told.code == code
    assert front.perform("narrowed", admin, "AdminDeleteUser", Username=user.sub).code == "AccessDeniedException"
    assert far.groups_of(user) == ["EDITORS"]
    assert [event.result for event in front.events(operation="AdminDeleteUser", subject=user.sub)] == [
        "AccessDeniedException"
    ]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("AdminInitiateAuth", {"ClientId": "CLIENT", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}),
        ("UpdateUserPool", {}),
        ("DeleteUserPool", {}),
        ("CreateUserPoolClient", {"ClientName": "other"}),
        ("CreateUserImportJob", {"JobName": "job", "CloudWatchLogsRoleArn": "arn:aws:iam::000000000000:role/logs"}),
    ],
)
def test_the_pool_itself_is_changed_at_aws(front, far, operation, request_):
    """And people sign in there: refused to the root key too, with a word where."""
    given = {name: front.running.client if value == "CLIENT" else value for name, value in request_.items()}
    before = far.running.signed("DescribeUserPool", UserPoolId=front.pool).json()
    answer = front.running.signed(operation, UserPoolId=front.pool, **given)
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    assert f"The user pool {front.pool} is at AWS" in answer.json()["message"]
    assert far.running.signed("DescribeUserPool", UserPoolId=front.pool).json() == before


def test_a_function_may_not_sign_people_in(front, far, admin):
    """Although its grant says so."""
    asked = {"ClientId": front.running.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    assert front.perform("administer", admin, "AdminInitiateAuth", **asked).code == "InvalidParameterException"


@pytest.mark.parametrize("operation", ["InitiateAuth", "SignUp", "ForgotPassword", "GetUser"])
def test_users_speak_with_aws(front, far, admin, operation):
    """What users ask for themselves is refused with the address where it is answered."""
    request = {
        "InitiateAuth": {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "a", "PASSWORD": "b-Horse"}},
        "SignUp": {"Username": "new@example.com", "Password": "Correct-Horse-9"},
        "ForgotPassword": {"Username": admin.email},
        "GetUser": {"AccessToken": admin.session.access_token},
    }[operation]
    client = {} if operation == "GetUser" else {"ClientId": front.running.client}
    answer = front.running.public(operation, **client, **request)
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    assert front.aws.running.url in answer.json()["message"]
    assert far.running.signed("AdminGetUser", UserPoolId=front.pool, Username="new@example.com").status_code == 400


def test_identity_pool(front):
    """Its credentials are made at AWS."""
    answer = front.running.public("GetId", "AWSCognitoIdentityService", IdentityPoolId=front.running.identity_pool)
    assert answer.status_code == 400
    assert 'authMode "userPool"' in answer.json()["message"]


def test_a_call_that_nobody_signed(front, far):
    """Not even a look."""
    assert (
        front.running.public("ListUsers", UserPoolId=front.pool).json()["__type"]
        == "MissingAuthenticationTokenException"
    )


def test_boto3(front, far):
    """Lists, times and pages, as AWS tells them."""
    for _ in range(3):
        far.person("CUSTOMERS")
    client = front.running.aws("cognito-idp")
    pages = client.get_paginator("list_users_in_group").paginate(
        UserPoolId=front.pool, GroupName="CUSTOMERS", PaginationConfig={"PageSize": 2}
    )
    there = far.running.aws("cognito-idp").list_users_in_group(UserPoolId=front.pool, GroupName="CUSTOMERS")["Users"]
    assert [user for page in pages for user in page["Users"]] == there
    made = client.admin_create_user(UserPoolId=front.pool, Username="boto3@example.com", MessageAction="SUPPRESS")
    sub = made["User"]["Username"]
    assert front.events(operation="AdminCreateUser", result="ok")[0].subject == sub
    password = {"UserPoolId": front.pool, "Username": sub, "Password": "New-Horse-12", "Permanent": True}
    client.admin_set_user_password(**password)
    event = front.events(operation="AdminSetUserPassword")[0]
    assert "Horse" not in json.dumps(event.body)
    client.admin_delete_user(UserPoolId=front.pool, Username=sub)
    assert far.running.signed("AdminGetUser", UserPoolId=front.pool, Username=sub).status_code == 400


def test_what_a_person_looks_at_is_on_record(front, far, admin):
    """Once: nothing was changed, so there is nothing to announce."""
    user = far.person()
    assert front.perform("administer", admin, "AdminGetUser", Username=user.sub).code == "ok"
    assert [event.result for event in front.events(operation="AdminGetUser", subject=user.sub)] == ["ok"]


def test_a_forged_caller(front, far, admin):
    """A function's call that names somebody who was not sealed for it is refused, and nothing reaches AWS."""
    user = far.person()
    role = front.running.server.applied.function_roles["administer"]
    made = credentials.issue(
        front.running.server.services.vault, credentials.SessionGrant(role, "administer"), clock(), 600
    )
    key = front.running.root.__class__(made.access_key_id, made.secret_access_key, made.session_token)
    body = json.dumps({"UserPoolId": front.pool, "Username": user.sub, "GroupName": "EDITORS"}).encode()
    headers = front.running.signature("AdminAddUserToGroup", body, key)
    answer = front.running.post(None, body, {**headers, "X-Amzn-Trace-Id": "Root=1-0-0;Caller=forged"})
    assert answer.json()["__type"] == "NotAuthorizedException"
    assert far.groups_of(user) == []
