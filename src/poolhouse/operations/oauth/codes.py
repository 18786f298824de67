"""Authorization codes: sealed, bound to client, redirect URI and challenge, good once and for five minutes."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import OAuthError
from poolhouse.operations import issuing
from poolhouse.operations.context import Services
from poolhouse.operations.issuing import Grant
from poolhouse.store import families, users
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.sessions import use

from .authorization import Authorization
from .sessions import SignedIn

_SEAL: Final = "authorization-code"
_SECOND: Final = 1_000_000
_LIFETIME: Final = 300 * _SECOND
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Code(msgspec.Struct, frozen=True, array_like=True):
    """`family` is the id of the sign-in that the code becomes, so that a second use finds and ends it."""

    family: str
    pool: str
    client: str
    redirect_uri: str
    challenge: str | None
    scope: str
    nonce: str | None
    user_id: int
    typed: str
    auth_time: int
    expires: int


def issue(services: Services, asked: Authorization, who: SignedIn) -> str:
    code = Code(
        family=new_uuid(),
        pool=asked.pool.id,
        client=asked.client.id,
        redirect_uri=asked.redirect_uri,
        challenge=asked.challenge,
        scope=asked.scope,
        nonce=asked.nonce,
        user_id=who.user.id,
        typed=who.typed,
        auth_time=who.auth_time,
        expires=services.clock() + _LIFETIME,
    )
    return services.vault.seal_token(_SEAL, code)


async def redeem(services: Services, pool: Pool, client: Client, form: Mapping[str, str]) -> tuple[Grant, Code]:
    """What the tokens are to say. A second use with everything right ends the sign-in that the first one began.

    A wrong verifier or redirect URI does not use the code up: who holds only the code must not be able to spoil it.
    Raises OAuthError.
    """
    now = services.clock()
    code = _opened(services, client, form.get("code"))
    _check_bindings(code, form)
    if code.expires <= now:
        raise _refused("The code has expired.")
    async with services.database.write() as tx:
        granted = await _use(services, tx, pool, client, code, now)
    if granted is None:
        raise _refused("The code was used before or its user may not sign in any more.")
    return granted, code


def _opened(services: Services, client: Client, text: str | None) -> Code:
    if text is None:
        raise OAuthError("invalid_request", "code is missing.")
    try:
        code = services.vault.open_token(_SEAL, text, Code)
    except BrokenSeal as error:
        raise _refused("The code is unknown.") from error
    if (code.client, code.pool) != (client.id, client.pool_id):
        raise _refused("The code is unknown.")
    return code


def _check_bindings(code: Code, form: Mapping[str, str]) -> None:
    if form.get("redirect_uri") != code.redirect_uri:
        raise _refused("redirect_uri differs from that of the authorization request.")
    verifier = form.get("code_verifier")
    if code.challenge is None:
        if verifier is not None:
            raise _refused("The code was requested without a code_challenge.")
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise _refused("code_verifier is missing or malformed.")
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
    if not hmac.compare_digest(made, code.challenge):
        raise _refused("code_verifier does not fit the code_challenge.")


async def _use(services: Services, tx: Transaction, pool: Pool, client: Client, code: Code, now: int) -> Grant | None:
    """None is returned, not raised, so that what a second use revokes is kept."""
    user = await users.by_id(tx, code.user_id, lock=True)
    if not await use(tx, code.family, code.expires):
        await families.revoke(tx, code.family, now)
        return None
    if user is None or not user.enabled or user.tokens_not_before > code.auth_time:
        return None
    family = issuing.family(client, user, family_id=code.family, scope=code.scope, auth_time=code.auth_time, now=now)
    await families.add(tx, family)
    return await issuing.grant(
        services, tx, pool=pool, client=client, user=user, family=family, now=now, nonce=code.nonce
    )


def _refused(description: str) -> OAuthError:
    return OAuthError("invalid_grant", description)
