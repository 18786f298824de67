"""Refreshing tokens, and ending the sign-in that they came from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from poolhouse.crypto import tokens as signed
from poolhouse.crypto.tokens import BadToken
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import (
    InvalidParameterException,
    InvalidRefreshToken,
    InvalidSession,
    NotAuthorizedException,
    RefreshTokenExpired,
    RefreshTokenReuseException,
    RefreshTokenRevoked,
    UnauthorizedException,
    UnsupportedOperationException,
    UnsupportedTokenTypeException,
    UserDisabled,
)
from poolhouse.service_model.structs.cognito_idp import (
    GetTokensFromRefreshTokenRequest,
    GlobalSignOutRequest,
    RevokeTokenRequest,
)
from poolhouse.store import clients, families, users
from poolhouse.store.database import Transaction
from poolhouse.store.families import Family, Owned

from . import issuing, protection, triggers
from .bearer import SELF_SERVICE, bearer, is_dead, still
from .context import Call
from .door import Door, open_door, required
from .gate import Answer, operation
from .issuing import Grant, RefreshToken
from .triggers_tokens import Overrides

_SECOND: Final = 1_000_000
_NO_REVOCATION: Final = "Token revocation is not enabled for this client. Enable it before revoking its tokens."


@operation("GetTokensFromRefreshToken")
async def get_tokens_from_refresh_token(ctx: Call, req: GetTokensFromRefreshTokenRequest) -> Answer:
    """Where the client rotates them, with a new refresh token that expires when the first one would have.

    Raises RefreshTokenReuseException for a token that was replaced longer ago than the client's grace period; it ends
    the sign-in, because two hold its tokens and nobody can say who is the right one.
    """
    door = await open_door(ctx, req.ClientId, metadata=req.ClientMetadata)
    if not protection.is_secret(door.vault, door.client, req.ClientSecret):
        raise NotAuthorizedException(f"Unable to verify secret for client {door.client.id}")
    token = _opened(door, req.RefreshToken)
    if not door.client.settings.rotates:
        return {"AuthenticationResult": await _renewed(door, await _current(door, token, await _grant(door, token)))}
    overrides = await _overrides(door, token)
    granted = replace(await _rotated(door, token), overrides=overrides)
    return {"AuthenticationResult": await issuing.result(ctx.services, granted, ctx.now, typed=token.typed)}


async def refresh(door: Door, parameters: Mapping[str, str]) -> Answer:
    """REFRESH_TOKEN_AUTH. Its secret hash may be made of the canonical name or of the one that was signed in with.

    It cannot rotate, and InitiateAuth declares no error for a token that was replaced.
    """
    if door.client.settings.rotates:
        raise InvalidParameterException("REFRESH_TOKEN_AUTH flow not enabled for this client")
    token = _opened(door, required(parameters, "REFRESH_TOKEN"))
    granted = await _grant(door, token)
    names = (granted.user.username, token.typed)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), names)
    try:
        granted = await _current(door, token, granted)
    except RefreshTokenReuseException as error:
        raise RefreshTokenRevoked from error
    return {"AuthenticationResult": await _renewed(door, granted), "ChallengeParameters": {}}


@operation("RevokeToken")
async def revoke_token(ctx: Call, req: RevokeTokenRequest) -> Answer:
    """A client that does not exist is answered like a wrong secret: AWS declares nothing better for it."""
    async with ctx.services.database.read() as tx:
        client = await clients.find(tx, req.ClientId)
    if client is None or not protection.is_secret(ctx.services.vault, client, req.ClientSecret):
        raise UnauthorizedException("Client authentication failed.")
    if not client.settings.EnableTokenRevocation:
        raise UnsupportedOperationException(_NO_REVOCATION)
    if _is_signed(req.Token):
        raise UnsupportedTokenTypeException("Only refresh tokens can be revoked.")
    try:
        token = issuing.open_refresh_token(ctx.services, req.Token)
    except BrokenSeal as error:
        raise InvalidParameterException("Invalid Refresh Token") from error
    if token.client != client.id:
        raise UnauthorizedException("The token belongs to another client.")
    async with ctx.services.database.write() as tx:
        await families.revoke(tx, token.family, ctx.now)
    return {}


@operation("GlobalSignOut")
async def global_sign_out(ctx: Call, req: GlobalSignOutRequest) -> Answer:
    """Ends every sign-in of the user, of all clients."""
    database = ctx.services.database
    async with database.read() as tx:
        who = await bearer(ctx.services, tx, req.AccessToken, now=ctx.now, scope=SELF_SERVICE)
    async with database.write() as tx:
        user = await still(tx, who)
        await families.revoke_all(tx, user.id, ctx.now)
        await users.change(tx, who.pool, user, ctx.now, tokens_not_before=ctx.now)
    return {}


def _opened(door: Door, text: str) -> RefreshToken:
    """Raises InvalidRefreshToken for what is none of this client's, RefreshTokenExpired."""
    try:
        token = issuing.open_refresh_token(door.ctx.services, text)
    except BrokenSeal as error:
        raise InvalidRefreshToken from error
    if (token.client, token.pool) != (door.client.id, door.pool.id):
        raise InvalidRefreshToken
    if token.expires <= door.ctx.now:
        raise RefreshTokenExpired
    return token


async def _grant(door: Door, token: RefreshToken) -> Grant:
    """The sign-in with the user, the groups and the attributes of now."""
    async with door.ctx.services.database.read() as tx:
        return await _granted(door, tx, await _alive(tx, token))


async def _granted(door: Door, tx: Transaction, held: Owned) -> Grant:
    return await issuing.grant(
        door.ctx.services,
        tx,
        pool=door.pool,
        client=door.client,
        user=held.user,
        family=held.family,
        now=door.ctx.now,
    )


async def _alive(tx: Transaction, token: RefreshToken) -> Owned:
    """Of a token that is one of the door's own client's. Raises RefreshTokenRevoked, UserDisabled."""
    held = await families.owned(tx, token.family)
    if held is None:
        raise RefreshTokenRevoked
    if not held.user.enabled:
        raise UserDisabled
    if is_dead(held):
        raise RefreshTokenRevoked
    return held


# --- rotation ----------------------------------------------------------------------------------------------


async def _rotated(door: Door, token: RefreshToken) -> Grant:
    """The sign-in in the generation that the next refresh token belongs to. Raises RefreshTokenReuseException."""
    async with door.ctx.services.database.write() as tx:
        granted = await _turn(door, tx, token)
    if granted is None:
        raise RefreshTokenReuseException
    return granted


async def _turn(door: Door, tx: Transaction, token: RefreshToken) -> Grant | None:
    """None for a replaced token, whose sign-in ends here: raising would take that back.

    Whoever comes second with one token inside the grace period gets another token of the generation that the first
    one began, so neither of the two is taken for a thief at the next refresh.
    """
    now = door.ctx.now
    is_first = await families.rotate(tx, token.family, token.generation, now)
    held = await _alive(tx, token)
    grace = door.client.settings.grace_seconds * _SECOND
    # Without grace no clock is asked: of two requests at once, the one that comes second may have begun first.
    if not is_first and not (grace and _in_grace(held.family, token, now - grace)):
        await families.revoke(tx, token.family, now)
        return None
    return await _granted(door, tx, held)


def _in_grace(family: Family, token: RefreshToken, since: int) -> bool:
    """Whether the token is the one before the current one and was replaced after `since`."""
    return token.generation == family.generation - 1 and family.rotated is not None and family.rotated > since


async def _current(door: Door, token: RefreshToken, granted: Grant) -> Grant:
    """For clients that do not rotate, or no longer: what was replaced before stays dead.

    Raises RefreshTokenReuseException.
    """
    if granted.family.generation == token.generation:
        return granted
    async with door.ctx.services.database.write() as tx:
        await families.revoke(tx, token.family, door.ctx.now)
    raise RefreshTokenReuseException


async def _renewed(door: Door, granted: Grant) -> Answer:
    return await issuing.result(door.ctx.services, await _customised(door, granted), door.ctx.now)


async def _overrides(door: Door, token: RefreshToken) -> Overrides | None:
    """What the trigger says before the token is replaced, so that its refusal leaves the client the token it has."""
    if triggers.configured(door.pool, "PreTokenGeneration") is None:
        return None
    return (await _customised(door, await _grant(door, token))).overrides


async def _customised(door: Door, granted: Grant) -> Grant:
    try:
        return await issuing.customised(door.ctx.services, granted, "TokenGeneration_RefreshTokens", door.metadata)
    except InvalidSession as error:
        raise RefreshTokenRevoked from error


def _is_signed(token: str) -> bool:
    """Whether this is an access or ID token, by its form."""
    try:
        signed.claims_unverified(token)
    except BadToken:
        return False
    return True
