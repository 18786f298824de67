"""What tokens say, and the signing of them (spec/user-pools.md section 3). Who may have them is decided elsewhere."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import InvalidSession
from poolhouse.operations.context import Services
from poolhouse.operations.gate import Answer
from poolhouse.store import families, groups, users
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.families import Family
from poolhouse.store.groups import Group
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import attributes, signing_keys, triggers, triggers_tokens
from .bearer import SELF_SERVICE, is_dead
from .scopes import OPENID, is_oauth, visible
from .signing_keys import PoolKeys
from .triggers_tokens import Overrides, Source

Claims = dict[str, Any]
_SEAL: Final = "refresh-token"
_SECOND: Final = 1_000_000
_BOOLEANS: Final = frozenset({"email_verified", "phone_number_verified"})


class RefreshToken(msgspec.Struct, frozen=True, array_like=True):
    """What a refresh token holds, sealed. `typed` is the name that was signed in with, for later secret hashes.

    `generation` is that of the family when the token was made; rotation ends the tokens of earlier ones.
    """

    family: str
    pool: str
    client: str
    typed: str
    issued: int
    expires: int
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Everything that goes into the tokens of one sign-in or refresh, with what the pool's trigger wants different."""

    pool: Pool
    client: Client
    user: User
    family: Family
    groups: Sequence[Group]
    keys: PoolKeys
    nonce: str | None = None
    overrides: Overrides | None = None


def family(
    client: Client,
    user: User,
    *,
    family_id: str,
    scope: str,
    auth_time: int,
    now: int,
    device_key: str | None = None,
) -> Family:
    """A sign-in that begins now; `auth_time` is when the user last proved who he is."""
    return Family(
        id=family_id,
        user_id=user.id,
        client_id=client.id,
        event_id=new_uuid(),
        scope=scope,
        auth_time=auth_time,
        created=now,
        expires=now + client.settings.refresh_seconds * _SECOND,
        revoked=None,
        device_key=device_key,
    )


async def new_family(tx: Transaction, client: Client, user: User, now: int, *, device_key: str | None = None) -> Family:
    """Record a sign-in that has just succeeded; in its write block. `device_key` is that of a tracked device."""
    begun = family(
        client, user, family_id=new_uuid(), scope=SELF_SERVICE, auth_time=now, now=now, device_key=device_key
    )
    await families.add(tx, begun)
    return begun


async def grant(
    services: Services,
    tx: Transaction,
    *,
    pool: Pool,
    client: Client,
    user: User,
    family: Family,
    now: int,
    nonce: str | None = None,
) -> Grant:
    """With the groups and keys of this moment. `nonce` is OpenID Connect's, for the ID token."""
    return Grant(
        pool=pool,
        client=client,
        user=user,
        family=family,
        groups=await groups.of_user(tx, user.id),
        keys=await signing_keys.of_pool(tx, services.vault, pool.id, now),
        nonce=nonce,
    )


async def customised(
    services: Services, granted: Grant, source: Source, metadata: Mapping[str, str] | None = None
) -> Grant:
    """The grant with the say of the pool's PreTokenGeneration trigger, which runs here: outside of every block.

    Raises UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException, and InvalidSession
    where the sign-in was ended meanwhile.
    """
    if triggers.configured(granted.pool, "PreTokenGeneration") is None:
        return granted
    overrides = await triggers_tokens.ask(
        services,
        granted.pool,
        granted.client,
        granted.user,
        source,
        groups=triggers_tokens.configuration([group.name for group in granted.groups], role_claims(granted.groups)),
        scope=granted.family.scope,
        metadata=metadata or {},
    )
    await require_alive(services, granted)
    return granted if overrides is None else replace(granted, overrides=overrides)


async def require_alive(services: Services, granted: Grant) -> None:
    """Behind a trigger, which may have taken its time: no token for a user who was signed out, disabled or deleted
    meanwhile. Raises InvalidSession.
    """
    async with services.database.read() as tx:
        held = await families.holder(tx, granted.family.id)
    if held is None or is_dead(held):
        raise InvalidSession


async def ended(services: Services, granted: Grant, now: int) -> None:
    """End a sign-in that was refused behind its commit, before anybody got a token of it."""
    async with services.database.write() as tx:
        await families.revoke(tx, granted.family.id, now)


async def result(services: Services, granted: Grant, now: int, *, typed: str | None = None) -> Answer:
    """AWS's AuthenticationResult; with a refresh token when `typed`, the name that was signed in with, is given."""
    issuer = services.settings.issuer(granted.pool.id)
    access, identity = access_claims(granted, issuer, now), id_claims(granted, issuer, now)
    access_token, id_token = await services.compute(_sign, granted.keys, access, identity)
    answer: Answer = {
        "AccessToken": access_token,
        "ExpiresIn": granted.client.settings.access_seconds,
        "TokenType": "Bearer",
        "IdToken": id_token,
    }
    if typed is not None:
        answer["RefreshToken"] = _refresh_token(services, granted, typed)
    return answer


def _sign(keys: PoolKeys, access: Claims, identity: Claims) -> tuple[str, str]:
    access_token = keys.signing["access"].sign(access)
    if OPENID in access["scope"].split():
        half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
        identity = {**identity, "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")}
    return access_token, keys.signing["id"].sign(identity)


def _refresh_token(services: Services, granted: Grant, typed: str) -> str:
    family = granted.family
    token = RefreshToken(
        family.id, granted.pool.id, family.client_id, typed, family.created, family.expires, family.generation
    )
    return services.vault.seal_token(_SEAL, token)


def open_refresh_token(services: Services, token: str) -> RefreshToken:
    """Raises BrokenSeal."""
    return services.vault.open_token(_SEAL, token, RefreshToken)


# --- claims ------------------------------------------------------------------------------------------------


def access_claims(granted: Grant, issuer: str, now: int) -> Claims:
    """No profile data: an access token travels further than an ID token."""
    claims: Claims = {"sub": granted.user.sub}
    if granted.groups:
        claims["cognito:groups"] = [group.name for group in granted.groups]
    claims |= {"iss": issuer, "client_id": granted.client.id}
    claims |= _origin(granted)
    claims |= {"token_use": "access", "scope": granted.family.scope}
    claims |= _times(granted, now, granted.client.settings.access_seconds)
    claims |= {"jti": new_uuid(), "username": granted.user.username}
    if granted.family.device_key is not None:
        claims["device_key"] = granted.family.device_key
    if is_oauth(granted.family.scope):
        claims["version"] = 2
    return claims if granted.overrides is None else granted.overrides.of_access(claims)


def id_claims(granted: Grant, issuer: str, now: int) -> Claims:
    """Who the user is, as far as the client may read it."""
    claims: Claims = {"sub": granted.user.sub}
    if granted.groups:
        claims["cognito:groups"] = [group.name for group in granted.groups]
    claims |= role_claims(granted.groups)
    claims |= {"iss": issuer, "cognito:username": granted.user.username}
    claims |= _origin(granted)
    claims |= {"aud": granted.client.id, "token_use": "id"}
    claims |= _times(granted, now, granted.client.settings.id_seconds)
    if granted.client.settings.EnableTokenRevocation:
        claims["jti"] = new_uuid()
    if granted.nonce is not None:
        claims["nonce"] = granted.nonce
    readable = visible(granted.family.scope, attributes.readable(granted.client.settings))
    # Last, and without replacing anything: an attribute never becomes a claim that has a meaning of its own.
    for name, value in users.attributes_of(granted.user).items():
        if name in readable and name not in claims:
            claims[name] = _claim(name, value)
    return claims if granted.overrides is None else granted.overrides.of_identity(claims)


def _origin(granted: Grant) -> Claims:
    """`origin_jti` is tied to token revocation; clients ask for revocation only when it is there."""
    revocable = granted.client.settings.EnableTokenRevocation
    event = {"event_id": granted.family.event_id}
    return {"origin_jti": granted.family.id} | event if revocable else event


def _times(granted: Grant, now: int, lifetime: int) -> Claims:
    issued = now // _SECOND
    return {"auth_time": granted.family.auth_time // _SECOND, "exp": issued + lifetime, "iat": issued}


def role_claims(members: Sequence[Group]) -> Claims:
    """The roles of the groups, and the one of the best precedence unless groups tie for it with different roles."""
    with_role = [group for group in members if group.role_arn]
    if not with_role:
        return {}
    claims: Claims = {"cognito:roles": list(dict.fromkeys(group.role_arn for group in with_role))}
    best = min(_rank(group) for group in with_role)
    preferred = {group.role_arn for group in with_role if _rank(group) == best}
    if len(preferred) == 1:
        claims["cognito:preferred_role"] = preferred.pop()
    return claims


def _rank(group: Group) -> float:
    return float("inf") if group.precedence is None else group.precedence


def _claim(name: str, value: str) -> object:
    """An attribute as JSON: flags are booleans, the address an object, custom attributes always text."""
    if name in _BOOLEANS:
        return value == "true"
    if name == "address":
        return {"formatted": value}
    if name == "updated_at":
        return _number(value)
    if name == "identities":
        return json.loads(value)
    return value


def _number(value: str) -> object:
    try:
        return int(value)
    except ValueError:
        return value
