"""The token families and token answers of OAuth sign-ins, by code or implicit."""

from typing import Any

from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.tokens import claims_unverified
from poolhouse.operations import issuing
from poolhouse.operations.context import Services
from poolhouse.operations.issuing import Grant
from poolhouse.operations.scopes import OPENID, is_oauth
from poolhouse.store import families

from .authorization import Authorization
from .sessions import SignedIn

Tokens = dict[str, Any]


async def implicit(services: Services, asked: Authorization, who: SignedIn) -> Tokens:
    """The tokens of response_type=token: never a refresh token."""
    now = services.clock()
    async with services.database.write() as tx:
        made = issuing.family(
            asked.client, who.user, family_id=new_uuid(), scope=asked.scope, auth_time=who.auth_time, now=now
        )
        await families.add(tx, made)
        granted = await issuing.grant(
            services, tx, pool=asked.pool, client=asked.client, user=who.user, family=made, now=now, nonce=asked.nonce
        )
    return await tokens(services, granted)


async def tokens(services: Services, granted: Grant, *, typed: str | None = None) -> Tokens:
    """With a refresh token when `typed`, the name that was signed in with, is given."""
    result = await issuing.result(services, granted, services.clock(), typed=typed)
    return _answer(result, has_id_token=OPENID in granted.family.scope.split())


def refreshed(result: dict[str, Any]) -> Tokens:
    """The tokens of a refresh, with an ID token where openid was granted or the API itself began the sign-in."""
    scope = claims_unverified(result["AccessToken"]).get("scope", "")
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
