"""The two public documents of an issuer, its keys and its OpenID configuration (spec/user-pools.md 3.2): those of
every user pool, and those of the identity pools' tokens.
"""

from typing import Any

import msgspec

from poolhouse.store import pools

from . import identity_tokens
from .context import Services


async def jwks(services: Services, pool_id: str) -> dict[str, Any]:
    """Every key of the pool, new and old. Raises ResourceNotFoundException."""
    if pool_id == identity_tokens.NAME:
        return await identity_tokens.jwks(services)
    async with services.database.read() as tx:
        keys = await pools.keys(tx, pool_id)
    if not keys:
        raise pools.missing(pool_id)
    return {"keys": [msgspec.json.decode(key.public_jwk) for key in keys]}


async def configuration(services: Services, pool_id: str) -> dict[str, Any]:
    """Raises ResourceNotFoundException. The endpoints stand at the public address, not below the issuer."""
    if pool_id == identity_tokens.NAME:
        return identity_tokens.configuration(services)
    async with services.database.read() as tx:
        await pools.get(tx, pool_id)
    issuer, base = services.settings.issuer(pool_id), services.settings.public_url
    return {
        "authorization_endpoint": f"{base}/oauth2/authorize",
        "end_session_endpoint": f"{base}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": f"{base}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base}/oauth2/userInfo",
    }
