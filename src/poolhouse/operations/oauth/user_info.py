"""The userInfo endpoint (OpenID Connect Core section 5.3): what an access token's scopes tell about its user."""

from poolhouse.errors import NotAuthorizedException, OAuthError
from poolhouse.operations import attributes
from poolhouse.operations.bearer import bearer
from poolhouse.operations.context import Services
from poolhouse.operations.scopes import OPENID, visible
from poolhouse.store import users


async def user_info(services: Services, authorization: str) -> dict[str, str]:
    """Values are text, flags as "true" and "false". Raises OAuthError, with status 401 for a token that is no good."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise OAuthError("invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
    try:
        async with services.database.read() as tx:
            who = await bearer(services, tx, token.strip(), now=services.clock())
    except NotAuthorizedException as error:
        raise OAuthError("invalid_token", error.message, status=401) from error
    scope = str(who.claims.get("scope", ""))
    if OPENID not in scope.split():
        raise OAuthError("invalid_token", "Access token does not contain openid scope", status=401)
    told = visible(scope, attributes.readable(who.client.settings))
    known = users.attributes_of(who.user)
    return {"sub": who.user.sub, **{name: known[name] for name in known if name in told}, "username": who.user.username}
