"""Identities for logins and guests, and what they are given: credentials of a role, or a token for sts.

GetId, GetCredentialsForIdentity, GetOpenIdToken, UnlinkIdentity (spec/user-pools.md section 6).
"""

from collections.abc import Mapping
from typing import NamedTuple

from poolhouse.access import credentials, roles
from poolhouse.access.policies import parse_trust
from poolhouse.access.principals import CognitoIdentity
from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import (
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
)
from poolhouse.operations.context import Call, seconds
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs.cognito_identity import (
    GetCredentialsForIdentityInput,
    GetIdInput,
    GetOpenIdTokenInput,
    UnlinkIdentityInput,
)
from poolhouse.store import identities
from poolhouse.store import roles as role_rows
from poolhouse.store.database import Transaction
from poolhouse.store.identities import Identity, IdentityPool

from . import identity_logins, identity_tokens
from .identity_logins import Login, identity_of, login_of

_LIFETIME_SECONDS = 3600
_CLASSIC_IS_OFF = "Basic (classic) flow is not enabled, please use enhanced flow."


class _Asker(NamedTuple):
    """Who a request's identity and login turned out to be."""

    pool: IdentityPool
    identity: Identity
    login: Login | None


@operation("GetId", service="cognito-identity")
async def get_id(ctx: Call, req: GetIdInput) -> Answer:
    """The same login gives the same identity; each guest gets a new one."""
    database = ctx.services.database
    async with database.read() as tx:
        pool = await identities.get_pool(tx, req.IdentityPoolId)
        login = await login_of(ctx, tx, pool, req.Logins)
        if login is not None and (known := await identity_of(tx, pool, login)):
            return {"IdentityId": known.id}
    _require_guests(pool, login)
    async with database.write() as tx:
        return {"IdentityId": (await _make(ctx, tx, pool, login)).id}


@operation("GetCredentialsForIdentity", service="cognito-identity")
async def get_credentials_for_identity(ctx: Call, req: GetCredentialsForIdentityInput) -> Answer:
    """Credentials of the role that the identity may assume; a guest who signed in keeps his identity."""
    asker = await _asker(ctx, req.IdentityId, req.Logins)
    who = identity_logins.described(asker.identity, asker.login, ctx.now)
    role_arn = _role(ctx, asker, req.CustomRoleArn)
    await _require_trust(ctx, role_arn, who)
    grant = credentials.SessionGrant(role_arn, roles.IDENTITY_SESSION_NAME, who)
    issued = credentials.issue(ctx.services.vault, grant, ctx.now, _LIFETIME_SECONDS)
    return {
        "IdentityId": asker.identity.id,
        "Credentials": {
            "AccessKeyId": issued.access_key_id,
            "SecretKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": seconds(issued.expiration),
        },
    }


@operation("GetOpenIdToken", service="cognito-identity")
async def get_open_id_token(ctx: Call, req: GetOpenIdTokenInput) -> Answer:
    """A token for AssumeRoleWithWebIdentity, from pools that allow the classic flow."""
    async with ctx.services.database.read() as tx:
        identity = await identities.get(tx, req.IdentityId)
        pool = await identities.get_pool(tx, identity.identity_pool_id)
    if not pool.settings.allow_classic:
        raise InvalidParameterException(_CLASSIC_IS_OFF)
    asker = await _asker(ctx, req.IdentityId, req.Logins)
    who = identity_logins.described(asker.identity, asker.login, ctx.now)
    return {"IdentityId": asker.identity.id, "Token": await identity_tokens.issue(ctx.services, who, ctx.now)}


@operation("UnlinkIdentity", service="cognito-identity")
async def unlink_identity(ctx: Call, req: UnlinkIdentityInput) -> None:
    """An identity without its only login is nobody's: it is gone, and the login's next visit gets a new one."""
    async with ctx.services.database.write() as tx:
        identity = await identities.get(tx, req.IdentityId)
        pool = await identities.get_pool(tx, identity.identity_pool_id)
        login = await login_of(ctx, tx, pool, req.Logins)
        owner = await identity_of(tx, pool, login) if login else None
        if login is None or owner is None or owner.id != identity.id:
            raise NotAuthorizedException(f"Access to Identity '{identity.id}' is forbidden.")
        names = identity_logins.provider_names(ctx.services, login.provider)
        if any(name not in names for name in req.LoginsToRemove):
            raise InvalidParameterException("LoginsToRemove names a login that the identity does not have.")
        if req.LoginsToRemove:
            await identities.remove(tx, identity.id)


async def _asker(ctx: Call, identity_id: str, logins: Mapping[str, str] | None) -> _Asker:
    """The identity that the login may act as. Raises ResourceNotFoundException or NotAuthorizedException."""
    async with ctx.services.database.read() as tx:
        identity = await identities.get(tx, identity_id)
        pool = await identities.get_pool(tx, identity.identity_pool_id)
        login = await login_of(ctx, tx, pool, logins)
        owner = await identity_of(tx, pool, login) if login else None
    _require_guests(pool, login)
    if login is not None and (owner is None or owner.id != identity.id):
        identity = await _take(ctx, pool, identity, login, owner)
    if login is None and identity.provider is not None:
        raise NotAuthorizedException(f"Access to Identity '{identity.id}' is forbidden.")
    return _Asker(pool, identity, login)


async def _make(ctx: Call, tx: Transaction, pool: IdentityPool, login: Login | None) -> Identity:
    new = Identity(
        id=f"{pool.id.partition(':')[0]}:{new_uuid()}",
        identity_pool_id=pool.id,
        provider=login.provider.aws_name if login else None,
        subject=login.who.user.sub if login else None,
        created=ctx.now,
    )
    if await identities.add(tx, new):
        return new
    assert login is not None
    existing = await identity_of(tx, pool, login)
    assert existing is not None
    return existing


async def _take(ctx: Call, pool: IdentityPool, sent: Identity, login: Login, owner: Identity | None) -> Identity:
    """The identity of a login that came with another one's id: its own, or the guest's that now becomes its own."""
    if sent.provider is not None:
        raise NotAuthorizedException(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )
    if owner is not None:
        return owner
    async with ctx.services.database.write() as tx:
        if await identities.link(tx, sent.id, login.provider.aws_name, login.who.user.sub):
            return sent._replace(provider=login.provider.aws_name, subject=login.who.user.sub)
        return await _make(ctx, tx, pool, login)


def _require_guests(pool: IdentityPool, login: Login | None) -> None:
    if login is None and not pool.settings.allow_unauthenticated:
        raise NotAuthorizedException("Unauthenticated access is not supported for this identity pool.")


def _role(ctx: Call, asker: _Asker, custom_role_arn: str | None) -> str:
    login, settings = asker.login, asker.pool.settings
    return roles.choose_role(
        login.who.claims if login else None,
        authenticated_role=settings.authenticated_role,
        unauthenticated_role=settings.unauthenticated_role,
        mapping=identity_logins.mapping_of(ctx.services, asker.pool, login.provider) if login else None,
        custom_role_arn=custom_role_arn,
    )


async def _require_trust(ctx: Call, role_arn: str, who: CognitoIdentity) -> None:
    async with ctx.services.database.read() as tx:
        role = await role_rows.find(tx, role_arn)
    if role is None or not roles.trust_allows(
        parse_trust(role.trust), identity_pool_id=who.identity_pool_id, amr=who.amr, identity_id=who.identity_id
    ):
        raise InvalidIdentityPoolConfigurationException(
            "Invalid identity pool configuration. Check assigned IAM roles for this pool."
        )
