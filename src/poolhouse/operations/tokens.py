"""Refreshing tokens, and ending the sign-in that they came from."""

from collections.abc import Mapping
from typing import Final

from poolhouse.crypto import tokens as signed
from poolhouse.crypto.tokens import BadToken
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import (
    InvalidParameterException,
    InvalidRefreshToken,
    NotAuthorizedException,
    RefreshTokenExpired,
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
from poolhouse.store.families import Holder

from . import issuing, protection
from .bearer import SELF_SERVICE, bearer, is_dead, still
from .context import Call
from .door import Door, open_door, required
from .gate import Answer, operation
from .issuing import Grant, RefreshToken

_NO_REVOCATION: Final = "Token revocation is not enabled for this client. Enable it before revoking its tokens."


@operation("GetTokensFromRefreshToken")
async def get_tokens_from_refresh_token(ctx: Call, req: GetTokensFromRefreshTokenRequest) -> Answer:
    """Rotation is not served; the refresh token stays the same and is not answered."""
    door = await open_door(ctx, req.ClientId)
    if not protection.is_secret(door.vault, door.client, req.ClientSecret):
        raise NotAuthorizedException(f"Unable to verify secret for client {door.client.id}")
    token = _opened(door, req.RefreshToken)
    return {"AuthenticationResult": await _renewed(door, await _grant(door, token))}


async def refresh(door: Door, parameters: Mapping[str, str]) -> Answer:
    """REFRESH_TOKEN_AUTH. Its secret hash may be made of the canonical name or of the one that was signed in with."""
    token = _opened(door, required(parameters, "REFRESH_TOKEN"))
    granted = await _grant(door, token)
    names = (granted.user.username, token.typed)
    protection.check_secret_hash(door.vault, door.client, parameters.get("SECRET_HASH"), names)
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
        held = await families.holder(tx, token.family)
        if held is None:
            raise RefreshTokenRevoked
        _require_alive(held)
        return await issuing.grant(
            door.ctx.services,
            tx,
            pool=door.pool,
            client=door.client,
            user=held.user,
            family=held.family,
            now=door.ctx.now,
        )


def _require_alive(held: Holder) -> None:
    if not held.user.enabled:
        raise UserDisabled
    if is_dead(held):
        raise RefreshTokenRevoked


async def _renewed(door: Door, granted: Grant) -> Answer:
    return await issuing.result(door.ctx.services, granted, door.ctx.now)


def _is_signed(token: str) -> bool:
    """Whether this is an access or ID token, by its form."""
    try:
        signed.claims_unverified(token)
    except BadToken:
        return False
    return True
