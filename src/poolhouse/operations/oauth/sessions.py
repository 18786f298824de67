"""Hosted sessions: who signed in on our pages in this browser, for an hour. The cookie holds it, sealed."""

import base64
import os
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import InvalidSession
from poolhouse.operations import challenges
from poolhouse.operations.bearer import bearer
from poolhouse.operations.context import Services
from poolhouse.store import families, users
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.sessions import is_used, use
from poolhouse.store.users import User

SECONDS: Final = 3600
_SEAL: Final = "hosted-session"
_SECOND: Final = 1_000_000


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """`credential` is the fingerprint of the password, `typed` the name that was signed in with; times are
    microseconds.
    """

    id: str
    pool: str
    user_id: int
    typed: str
    credential: bytes
    auth_time: int
    expires: int


class SignedIn(NamedTuple):
    """Who is signed in, since when (epoch microseconds), and the name that he gave."""

    user: User
    auth_time: int
    typed: str


async def admitted(services: Services, pool: Pool, result: dict[str, Any], typed: str) -> SignedIn:
    """Who a sign-in that ended with tokens was. The tokens end here: the app gets its own, with its scopes.

    `result` is an AuthenticationResult that never left the server.
    """
    now = services.clock()
    async with services.database.write() as tx:
        who = await bearer(services, tx, result["AccessToken"], now=now, pool_id=pool.id)
        await families.revoke(tx, who.family_id, now)
    return SignedIn(who.user, who.family.auth_time, typed)


def begin(services: Services, pool: Pool, who: SignedIn) -> str:
    """The cookie's value."""
    user, now = who.user, services.clock()
    nonce = base64.urlsafe_b64encode(os.urandom(18)).decode("ascii")
    credential = challenges.fingerprint(user.credential)
    sealed = Sealed(nonce, pool.id, user.id, who.typed, credential, who.auth_time, now + SECONDS * _SECOND)
    return services.vault.seal_token(_SEAL, sealed)


async def current(services: Services, pool: Pool, cookie: str | None) -> SignedIn | None:
    """Who is signed in; nobody once he signed out, was disabled, or has another password."""
    opened = _opened(services, pool, cookie)
    if opened is None:
        return None
    async with services.database.read() as tx:
        return await _standing(tx, opened, services.clock(), lock=False)


async def locked(services: Services, tx: Transaction, pool: Pool, cookie: str | None) -> User:
    """Who is signed in, in a write block that changes his account. Raises InvalidSession."""
    opened = _opened(services, pool, cookie)
    who = None if opened is None else await _standing(tx, opened, services.clock(), lock=True)
    if who is None:
        raise InvalidSession
    return who.user


async def _standing(tx: Transaction, opened: Sealed, now: int, *, lock: bool) -> SignedIn | None:
    user = await users.by_id(tx, opened.user_id, lock=lock)
    ended = await is_used(tx, opened.id)
    if user is None or ended or not user.enabled or user.status != "CONFIRMED" or user.pool_id != opened.pool:
        return None
    if user.tokens_not_before > opened.auth_time or challenges.fingerprint(user.credential) != opened.credential:
        return None
    return SignedIn(user, opened.auth_time, opened.typed) if opened.expires > now else None


async def end(services: Services, pool: Pool, cookie: str | None) -> None:
    """Signs the browser out; a copy of the cookie is worth nothing from now on."""
    opened = _opened(services, pool, cookie)
    if opened is not None:
        async with services.database.write() as tx:
            await use(tx, opened.id, opened.expires)


def _opened(services: Services, pool: Pool, cookie: str | None) -> Sealed | None:
    try:
        opened = services.vault.open_token(_SEAL, cookie or "", Sealed)
    except BrokenSeal:
        return None
    return opened if opened.pool == pool.id else None
