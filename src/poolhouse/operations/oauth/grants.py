"""The token endpoint: a code, a refresh token or the client's own credentials become tokens (RFC 6749 section 3.2)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import NotAuthorizedException, OAuthError, ServiceError
from poolhouse.operations import attributes, signing_keys, triggers_tokens
from poolhouse.operations.context import Services
from poolhouse.operations.scopes import STANDARD
from poolhouse.operations.triggers_tokens import Claims, Groups, Source
from poolhouse.store.clients import Client
from poolhouse.store.pools import Pool
from poolhouse.store.resource_servers import full_scopes

from . import codes, sign_ins
from .asking import Asking, authenticate
from .sign_ins import Tokens

Grant = Callable[[Asking, Pool, Client, str | None], Awaitable[Tokens]]
_SECOND: Final = 1_000_000
# A scope that names attributes is worth nothing to a client that may not read them.
_NEEDED: Final = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
}


async def token(asking: Asking) -> Tokens:
    """The JSON answer. Raises OAuthError."""
    name = asking.form.once().get("grant_type")
    if name is None:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if name not in _GRANTS:
        raise OAuthError(
            "unsupported_grant_type", "grant_type must be authorization_code, refresh_token or client_credentials."
        )
    pool, client, secret = await authenticate(asking)
    if not client.settings.AllowedOAuthFlowsUserPoolClient:
        raise OAuthError("unauthorized_client", "OAuth is not enabled for this client.")
    return await _GRANTS[name](asking, pool, client, secret)


async def _authorization_code(asking: Asking, pool: Pool, client: Client, _secret: str | None) -> Tokens:
    _require_flow(client, "code")
    granted, code = await codes.redeem(asking.services, pool, client, asking.form)
    readable = attributes.readable(client.settings)
    if any(not needed <= readable for scope, needed in _NEEDED.items() if scope in code.scope.split()):
        raise OAuthError("invalid_grant", "The client may not read the attributes of a scope.")
    try:
        return await sign_ins.tokens(asking.services, granted, typed=code.typed)
    except ServiceError as error:
        raise OAuthError("invalid_grant", error.message) from error


async def _refresh_token(asking: Asking, _pool: Pool, client: Client, secret: str | None) -> Tokens:
    """The scopes stay those of the sign-in."""
    given = asking.form.get("refresh_token")
    if given is None:
        raise OAuthError("invalid_request", "refresh_token is missing.")
    sent = {"ClientId": client.id, "RefreshToken": given, "ClientSecret": secret}
    try:
        answer = await asking.call("GetTokensFromRefreshToken", **sent)
    except NotAuthorizedException as error:
        raise OAuthError("invalid_grant", error.message) from error
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise OAuthError("invalid_grant", error.message) from error
    return await sign_ins.refreshed(asking.services, answer["AuthenticationResult"], given)


async def _client_credentials(asking: Asking, pool: Pool, client: Client, secret: str | None) -> Tokens:
    """An access token of the app itself: no user, no family, nothing to refresh."""
    if secret is None:
        raise OAuthError("invalid_client", "client_credentials needs a client secret.")
    _require_flow(client, "client_credentials")
    services, now = asking.services, asking.services.clock()
    async with services.database.read() as tx:
        existing = frozenset(await full_scopes(tx, pool.id))
        keys = await signing_keys.of_pool(tx, services.vault, pool.id, now)
    scope = " ".join(_custom_scopes(client, asking.form, existing))
    issued, lifetime = now // _SECOND, client.settings.access_seconds
    claims: Claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": scope,
        "auth_time": issued,
        "iss": services.settings.issuer(pool.id),
        "exp": issued + lifetime,
        "iat": issued,
        "version": 2,
        "jti": new_uuid(),
        "client_id": client.id,
    }
    claims = await _customised(services, pool, client, claims)
    access_token = await services.compute(keys.signing["access"].sign, claims)
    return {"access_token": access_token, "token_type": "Bearer", "expires_in": lifetime}


async def _customised(services: Services, pool: Pool, client: Client, claims: Claims) -> Claims:
    """The say of the pool's function, where its version is asked about apps too. Raises OAuthError."""
    source: Source = "TokenGeneration_ClientCredentials"
    try:
        overrides = await triggers_tokens.ask(
            services, pool, client, None, source, groups=Groups(), scope=claims["scope"], metadata={}
        )
    except ServiceError as error:
        raise OAuthError("invalid_request", error.message) from error
    return claims if overrides is None else overrides.of_access(claims)


def _custom_scopes(client: Client, form: Mapping[str, str], existing: frozenset[str]) -> list[str]:
    """Those of the client that still exist, narrowed down to the ones that were asked for."""
    own = [scope for scope in client.settings.AllowedOAuthScopes or () if scope not in STANDARD and scope in existing]
    chosen = [scope for scope in own if scope in form["scope"].split(" ")] if "scope" in form else own
    if not chosen:
        raise OAuthError("invalid_scope", "None of the scopes is allowed for this client.")
    return chosen


def _require_flow(client: Client, flow: str) -> None:
    if flow not in (client.settings.AllowedOAuthFlows or ()):
        raise OAuthError("unauthorized_client", "The client may not use this grant_type.")


_GRANTS: Final[Mapping[str, Grant]] = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": _client_credentials,
}
