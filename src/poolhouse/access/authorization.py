"""A principal meets the policies: allowed, or refused in AWS's words. Knows the principal and the request only."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from poolhouse.errors import AccessDeniedException, MissingAuthenticationTokenException

from .policies import ContextValue, Decision, decide, denied_message
from .principals import Anonymous, Person, Principal, RoleSession, Root

ROOT: Final = "root"
"""The rule by which the root key may do everything."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def authorize(
    principal: Principal,
    action: str,
    resource: str,
    *,
    now: int,
    source_ip: str | None = None,
    secure: bool = False,
    request_keys: Mapping[str, ContextValue] | None = None,
) -> str:
    """The rule by which `principal` may do `action` ("cognito-idp:AdminGetUser") on `resource` (an ARN or `*`).

    `request_keys` are the condition keys that only the operation knows (`aws:RequestTag/team`, `aws:TagKeys`, ...).
    Raises MissingAuthenticationTokenException for Anonymous and AccessDeniedException.
    """
    if isinstance(principal, Root):
        return ROOT
    if isinstance(principal, Anonymous):
        raise MissingAuthenticationTokenException
    if isinstance(principal, Person):
        raise AccessDeniedException(denied_message(principal.arn, action, resource, "no_policy"))
    decision = decide_role(
        principal, action, resource, now=now, source_ip=source_ip, secure=secure, request_keys=request_keys
    )
    if not decision.allowed:
        raise AccessDeniedException(denied_message(principal.arn, action, resource, decision.reason))
    return f"{decision.rule} of role {principal.role_name}"


def decide_role(
    principal: RoleSession,
    action: str,
    resource: str,
    *,
    now: int,
    source_ip: str | None = None,
    secure: bool = False,
    request_keys: Mapping[str, ContextValue] | None = None,
) -> Decision:
    """The decision for a role session; the request's condition keys are collected only when a policy needs them."""
    if principal.session_policy is None:
        settled = principal.policies.settled(action, resource)
        if settled is not None:
            return settled
    keys = context(principal, now, source_ip, secure=secure, request_keys=request_keys)
    return decide(principal.policies, principal.session_policy, action, resource, keys)


def context(
    principal: RoleSession,
    now: int,
    source_ip: str | None = None,
    *,
    secure: bool = False,
    request_keys: Mapping[str, ContextValue] | None = None,
) -> dict[str, ContextValue]:
    """Every condition key of a request; what the operation knows never replaces what is known of the caller."""
    return {**(request_keys or {}), **principal_keys(principal), **transport_keys(now, source_ip, secure=secure)}


def principal_keys(principal: RoleSession) -> dict[str, ContextValue]:
    """The condition keys that describe the caller."""
    keys: dict[str, ContextValue] = {
        "aws:PrincipalArn": principal.role_arn,
        "aws:PrincipalAccount": principal.account_id,
        "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": principal.region,
        "aws:userid": principal.user_id,
    }
    if principal.identity is not None:
        keys["cognito-identity.amazonaws.com:sub"] = principal.identity.identity_id
        keys["cognito-identity.amazonaws.com:aud"] = principal.identity.identity_pool_id
        keys["cognito-identity.amazonaws.com:amr"] = principal.identity.amr
    return keys


def transport_keys(now: int, source_ip: str | None, *, secure: bool) -> dict[str, ContextValue]:
    """The condition keys that describe the connection; `now` in microseconds."""
    moment = _EPOCH + timedelta(microseconds=now)
    keys: dict[str, ContextValue] = {
        "aws:CurrentTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": now // 1_000_000,
        "aws:SecureTransport": secure,
    }
    if source_ip is not None:
        keys["aws:SourceIp"] = source_ip
    return keys
