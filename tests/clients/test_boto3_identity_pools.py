"""boto3 for identity pools and sts: an identity pool is made, and its tokens become credentials of a role."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clients.development import WITHOUT_KEY, Backend
from clients.test_boto3_access import id_token

READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cognito-idp:ListUsers", "Resource": "*"}}


@pytest.fixture
def admin(backend: Backend) -> Any:
    return backend.boto3("cognito-identity")


def provider(backend: Backend) -> dict[str, Any]:
    name = f"cognito-idp.us-east-1.amazonaws.com/{backend.pool_id}"
    return {"ProviderName": name, "ClientId": backend.client_id, "ServerSideTokenCheck": True}


def test_an_identity_pools_life(backend: Backend, admin: Any) -> None:
    """Made, described, changed, tagged, listed and deleted, as boto3 reads the answers."""
    made = admin.create_identity_pool(
        IdentityPoolName="second", AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[provider(backend)]
    )
    name = made["IdentityPoolId"]
    assert made["CognitoIdentityProviders"] == [provider(backend)]
    admin.update_identity_pool(
        IdentityPoolId=name, IdentityPoolName="renamed", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True
    )
    admin.tag_resource(
        ResourceArn=f"arn:aws:cognito-identity:us-east-1:000000000000:identitypool/{name}", Tags={"team": "a"}
    )
    shown = admin.describe_identity_pool(IdentityPoolId=name)
    assert (shown["IdentityPoolName"], shown["AllowClassicFlow"], shown["IdentityPoolTags"]) == (
        "renamed",
        True,
        {"team": "a"},
    )
    pages = admin.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 1})
    assert name in [each["IdentityPoolId"] for page in pages for each in page["IdentityPools"]]
    admin.delete_identity_pool(IdentityPoolId=name)
    with pytest.raises(admin.exceptions.ResourceNotFoundException):
        admin.describe_identity_pool(IdentityPoolId=name)


def test_the_classic_flow(backend: Backend, admin: Any) -> None:
    """GetOpenIdToken and AssumeRoleWithWebIdentity end in credentials that say who they are, narrowed by a policy."""
    pool = {"IdentityPoolId": backend.identity_pool_id}
    before = admin.describe_identity_pool(**pool)
    before.pop("ResponseMetadata")
    admin.update_identity_pool(**before | {"AllowClassicFlow": True})
    try:
        logins = {provider(backend)["ProviderName"]: id_token(backend, backend.new_user())}
        identity = backend.identities.get_id(**pool, Logins=logins)["IdentityId"]
        token = backend.identities.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    finally:
        admin.update_identity_pool(**before)
    role = admin.get_identity_pool_roles(**pool)["Roles"]["authenticated"]
    unsigned = backend.boto3("sts", (), config=WITHOUT_KEY)
    asked = {"RoleSessionName": "app", "WebIdentityToken": token, "Policy": json.dumps(READ)}
    answer = unsigned.assume_role_with_web_identity(RoleArn=role, **asked)
    assert answer["SubjectFromWebIdentityToken"] == identity
    assert answer["Credentials"]["Expiration"].tzinfo is not None
    made = answer["Credentials"]
    key = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert backend.boto3("sts", key).get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    with pytest.raises(ClientError, match="AccessDenied"):
        backend.boto3("cognito-idp", key).list_users(UserPoolId=backend.pool_id)


def test_what_sts_refuses(backend: Backend) -> None:
    """In sts's own names and statuses."""
    unsigned = backend.boto3("sts", (), config=WITHOUT_KEY)
    role = "arn:aws:iam::000000000000:role/not-there"
    with pytest.raises(unsigned.exceptions.InvalidIdentityTokenException) as caught:
        unsigned.assume_role_with_web_identity(RoleArn=role, RoleSessionName="app", WebIdentityToken="not.a.token")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    root = backend.boto3("sts")
    for more, code, status in (
        ({}, "AccessDenied", 403),
        ({"Policy": "{}"}, "MalformedPolicyDocument", 400),
        ({"DurationSeconds": 3601}, "ValidationError", 400),
    ):
        with pytest.raises(ClientError) as refused:
            root.assume_role(RoleArn=role, RoleSessionName="work", **more)
        answer = refused.value.response
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
