"""Encryption of what is stored or handed out: one key, one subkey per purpose. It stores nothing.

The key is a database's data key, which the database keeps sealed under the master key: its mark. So another master key
costs one seal, and what is sealed, digested or chained under the data key stays as it is.
"""

import base64
import functools
import hashlib
import hmac
import os
from collections.abc import Hashable
from typing import Any, Final, TypeVar, cast

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

T = TypeVar("T")

_FORMAT: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16
_KEY: Final = 32
_MARK: Final = "master-key"
_NO_DATA_KEY: Final = b"fits"


class BrokenSeal(ValueError):
    """The bytes were not sealed by this vault for this purpose, or were changed since."""


def generate_master_key() -> bytes:
    """32 random bytes, the only secret that everything sealed depends on."""
    return os.urandom(_KEY)


class Vault:
    """AES-256-GCM with an HKDF-SHA256 subkey per purpose and a random 96-bit nonce per seal (NIST SP 800-38D).

    A purpose is a constant in the code, never made of input: its subkey is derived once and stays in memory.
    One purpose may seal about 2^32 times before the chance of a repeated nonce matters. Safe to share among threads.
    """

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != _KEY:
            raise ValueError(f"The master key has {_KEY} bytes, not {len(master_key)}.")
        self._master_key = master_key
        self._key = master_key
        self._ciphers: dict[str, tuple[AESGCM, bytes]] = {}
        self._digests: dict[str, hmac.HMAC] = {}

    def __repr__(self) -> str:
        return "Vault(<sealed>)"

    def new_mark(self) -> bytes:
        """A new data key, sealed under the master key, for a database to keep."""
        return Vault(self._master_key).seal(_MARK, os.urandom(_KEY))

    def unlock(self, mark: bytes) -> None:
        """From now on work under the data key of this mark. Raises BrokenSeal when it is under another master key.

        The mark of a database that was begun without a data key holds none: the master key itself is in its place.
        """
        plain = Vault(self._master_key).open(_MARK, mark)
        self._key = self._master_key if plain == _NO_DATA_KEY else plain
        self._ciphers, self._digests = {}, {}

    def mark_under(self, master_key: bytes) -> bytes:
        """The same data key, sealed under another master key."""
        return Vault(master_key).seal(_MARK, self._key)

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """One format byte, the nonce, then the ciphertext with its tag: 29 bytes more than `plain`."""
        cipher, associated = self._ciphers.get(purpose) or self._cipher(purpose)
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + cipher.encrypt(nonce, plain, associated)

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Raises BrokenSeal for anything that `seal` did not make for the same purpose under the same master key."""
        if sealed[:1] != _FORMAT or len(sealed) < 1 + _NONCE + _TAG:
            raise BrokenSeal("The sealed value has an unknown form.")
        cipher, associated = self._ciphers.get(purpose) or self._cipher(purpose)
        try:
            return cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], associated)
        except InvalidTag:
            raise BrokenSeal("The sealed value was changed or belongs elsewhere.") from None

    def seal_token(self, purpose: str, value: msgspec.Struct | tuple[Any, ...]) -> str:
        """A sealed value as text of A-Z, a-z, 0-9, "-" and "_"."""
        sealed = self.seal(purpose, msgspec.msgpack.encode(value))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open_token(self, purpose: str, token: str, type: type[T]) -> T:  # noqa: A002 - reads as msgspec's own argument
        """Raises BrokenSeal for every other text, one that decodes to the same bytes included, and for another type."""
        try:
            value: T = _decoder(cast("Hashable", type)).decode(self.open(purpose, _token_bytes(token)))
        except msgspec.MsgspecError:
            raise BrokenSeal("The sealed value is of another type.") from None
        return value

    def digest(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 of `data` under a subkey of its own, 32 bytes; compare it with `hmac.compare_digest`."""
        keyed = (self._digests.get(purpose) or self._digest(purpose)).copy()
        keyed.update(data)
        return keyed.digest()

    def _cipher(self, purpose: str) -> tuple[AESGCM, bytes]:
        made = AESGCM(self._subkey("seal", purpose)), purpose.encode()
        return self._ciphers.setdefault(purpose, made)

    def _digest(self, purpose: str) -> hmac.HMAC:
        return self._digests.setdefault(purpose, hmac.new(self._subkey("digest", purpose), digestmod=hashlib.sha256))

    def _subkey(self, use: str, purpose: str) -> bytes:
        info = f"poolhouse/{use}/{purpose}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=_KEY, salt=None, info=info).derive(self._key)


def _token_bytes(token: str) -> bytes:
    try:
        text = token.encode("ascii")
        sealed = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        raise BrokenSeal("The token is not base64url.") from None
    if base64.urlsafe_b64encode(sealed).rstrip(b"=") != text:
        raise BrokenSeal("The token is not in its canonical spelling.")
    return sealed


@functools.lru_cache(maxsize=256)
def _decoder(kind: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(cast("Any", kind))
