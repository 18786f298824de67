"""Long data sealed in pieces that cannot be changed, moved, dropped or cut off without being noticed.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015) over AES-256-GCM: the nonce is the number of the
piece and whether it is the last, the key is one of this stream alone. It reads and writes nothing.
"""

import hashlib
import hmac
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from .vault import BrokenSeal

PIECE: Final = 1 << 20
"""Bytes of plain text in every piece but the last, which has as many or fewer."""
TAG: Final = 16
SALT: Final = 32
_KEY: Final = 32
_NONCE: Final = struct.Struct(">3xQ?")
# 64 MiB and about a quarter of a second: each guess at a passphrase costs as much.
_SCRYPT: Final = {"n": 1 << 16, "r": 8, "p": 1}


def key_of_master(master_key: bytes, salt: bytes) -> bytes:
    """The key of one stream, by HKDF-SHA256. `salt` is new for every stream."""
    return HKDF(algorithm=hashes.SHA256(), length=_KEY, salt=salt, info=b"poolhouse/backup").derive(master_key)


def key_of_passphrase(passphrase: str, salt: bytes) -> bytes:
    """The key of one stream, by scrypt (RFC 7914). `salt` is new for every stream."""
    return Scrypt(salt=salt, length=_KEY, **_SCRYPT).derive(passphrase.encode())


def proof(key: bytes, header: bytes) -> bytes:
    """32 bytes by which a wrong key is told from a changed stream; they give nothing of the key away."""
    return hmac.digest(key, b"poolhouse/backup/header" + header, hashlib.sha256)


class Stream:
    """The pieces of one stream in their order, to be sealed or to be opened. `header` is bound to every piece."""

    def __init__(self, key: bytes, header: bytes) -> None:
        self._cipher = AESGCM(key)
        self._header = hashlib.sha256(header).digest()
        self._number = 0

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        """16 bytes longer than the piece."""
        return self._cipher.encrypt(self._next(last=last), plain, self._header)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        """Raises BrokenSeal when this is not the piece that was sealed at this place."""
        try:
            return self._cipher.decrypt(self._next(last=last), sealed, self._header)
        except InvalidTag:
            raise BrokenSeal(f"Piece {self._number} is not what was sealed there.") from None

    def _next(self, *, last: bool) -> bytes:
        self._number += 1
        return _NONCE.pack(self._number, last)
