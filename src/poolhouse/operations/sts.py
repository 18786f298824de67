"""STS: who am I, and the credentials of another role.

GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity. A role is what a definition made: its trust policy decides
who may take it, and an hour is the longest that it can be held.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from poolhouse.access import authorization, credentials, documents, roles
from poolhouse.access.policies import ContextValue, parse, parse_trust
from poolhouse.access.principals import CognitoIdentity, RoleSession, Root
from poolhouse.access.resources import role_id
from poolhouse.errors import (
    AccessDeniedException,
    IDPRejectedClaimException,
    InvalidParameterException,
    MalformedPolicyDocumentException,
    PackedPolicyTooLargeException,
)
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs.sts import (
    AssumeRoleRequest,
    AssumeRoleWithWebIdentityRequest,
    GetCallerIdentityRequest,
)
from poolhouse.store import groups, identities, pools, users
from poolhouse.store import roles as role_rows
from poolhouse.store.identities import Identity
from poolhouse.store.roles import Role

from . import identity_logins, identity_tokens
from ._not_served import refuse

_LONGEST_SECONDS: Final = 3600
_LONGEST_POLICY: Final = 2048
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOO_LONG: Final = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
_CHAINED: Final = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
_UNTRUSTED: Final = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@operation("GetCallerIdentity", service="sts")
async def get_caller_identity(ctx: Call, _req: GetCallerIdentityRequest) -> Answer:
    """Needs valid credentials and no permission."""
    caller = _caller(ctx)
    return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}


@operation("AssumeRole", service="sts")
async def assume_role(ctx: Call, req: AssumeRoleRequest) -> Answer:
    """The caller's own policies were asked at the gate; here the role says whether it trusts him."""
    caller = _caller(ctx)
    _refuse_not_served(req)
    _check_duration(req.DurationSeconds, _CHAINED if isinstance(caller, RoleSession) else _TOO_LONG)
    policy = _session_policy(req.Policy)
    role = await _role(ctx, req.RoleArn)
    if role is None or not roles.trusts(parse_trust(role.trust), "sts:AssumeRole", _names(caller), _keys(ctx, req)):
        raise AccessDeniedException(
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {req.RoleArn}"
        )
    grant = credentials.SessionGrant(role.arn, req.RoleSessionName, session_policy=policy)
    return _answer(ctx, role, grant, req.DurationSeconds)


@operation("AssumeRoleWithWebIdentity", service="sts")
async def assume_role_with_web_identity(ctx: Call, req: AssumeRoleWithWebIdentityRequest) -> Answer:
    """Unsigned: the token of GetOpenIdToken is the proof, and its user must still be allowed to sign in."""
    refuse("ProviderId", req.ProviderId is not None, "access tokens of OAuth 2.0 providers")
    refuse("PolicyArns", bool(req.PolicyArns), "managed policies")
    _check_duration(req.DurationSeconds, _TOO_LONG)
    claims = await identity_tokens.verified(ctx.services, req.WebIdentityToken, ctx.now)
    policy = _session_policy(req.Policy)
    who = await _who(ctx, claims["sub"], claims["amr"][0], claims["iat"] * 1_000_000)
    role = await _role(ctx, req.RoleArn)
    if role is None or not roles.trust_allows(
        parse_trust(role.trust), identity_pool_id=who.identity_pool_id, amr=who.amr, identity_id=who.identity_id
    ):
        raise AccessDeniedException(_UNTRUSTED)
    grant = credentials.SessionGrant(role.arn, req.RoleSessionName, who, policy)
    return _answer(ctx, role, grant, req.DurationSeconds) | {
        "SubjectFromWebIdentityToken": who.identity_id,
        "Audience": who.identity_pool_id,
        "Provider": documents.FEDERATED,
    }


def _caller(ctx: Call) -> Root | RoleSession:
    assert isinstance(ctx.principal, Root | RoleSession), "the gate lets nobody else in"
    return ctx.principal


def _refuse_not_served(req: AssumeRoleRequest) -> None:
    refuse("PolicyArns", bool(req.PolicyArns), "managed policies")
    refuse("Tags", bool(req.Tags), "session tags")
    refuse("TransitiveTagKeys", bool(req.TransitiveTagKeys), "session tags")
    refuse("SerialNumber", req.SerialNumber is not None, "devices of IAM users")
    refuse("TokenCode", req.TokenCode is not None, "devices of IAM users")
    refuse("SourceIdentity", req.SourceIdentity is not None)
    refuse("ProvidedContexts", bool(req.ProvidedContexts))


def _check_duration(seconds: int | None, problem: str) -> None:
    if seconds is not None and seconds > _LONGEST_SECONDS:
        raise InvalidParameterException(problem)


def _session_policy(text: str | None) -> str | None:
    """A policy that narrows the role's own. Raises PackedPolicyTooLarge or MalformedPolicyDocument."""
    if text is None:
        return None
    if len(text) > _LONGEST_POLICY:
        raise PackedPolicyTooLargeException(f"The session policy is longer than {_LONGEST_POLICY} characters.")
    try:
        parse(text)
    except ValueError as error:
        raise MalformedPolicyDocumentException(str(error)) from error
    return text


async def _role(ctx: Call, arn: str) -> Role | None:
    async with ctx.services.database.read() as tx:
        return await role_rows.find(tx, arn)


def _names(caller: Root | RoleSession) -> frozenset[tuple[str, str]]:
    """What a trust policy may call the caller: everybody, his account, his role, his session."""
    account = caller.account_id
    names = {"*", account, f"arn:aws:iam::{account}:root", caller.arn}
    if isinstance(caller, RoleSession):
        names.add(caller.role_arn)
    return frozenset(("AWS", name) for name in names)


def _keys(ctx: Call, req: AssumeRoleRequest) -> dict[str, ContextValue]:
    secure = ctx.services.settings.public_url.startswith("https://")
    keys = authorization.transport_keys(ctx.now, ctx.source_ip or None, secure=secure)
    if isinstance(ctx.principal, RoleSession):
        keys |= authorization.principal_keys(ctx.principal)
    keys["sts:RoleSessionName"] = req.RoleSessionName
    return keys if req.ExternalId is None else {**keys, "sts:ExternalId": req.ExternalId}


async def _who(ctx: Call, identity_id: str, kind: str, issued: int) -> CognitoIdentity:
    """The identity of a token, as it is now. Raises IDPRejectedClaim for one that the token does not speak for."""
    async with ctx.services.database.read() as tx:
        identity = await identities.find(tx, identity_id)
        if identity is None or (identity.provider is None) != (kind == "unauthenticated"):
            raise IDPRejectedClaimException("The identity of the token is gone or belongs to somebody else now.")
        pool = await identities.get_pool(tx, identity.identity_pool_id)
        if identity.provider is None and not pool.settings.allow_unauthenticated:
            raise IDPRejectedClaimException("Unauthenticated access is not supported for this identity pool.")
        if identity.provider is None:
            return identity_logins.guest(identity, ctx.now)
        return await _user(ctx, tx, identity, identity.provider, issued)


async def _user(ctx: Call, tx: Any, identity: Identity, provider: str, issued: int) -> CognitoIdentity:
    """Raises IDPRejectedClaim for a user who is disabled, gone, or was signed out since the token was made."""
    pool = await pools.find(tx, provider.rpartition("/")[2])
    user = await users.find(tx, pool, identity.subject or "") if pool else None
    if user is None or user.sub != identity.subject or not user.enabled or issued < user.tokens_not_before:
        raise IDPRejectedClaimException("The user of the token may not sign in any more.")
    names = tuple(group.name for group in await groups.of_user(tx, user.id))
    return identity_logins.user(identity, provider, sub=user.sub, username=user.username, groups=names, now=ctx.now)


def _answer(ctx: Call, role: Role, grant: credentials.SessionGrant, seconds: int | None) -> Answer:
    made = credentials.issue(ctx.services.vault, grant, ctx.now, seconds or _LONGEST_SECONDS)
    arn = f"arn:aws:sts::{role.arn.split(':')[4]}:assumed-role/{role.name}/{grant.session_name}"
    answer: Answer = {
        "Credentials": {
            "AccessKeyId": made.access_key_id,
            "SecretAccessKey": made.secret_access_key,
            "SessionToken": made.session_token,
            "Expiration": _EPOCH + timedelta(seconds=made.expiration // 1_000_000),
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{role_id(role.arn)}:{grant.session_name}", "Arn": arn},
    }
    if grant.session_policy is not None:
        answer["PackedPolicySize"] = len(grant.session_policy) * 100 // _LONGEST_POLICY
    return answer
