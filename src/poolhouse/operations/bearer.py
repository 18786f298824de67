"""Whose token this is: signature, claims, and the state of the sign-in that it came from, asked of the database.

Used by every operation that takes a token, and by GraphQL, the REST gateway and identity pools.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from poolhouse.crypto import tokens
from poolhouse.crypto.tokens import BadToken
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    InvalidAccessToken,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from poolhouse.operations.context import Services
from poolhouse.store import families
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.families import Family, Holder, Owned
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import signing_keys
from .proved_tokens import Proved

TokenUse = Literal["access", "id"]
SELF_SERVICE: Final = "aws.cognito.signin.user.admin"
"""The scope of tokens that may be used with the user-pool API itself."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The holder of a good token, as the database has him now. `groups` are his groups now, not the token's."""

    user: User
    pool: Pool
    client: Client
    family: Family
    claims: Mapping[str, Any]
    token_use: TokenUse
    groups: tuple[str, ...]

    @property
    def family_id(self) -> str:
        return self.family.id


async def bearer(
    services: Services,
    tx: Transaction,
    token: str,
    *,
    now: int,
    uses: tuple[TokenUse, ...] = ("access",),
    pool_id: str | None = None,
    scope: str | None = None,
) -> Bearer:
    """`pool_id` and `scope` are what the token must be for, where the caller asks for one.

    Raises InvalidAccessToken, AccessTokenExpired, AccessTokenRevoked, or NotAuthorizedException for a missing scope.
    """
    claims, use = await _verified(services, tx, token, uses, now)
    of_pool = _pool_id(services, claims)
    if pool_id not in (None, of_pool):
        raise InvalidAccessToken
    found = await _found(tx, claims)
    if found is None:
        raise AccessTokenRevoked
    held = found.holder
    client_id = claims["client_id" if use == "access" else "aud"]
    if (held.user.sub, held.user.pool_id, held.client.id) != (claims["sub"], of_pool, client_id):
        raise InvalidAccessToken
    if scope is not None and scope not in str(claims.get("scope", "")).split():
        raise NotAuthorizedException("Access Token does not have required scopes")
    if is_dead(held):
        raise AccessTokenRevoked
    return Bearer(held.user, held.pool, held.client, held.family, {**claims}, use, found.groups)


def is_dead(held: Holder | Owned) -> bool:
    """Whether the sign-in was ended, by itself or with all others of a user who signed out or was disabled."""
    family, user = held.family, held.user
    return family.revoked is not None or not user.enabled or family.created < user.tokens_not_before


async def still(tx: Transaction, known: Bearer) -> User:
    """The user again, locked, in the write block behind a check that was made outside it. Raises AccessTokenRevoked."""
    held = await families.holder(tx, known.family.id, lock=True)
    if held is None or is_dead(held):
        raise AccessTokenRevoked
    return held.user


async def _verified(
    services: Services, tx: Transaction, token: str, uses: tuple[TokenUse, ...], now: int
) -> tuple[Mapping[str, Any], TokenUse]:
    """The claims of a token that one of our pools signed for one of `uses` and that has not expired."""
    known = await _known(services, tx, token, now)
    if known is not None:
        claims, use = known.claims, _use(known.claims, uses)
    else:
        claims, use = await _proved(services, tx, token, uses, now)
    if claims["exp"] * 1_000_000 <= now:
        services.proved.drop(token)
        raise AccessTokenExpired
    return claims, use


async def _known(services: Services, tx: Transaction, token: str, now: int) -> Proved | None:
    """What was verified before, as long as its key is one of the pool's that verify."""
    known = services.proved.find(token)
    if known is None:
        return None
    try:
        keys = await signing_keys.of_pool(tx, services.vault, known.pool_id, now)
    except ResourceNotFoundException as error:
        services.proved.drop(token)
        raise InvalidAccessToken from error
    if known.kid in keys.verifying[known.use]:
        return known
    services.proved.drop(token)
    return None


async def _proved(
    services: Services, tx: Transaction, token: str, uses: tuple[TokenUse, ...], now: int
) -> tuple[Mapping[str, Any], TokenUse]:
    try:
        unproved = tokens.read(token)
        pool_id, use = _pool_id(services, unproved.claims), _use(unproved.claims, uses)
        claims = await signing_keys.proved(tx, services.vault, pool_id, unproved, use, now)
    except (BadToken, ResourceNotFoundException) as error:
        raise InvalidAccessToken from error
    services.proved.put(token, Proved(pool_id, use, unproved.kid, claims))
    return claims, use


def _pool_id(services: Services, claims: Mapping[str, Any]) -> str:
    """The pool of an issuer; only our own address will do, to the letter."""
    issuer = claims.get("iss")
    pool_id = issuer.rpartition("/")[2] if isinstance(issuer, str) else ""
    if not pool_id or issuer != services.settings.issuer(pool_id):
        raise InvalidAccessToken
    return pool_id


def _use(claims: Mapping[str, Any], uses: tuple[TokenUse, ...]) -> TokenUse:
    for use in uses:
        if claims.get("token_use") == use:
            return use
    raise InvalidAccessToken


async def _found(tx: Transaction, claims: Mapping[str, Any]) -> families.Bearer | None:
    family_id = claims.get("origin_jti")
    if family_id is not None:
        return await families.bearer(tx, family_id)
    if "event_id" not in claims:
        raise InvalidAccessToken  # an app's own token, of client_credentials: no user holds it
    return await families.bearer_of_event(tx, claims["iss"].rpartition("/")[2], claims["sub"], claims["event_id"])
