"""The logins of an identity pool: whose ID token a request carries, and what its bearer is called from then on.

Only ID tokens of the identity pool's own user pools are logins; signed-out, disabled and deleted users are refused as
with AWS's ServerSideTokenCheck, whether a provider asks for that or not.
"""

from collections.abc import Mapping
from typing import NamedTuple

from poolhouse.access.principals import CognitoIdentity
from poolhouse.crypto.tokens import claims_unverified
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    InvalidParameterException,
    NotAuthorizedException,
)
from poolhouse.operations.bearer import Bearer, bearer
from poolhouse.operations.context import Call, Services
from poolhouse.store import identities
from poolhouse.store.database import Transaction
from poolhouse.store.identities import BY_TOKEN, Identity, IdentityPool, Provider, RoleMapping


class Login(NamedTuple):
    """A verified login: the provider that it is of, and whose it is."""

    provider: Provider
    who: Bearer


def provider_names(services: Services, provider: Provider) -> tuple[str, str]:
    """What clients may call a user pool: AWS's name, and our issuer without its scheme."""
    return provider.aws_name, services.settings.issuer(provider.pool_id).partition("://")[2]


async def login_of(ctx: Call, tx: Transaction, pool: IdentityPool, logins: Mapping[str, str] | None) -> Login | None:
    """Verify the one login of the request; None for a guest.

    Raises InvalidParameterException or NotAuthorizedException.
    """
    if not logins:
        return None
    if len(logins) > 1:
        raise InvalidParameterException("Only one login per request is served by this version.")
    key, token = next(iter(logins.items()))
    named = [one for one in pool.settings.providers if key in provider_names(ctx.services, one)]
    if not named:
        raise NotAuthorizedException("Token is not from a supported provider of this identity pool.")
    who = await _verified(ctx, tx, token, named[0].pool_id)
    for provider in named:
        if provider.client_id == who.client.id:
            return Login(provider, who)
    raise NotAuthorizedException("Invalid login token. Incorrect token audience.")


async def _verified(ctx: Call, tx: Transaction, token: str, pool_id: str) -> Bearer:
    try:
        return await bearer(ctx.services, tx, token, now=ctx.now, uses=("id",), pool_id=pool_id)
    except AccessTokenExpired as error:
        end = claims_unverified(token)["exp"]
        text = f"Invalid login token. Token expired: {end} >= {ctx.now // 1_000_000}"
        raise NotAuthorizedException(text) from error
    except AccessTokenRevoked as error:
        raise NotAuthorizedException("Invalid login token. Token has been revoked.") from error
    except NotAuthorizedException as error:
        raise NotAuthorizedException("Invalid login token. Couldn't verify signed token.") from error


async def identity_of(tx: Transaction, pool: IdentityPool, login: Login) -> Identity | None:
    """The identity that the login has already."""
    return await identities.find_login(tx, pool.id, login.provider.aws_name, login.who.user.sub)


def mapping_of(services: Services, pool: IdentityPool, provider: Provider) -> RoleMapping | None:
    """How the provider's users get their role; None where every one of them gets the authenticated role."""
    chosen: RoleMapping | None = BY_TOKEN
    if pool.settings.role_mappings is not None:
        keys = [f"{name}:{provider.client_id}" for name in provider_names(services, provider)]
        chosen = next((pool.settings.role_mappings[key] for key in keys if key in pool.settings.role_mappings), None)
    return chosen


def guest(identity: Identity, now: int) -> CognitoIdentity:
    return CognitoIdentity(identity.id, identity.identity_pool_id, "unauthenticated", issued=now)


def user(
    identity: Identity, aws_name: str, *, sub: str, username: str, groups: tuple[str, ...], now: int
) -> CognitoIdentity:
    """A signed-in user, in AppSync's words for his provider."""
    return CognitoIdentity(
        identity_id=identity.id,
        identity_pool_id=identity.identity_pool_id,
        auth_type="authenticated",
        provider=f'"{aws_name}","{aws_name}:CognitoSignIn:{sub}"',
        pool_id=aws_name.rpartition("/")[2],
        sub=sub,
        username=username,
        groups=groups,
        issued=now,
    )


def described(identity: Identity, login: Login | None, now: int) -> CognitoIdentity:
    """Who the identity stands for, as credentials and tokens say it."""
    if login is None:
        return guest(identity, now)
    who = login.who
    name, groups = login.provider.aws_name, who.groups
    return user(identity, name, sub=who.user.sub, username=who.user.username, groups=groups, now=now)
