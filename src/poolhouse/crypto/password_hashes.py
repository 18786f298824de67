"""Slow password hashes: argon2id, which pools may keep, and the written forms in which other systems hand theirs over.

A form is read strictly, and refused when checking one password against it would cost more than the limits below.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol

import bcrypt
from argon2.low_level import Type, hash_secret_raw

MEMORY: Final = 19_456
"""KiB of one of our own hashes; with two passes and one lane OWASP's minimum for argon2id."""
_PASSES: Final = 2
_SALT: Final = 16
_DIGEST: Final = 32
MOST_MEMORY: Final = 131_072
"""KiB that checking one hash may take."""
_MOST_WORK: Final = 4 * MOST_MEMORY
_MOST_LANES: Final = 16
_MOST_ITERATIONS: Final = 2_000_000
_LONGEST: Final = 512
# All that bcrypt looks at.
_BCRYPT_BYTES: Final = 72


class BadHash(ValueError):
    """The text is no password hash that can be checked here."""


class PasswordHash(Protocol):
    """A hash that was read."""

    def fits(self, password: str) -> bool:
        """Whether the hash was made of this password; slow, releases the interpreter lock."""


class Argon2(NamedTuple):
    """argon2id or argon2i (RFC 9106); `memory` in KiB, `version` 16 or 19."""

    kind: Literal["argon2id", "argon2i"]
    version: int
    memory: int
    passes: int
    lanes: int
    salt: bytes
    digest: bytes

    def fits(self, password: str) -> bool:
        made = hash_secret_raw(
            password.encode(),
            self.salt,
            time_cost=self.passes,
            memory_cost=self.memory,
            parallelism=self.lanes,
            hash_len=len(self.digest),
            type=Type.ID if self.kind == "argon2id" else Type.I,
            version=self.version,
        )
        return hmac.compare_digest(made, self.digest)


class Scrypt(NamedTuple):
    """scrypt (RFC 7914) with its N, r and p."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    def fits(self, password: str) -> bool:
        made = hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=self.n,
            r=self.r,
            p=self.p,
            maxmem=128 * self.r * (self.n + self.p + 2) + 65_536,
            dklen=len(self.digest),
        )
        return hmac.compare_digest(made, self.digest)


class Pbkdf2(NamedTuple):
    """PBKDF2 (RFC 8018) over HMAC with `algorithm`."""

    algorithm: str
    iterations: int
    salt: bytes
    digest: bytes

    def fits(self, password: str) -> bool:
        made = hashlib.pbkdf2_hmac(self.algorithm, password.encode(), self.salt, self.iterations, len(self.digest))
        return hmac.compare_digest(made, self.digest)


class Bcrypt(NamedTuple):
    """bcrypt, kept as it is written."""

    text: str

    def fits(self, password: str) -> bool:
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], self.text.encode("ascii"))


def make(password: str) -> str:
    """A new argon2id hash in its usual written form; slow, releases the interpreter lock."""
    salt = os.urandom(_SALT)
    digest = hash_secret_raw(
        password.encode(),
        salt,
        time_cost=_PASSES,
        memory_cost=MEMORY,
        parallelism=1,
        hash_len=_DIGEST,
        type=Type.ID,
    )
    return f"$argon2id$v=19$m={MEMORY},t={_PASSES},p=1${_unpadded(salt)}${_unpadded(digest)}"


def is_own(found: PasswordHash) -> bool:
    """Whether `make` could have made it: same function, same cost, same sizes."""
    if not isinstance(found, Argon2):
        return False
    cost = (found.kind, found.version, found.memory, found.passes, found.lanes)
    return cost == ("argon2id", 19, MEMORY, _PASSES, 1) and (len(found.salt), len(found.digest)) == (_SALT, _DIGEST)


def parse(text: str) -> PasswordHash:
    """The hash that `text` writes down. Raises BadHash for everything that is not exactly one of the known forms."""
    if len(text) > _LONGEST:
        raise BadHash("The hash is too long.")
    for pattern, read in _FORMS:
        found = pattern.fullmatch(text)
        if found is not None:
            return read(found)
    raise BadHash("This is no bcrypt, argon2id, argon2i, scrypt or PBKDF2 hash in a known written form.")


# --- the written forms -------------------------------------------------------------------------------------

_NUMBER: Final = "([1-9][0-9]{0,9})"
_TEXT: Final = "([A-Za-z0-9+/.]+)"
_WORD: Final = "([A-Za-z0-9]+)"
_BCRYPT_ALPHABET: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# 16 and 23 bytes leave bits over in their last letters, which are zero.
_BCRYPT: Final = re.compile(
    rf"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{{21}}[{_BCRYPT_ALPHABET[::16]}]"
    rf"[./A-Za-z0-9]{{30}}[{_BCRYPT_ALPHABET[::4]}]"
)


def _bcrypt(found: re.Match[str]) -> PasswordHash:
    return Bcrypt(found[0])


def _argon2(found: re.Match[str]) -> PasswordHash:
    memory, passes, lanes = (_count(text) for text in found.group(3, 4, 5))
    if memory < 8 * lanes or lanes > _MOST_LANES:
        raise BadHash(f"argon2 needs 8 KiB for each lane and may have {_MOST_LANES} lanes.")
    _check_cost(memory, memory * passes)
    version = 19 if found[2] == "19" else 16
    kind: Literal["argon2id", "argon2i"] = "argon2id" if found[1] == "argon2id" else "argon2i"
    return Argon2(kind, version, memory, passes, lanes, _salt(_decoded(found[6])), _digest(_decoded(found[7]), 64))


def _scrypt(found: re.Match[str]) -> PasswordHash:
    exponent, r, p = (_count(text) for text in found.group(1, 2, 3))
    if exponent > 31:
        raise BadHash("ln is out of range.")
    return _scrypt_of(1 << exponent, r, p, (_decoded(found[4]), _decoded(found[5])))


def _werkzeug_scrypt(found: re.Match[str]) -> PasswordHash:
    n, r, p = (_count(text) for text in found.group(1, 2, 3))
    return _scrypt_of(n, r, p, (found[4].encode(), _hexadecimal(found[5])))


def _scrypt_of(n: int, r: int, p: int, stored: tuple[bytes, bytes]) -> PasswordHash:
    if n < 2 or n & (n - 1) or p > _MOST_LANES:
        raise BadHash(f"scrypt's N is a power of two, and its p at most {_MOST_LANES}.")
    if n.bit_length() > 16 * r:
        raise BadHash("scrypt's N is below 2 to the 16 r.")
    memory = n * r // 8
    _check_cost(memory, memory * p)
    return Scrypt(n, r, p, _salt(stored[0]), _digest(stored[1], 64))


def _pbkdf2(found: re.Match[str]) -> PasswordHash:
    stored = (_decoded(found[3]), _decoded(found[4]))
    return _pbkdf2_of(found[1], found[2], stored)


def _django_pbkdf2(found: re.Match[str]) -> PasswordHash:
    return _pbkdf2_of(found[1], found[2], (found[3].encode(), _decoded(found[4])))


def _werkzeug_pbkdf2(found: re.Match[str]) -> PasswordHash:
    return _pbkdf2_of(found[1], found[2], (found[3].encode(), _hexadecimal(found[4])))


def _pbkdf2_of(algorithm: str, iterations: str, stored: tuple[bytes, bytes]) -> PasswordHash:
    count = _count(iterations)
    if count > _MOST_ITERATIONS:
        raise BadHash(f"PBKDF2 may have {_MOST_ITERATIONS} iterations.")
    longest = hashlib.new(algorithm).digest_size
    return Pbkdf2(algorithm, count, _salt(stored[0]), _digest(stored[1], longest))


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], PasswordHash]], ...]] = (
    (_BCRYPT, _bcrypt),
    (
        re.compile(rf"\$(argon2id|argon2i)\$(?:v=(16|19)\$)?m={_NUMBER},t={_NUMBER},p={_NUMBER}\${_TEXT}\${_TEXT}"),
        _argon2,
    ),
    (re.compile(rf"\$scrypt\$ln={_NUMBER},r={_NUMBER},p={_NUMBER}\${_TEXT}\${_TEXT}"), _scrypt),
    (re.compile(rf"scrypt:{_NUMBER}:{_NUMBER}:{_NUMBER}\${_WORD}\$([0-9a-f]+)"), _werkzeug_scrypt),
    (re.compile(rf"\$pbkdf2-(sha256|sha512)\$(?:i=)?{_NUMBER}\${_TEXT}\${_TEXT}"), _pbkdf2),
    (re.compile(rf"pbkdf2_(sha256|sha512)\${_NUMBER}\${_WORD}\$([A-Za-z0-9+/]+)={{0,2}}"), _django_pbkdf2),
    (re.compile(rf"pbkdf2:(sha256|sha512):{_NUMBER}\${_WORD}\$([0-9a-f]+)"), _werkzeug_pbkdf2),
)


def _count(text: str) -> int:
    number = int(text)
    if number >= 1 << 31:
        raise BadHash("A cost parameter is out of range.")
    return number


def _check_cost(memory: int, work: int) -> None:
    """`memory` in KiB; `work` is how much of it is passed over."""
    if memory > MOST_MEMORY or work > _MOST_WORK:
        raise BadHash(f"Checking the hash would take more than {MOST_MEMORY // 1024} MiB, or too long.")


def _salt(salt: bytes) -> bytes:
    if not 8 <= len(salt) <= 64:
        raise BadHash("A salt has 8 to 64 bytes.")
    return salt


def _digest(digest: bytes, longest: int) -> bytes:
    if not 16 <= len(digest) <= longest:
        raise BadHash(f"The digest has 16 to {longest} bytes.")
    return digest


def _decoded(text: str) -> bytes:
    """Base64 without padding in its one spelling; passlib writes "." for "+"."""
    plain = text.replace(".", "+")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise BadHash("A part of the hash is not base64.") from None
    if _unpadded(data) != plain:
        raise BadHash("A part of the hash is not in the one spelling of base64.")
    return data


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadHash("A part of the hash is not hexadecimal.") from None


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode("ascii")
