"""The token families and token answers of OAuth sign-ins, by code or implicit."""

from typing import Any

from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import InvalidSession, ServiceError
from poolhouse.operations import issuing
from poolhouse.operations.context import Services
from poolhouse.operations.issuing import Grant
from poolhouse.operations.scopes import OPENID, is_oauth
from poolhouse.store import families, users

from .authorization import Authorization
from .sessions import SignedIn

Tokens = dict[str, Any]


async def implicit(services: Services, asked: Authorization, who: SignedIn) -> Tokens:
    """The tokens of response_type=token: never a refresh token. Raises InvalidSession, and the errors of triggers."""
    now = services.clock()
    async with services.database.write() as tx:
        user = await users.by_id(tx, who.user.id, lock=True)
        if user is None or not user.enabled or user.tokens_not_before > who.auth_time:
            raise InvalidSession
        made = issuing.family(
            asked.client, user, family_id=new_uuid(), scope=asked.scope, auth_time=who.auth_time, now=now
        )
        await families.add(tx, made)
        granted = await issuing.grant(
            services, tx, pool=asked.pool, client=asked.client, user=user, family=made, now=now, nonce=asked.nonce
        )
    return await tokens(services, granted)


async def tokens(services: Services, granted: Grant, *, typed: str | None = None) -> Tokens:
    """With a refresh token when `typed`, the name that was signed in with, is given.

    The pool's function has its say here. What it refuses is over: raises the errors of triggers.
    """
    try:
        granted = await issuing.customised(services, granted, "TokenGeneration_HostedAuth")
    except ServiceError:
        await issuing.ended(services, granted, services.clock())
        raise
    result = await issuing.result(services, granted, services.clock(), typed=typed)
    return _answer(result, has_id_token=OPENID in granted.family.scope.split())


async def refreshed(services: Services, result: dict[str, Any], refresh_token: str) -> Tokens:
    """The tokens of a refresh, with an ID token where openid was granted or the API itself began the sign-in.

    What was granted is the family's to say: the scopes in a token may be those that the pool's function gave it.
    """
    async with services.database.read() as tx:
        family = await families.find(tx, issuing.open_refresh_token(services, refresh_token).family)
    scope = family.scope if family else ""
    return _answer(result, has_id_token=OPENID in scope.split() or not is_oauth(scope))


def _answer(result: dict[str, Any], *, has_id_token: bool) -> Tokens:
    """AWS's AuthenticationResult in OAuth's words."""
    members = {
        "access_token": result["AccessToken"],
        "id_token": result.get("IdToken") if has_id_token else None,
        "refresh_token": result.get("RefreshToken"),
        "token_type": "Bearer",
        "expires_in": result["ExpiresIn"],
    }
    return {name: value for name, value in members.items() if value is not None}
