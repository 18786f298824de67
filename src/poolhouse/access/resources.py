"""ARNs of pools, roles and fields, and which of them an operation touches."""

from base64 import b32encode
from functools import lru_cache
from hashlib import sha256
from typing import Final

_ON_TAGGED: Final = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def user_pool_arn(region: str, account_id: str, pool_id: str) -> str:
    return f"arn:aws:cognito-idp:{region}:{account_id}:userpool/{pool_id}"


def identity_pool_arn(region: str, account_id: str, identity_pool_id: str) -> str:
    return f"arn:aws:cognito-identity:{region}:{account_id}:identitypool/{identity_pool_id}"


def field_arn(region: str, account_id: str, api_id: str, type_name: str, field: str) -> str:
    """The resource of `appsync:GraphQL` for one top-level field."""
    return f"arn:aws:appsync:{region}:{account_id}:apis/{api_id}/types/{type_name}/fields/{field}"


def function_arn(region: str, account_id: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{account_id}:function:{name}"


def role_arn(account_id: str, role_name: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{role_name}"


@lru_cache(maxsize=4096)
def role_id(arn: str) -> str:
    """The `AROA...` id of a role, always the same for the same ARN."""
    return f"AROA{b32encode(sha256(arn.encode()).digest()).decode()[:17]}"


def action_resource(service: str, operation: str, request: object, *, region: str, account_id: str) -> str:
    """The ARN that a policy must allow for `<service>:<operation>`, from members of the request alone.

    No store is asked, so a refusal says nothing about what exists. Operations without a resource type
    (CreateUserPool, ListUserPools, DescribeUserPoolDomain, ...) need a policy on `*`.
    """
    if operation in _ON_TAGGED and (tagged := getattr(request, "ResourceArn", None)):
        return str(tagged)
    if service == "cognito-idp" and (pool_id := getattr(request, "UserPoolId", None)):
        return user_pool_arn(region, account_id, pool_id)
    if service == "cognito-identity" and (identity_pool_id := getattr(request, "IdentityPoolId", None)):
        return identity_pool_arn(region, account_id, identity_pool_id)
    if service == "sts" and (assumed := getattr(request, "RoleArn", None)):
        return str(assumed)
    return "*"
