"""Identity pools: an identity for a login or a guest, and credentials of the role that it may assume.

Source: spec/user-pools.md section 6 (the enhanced flow). Only ID tokens of the identity pool's own user pools are
logins; signed-out, disabled and deleted users are refused as with AWS's ServerSideTokenCheck.
"""

from collections.abc import Mapping
from typing import NamedTuple

from poolhouse.access import credentials, roles
from poolhouse.access.policies import parse_trust
from poolhouse.access.principals import CognitoIdentity
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.tokens import claims_unverified
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from poolhouse.operations.bearer import Bearer, bearer
from poolhouse.operations.context import Call, seconds
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs.cognito_identity import GetCredentialsForIdentityInput, GetIdInput
from poolhouse.store import identities
from poolhouse.store import roles as role_rows
from poolhouse.store.database import Transaction
from poolhouse.store.identities import Identity, IdentityPool

_LIFETIME_SECONDS = 3600
_MAPPING = roles.RoleMapping(kind="Token", ambiguous="AuthenticatedRole")


class Login(NamedTuple):
    """A verified login: the provider's name as identities keep it, and whose it is."""

    provider: str
    who: Bearer


@operation("GetId", service="cognito-identity")
async def get_id(ctx: Call, req: GetIdInput) -> Answer:
    """The same login gives the same identity; each guest gets a new one."""
    database = ctx.services.database
    async with database.read() as tx:
        pool = await identities.get_pool(tx, req.IdentityPoolId)
        login = await _login(ctx, tx, pool, req.Logins)
        if login is not None and (known := await _of_login(tx, pool, login)):
            return {"IdentityId": known.id}
    _require_guests(pool, login)
    async with database.write() as tx:
        return {"IdentityId": (await _make(ctx, tx, pool, login)).id}


@operation("GetCredentialsForIdentity", service="cognito-identity")
async def get_credentials_for_identity(ctx: Call, req: GetCredentialsForIdentityInput) -> Answer:
    """Credentials of the role that the identity may assume; a guest who signed in keeps his identity."""
    async with ctx.services.database.read() as tx:
        identity = await _find(tx, req.IdentityId)
        pool = await identities.get_pool(tx, identity.identity_pool_id)
        login = await _login(ctx, tx, pool, req.Logins)
        owner = await _of_login(tx, pool, login) if login else None
    _require_guests(pool, login)
    if login is not None and (owner is None or owner.id != identity.id):
        identity = await _take(ctx, pool, identity, login, owner)
    if login is None and identity.provider is not None:
        raise NotAuthorizedException(f"Access to Identity '{identity.id}' is forbidden.")
    return await _credentials(ctx, pool, identity, login, req.CustomRoleArn)


async def _find(tx: Transaction, identity_id: str) -> Identity:
    found = await identities.find(tx, identity_id)
    if found is None:
        raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    return found


async def _of_login(tx: Transaction, pool: IdentityPool, login: Login) -> Identity | None:
    return await identities.find_login(tx, pool.id, login.provider, login.who.user.sub)


async def _make(ctx: Call, tx: Transaction, pool: IdentityPool, login: Login | None) -> Identity:
    new = Identity(
        id=f"{pool.id.partition(':')[0]}:{new_uuid()}",
        identity_pool_id=pool.id,
        provider=login.provider if login else None,
        subject=login.who.user.sub if login else None,
        created=ctx.now,
    )
    if await identities.add(tx, new):
        return new
    assert login is not None
    existing = await _of_login(tx, pool, login)
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
        if await identities.link(tx, sent.id, login.provider, login.who.user.sub):
            return sent._replace(provider=login.provider, subject=login.who.user.sub)
        return await _make(ctx, tx, pool, login)


def _require_guests(pool: IdentityPool, login: Login | None) -> None:
    if login is None and not pool.settings.allow_unauthenticated:
        raise NotAuthorizedException("Unauthenticated access is not supported for this identity pool.")


async def _login(ctx: Call, tx: Transaction, pool: IdentityPool, logins: Mapping[str, str] | None) -> Login | None:
    """Verify the one login of the request. The provider's key is our issuer or AWS's name of the same pool."""
    if not logins:
        return None
    if len(logins) > 1:
        raise InvalidParameterException("Only one login per request is served by this version.")
    key, token = next(iter(logins.items()))
    region = ctx.services.settings.region
    for provider in pool.settings.providers:
        name = f"cognito-idp.{provider.pool_id.partition('_')[0] or region}.amazonaws.com/{provider.pool_id}"
        if key in (name, ctx.services.settings.issuer(provider.pool_id).partition("://")[2]):
            return Login(name, await _verified(ctx, tx, token, provider))
    raise NotAuthorizedException("Token is not from a supported provider of this identity pool.")


async def _verified(ctx: Call, tx: Transaction, token: str, provider: identities.Provider) -> Bearer:
    try:
        who = await bearer(ctx.services, tx, token, now=ctx.now, uses=("id",), pool_id=provider.pool_id)
    except AccessTokenExpired as error:
        end = claims_unverified(token)["exp"]
        text = f"Invalid login token. Token expired: {end} >= {ctx.now // 1_000_000}"
        raise NotAuthorizedException(text) from error
    except AccessTokenRevoked as error:
        raise NotAuthorizedException("Invalid login token. Token has been revoked.") from error
    except NotAuthorizedException as error:
        raise NotAuthorizedException("Invalid login token. Couldn't verify signed token.") from error
    if who.client.id != provider.client_id:
        raise NotAuthorizedException("Invalid login token. Incorrect token audience.")
    return who


async def _credentials(
    ctx: Call, pool: IdentityPool, identity: Identity, login: Login | None, custom_role_arn: str | None
) -> Answer:
    who = _described(pool, identity, login, ctx.now)
    role_arn = roles.choose_role(
        login.who.claims if login else None,
        authenticated_role=pool.settings.authenticated_role,
        unauthenticated_role=pool.settings.unauthenticated_role,
        mapping=_MAPPING,
        custom_role_arn=custom_role_arn,
    )
    await _require_trust(ctx, role_arn, who)
    grant = credentials.SessionGrant(role_arn, roles.IDENTITY_SESSION_NAME, who)
    issued = credentials.issue(ctx.services.vault, grant, ctx.now, _LIFETIME_SECONDS)
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": issued.access_key_id,
            "SecretKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": seconds(issued.expiration),
        },
    }


def _described(pool: IdentityPool, identity: Identity, login: Login | None, now: int) -> CognitoIdentity:
    if login is None:
        return CognitoIdentity(identity.id, pool.id, "unauthenticated", issued=now)
    who = login.who
    return CognitoIdentity(
        identity_id=identity.id,
        identity_pool_id=pool.id,
        auth_type="authenticated",
        provider=f'"{login.provider}","{login.provider}:CognitoSignIn:{who.user.sub}"',
        pool_id=who.pool.id,
        sub=who.user.sub,
        username=who.user.username,
        groups=who.groups,
        issued=now,
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
