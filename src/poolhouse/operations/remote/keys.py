"""The public keys of a pool at AWS: fetched when they are first needed, kept while AWS is not to be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from poolhouse import telemetry
from poolhouse.crypto import tokens
from poolhouse.crypto.tokens import PublicKey, UnknownKey
from poolhouse.errors import AwsUnreachable

PAUSE: Final = 10_000_000
"""Microseconds between two fetches, whatever tokens name: strangers make up names of keys."""
OLD: Final = 300_000_000
_MOST_KEYS: Final = 16
_SMALLEST: Final = 2048
_LARGEST: Final = 8192


class _Key(msgspec.Struct):
    kid: str
    kty: str
    n: str = ""
    e: str = ""
    alg: str = "RS256"
    use: str = "sig"


class _Document(msgspec.Struct):
    keys: list[_Key]


class Keys:
    """`fetch` gives the document's bytes or raises AwsUnreachable; `clock` gives epoch microseconds."""

    def __init__(self, fetch: Callable[[], Awaitable[bytes]], clock: Callable[[], int]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._tried: int | None = None
        self._read = 0
        self._fetching: asyncio.Task[None] | None = None

    async def claims(self, token: str) -> dict[str, Any]:
        """Of a token that the pool signed. Raises BadToken, and AwsUnreachable while no key was ever read."""
        if not self._keys:
            await self._renew()
        elif self._clock() - self._read > OLD:
            self._begin()  # nobody waits for it
        try:
            return tokens.verify(token, self._keys)
        except UnknownKey:
            if not await self._renew():
                raise
            return tokens.verify(token, self._keys)

    async def _renew(self) -> bool:
        """Whether the keys were fetched just now. Raises AwsUnreachable where there are none to go on with."""
        began = self._begin()
        if began is not None:
            await asyncio.shield(began)
        if not self._keys:
            raise AwsUnreachable("The keys of the user pool at AWS cannot be read, so no token can be verified.")
        return began is not None

    def _begin(self) -> "asyncio.Task[None] | None":
        """The fetch that is under way, or a new one when the last one is long enough ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._clock()
        pause = PAUSE if self._keys else PAUSE // 10
        if self._tried is not None and 0 <= now - self._tried < pause:
            return None
        self._tried = now
        self._fetching = asyncio.create_task(self._fetched(now))
        return self._fetching

    async def _fetched(self, now: int) -> None:
        try:
            self._keys, self._read = read(await self._fetch()), now
        except AwsUnreachable as error:
            telemetry.log.warning("the keys of the user pool at AWS are not to be had", why=error.message)


def read(document: bytes) -> Mapping[str, PublicKey]:
    """The RSA keys of a JWKS (RFC 7517) by kid, those for RS256. Raises AwsUnreachable for what holds none."""
    try:
        given = msgspec.json.decode(document, type=_Document).keys[:_MOST_KEYS]
        found = {key.kid: _public(key) for key in given if (key.kty, key.alg, key.use) == ("RSA", "RS256", "sig")}
    except (msgspec.DecodeError, ValueError) as error:
        raise AwsUnreachable(f"What stands in the place of the user pool's keys is none ({error}).") from error
    if not found:
        raise AwsUnreachable("The document of the user pool's keys holds no key for RS256.")
    return found


def _public(key: _Key) -> PublicKey:
    modulus = _number(key.n)
    if not _SMALLEST <= modulus.bit_length() <= _LARGEST:
        raise ValueError(f"a key of {modulus.bit_length()} bits")
    return PublicKey(RSAPublicNumbers(_number(key.e), modulus).public_key())


def _number(text: str) -> int:
    import base64

    return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
