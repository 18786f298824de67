"""The tokens of GetOpenIdToken: made for sts, signed with a key of the identity pools' own, good for ten minutes.

Their issuer is an address of this server, so that anybody can discover the key.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from poolhouse.access.principals import CognitoIdentity
from poolhouse.crypto import tokens
from poolhouse.crypto.tokens import BadToken, SigningKey
from poolhouse.crypto.vault import Vault
from poolhouse.errors import ExpiredIdentityToken, InvalidIdentityTokenException
from poolhouse.operations.context import Services
from poolhouse.store.backend import add_fact, fact

NAME: Final = "cognito-identity"
"""The last part of the issuer, where a user pool's has its id."""

_FACT: Final = "identity-token-key"
_SECONDS: Final = 600


async def issue(services: Services, who: CognitoIdentity, now: int) -> str:
    """`amr` is what role trust policies ask for: the kind of identity, then its login."""
    issued = now // 1_000_000
    claims = {
        "sub": who.identity_id,
        "aud": who.identity_pool_id,
        "amr": list(who.amr),
        "iss": services.settings.issuer(NAME),
        "exp": issued + _SECONDS,
        "iat": issued,
    }
    key = await _kept(services) or await _made(services)
    return await services.compute(key.sign, claims)


async def verified(services: Services, token: str, now: int) -> Mapping[str, Any]:
    """The claims of a token of ours. Raises InvalidIdentityTokenException or ExpiredIdentityToken."""
    key = await _kept(services)
    try:
        claims = tokens.verify(token, {key.kid: key.public_key} if key else {})
    except BadToken as error:
        raise InvalidIdentityTokenException(
            "The web identity token is not a token of GetOpenIdToken of this server."
        ) from error
    if claims["iss"] != services.settings.issuer(NAME):
        raise InvalidIdentityTokenException("The web identity token is of another issuer.")
    if claims["exp"] * 1_000_000 <= now:
        text = f"Token expired: current date/time {now // 1_000_000} must be before the expiration date/time "
        raise ExpiredIdentityToken(f"{text}{claims['exp']}")
    return claims


async def jwks(services: Services) -> dict[str, Any]:
    """The public key, once a token was made."""
    key = await _kept(services)
    return {"keys": [key.public_jwk()] if key else []}


def configuration(services: Services) -> dict[str, Any]:
    """The issuer's OpenID configuration; nobody can sign in there."""
    issuer = services.settings.issuer(NAME)
    return {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    }


async def _kept(services: Services) -> SigningKey | None:
    async with services.database.read() as tx:
        sealed = await fact(tx, _FACT)
    return None if sealed is None else _opened(services.vault, sealed)


async def _made(services: Services) -> SigningKey:
    """The first token needs a key; of several that are made at once one remains."""
    made = await services.compute(SigningKey.generate)
    async with services.database.write() as tx:
        await add_fact(tx, _FACT, services.vault.seal(_FACT, made.to_bytes()))
        sealed = await fact(tx, _FACT)
    assert sealed is not None
    return _opened(services.vault, sealed)


@lru_cache(maxsize=8)
def _opened(vault: Vault, sealed: bytes) -> SigningKey:
    return SigningKey.from_bytes(vault.open(_FACT, sealed))
