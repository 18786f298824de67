"""SRP-6a as Cognito does it, both sides; it owns no challenge, no user and no clock.

H is SHA-256. A number is hashed as the shortest two's-complement big-endian bytes of a positive integer (`pad`), not
padded to the length of N. Timing: the powers take secret exponents that live for one sign-in, or a salted hash.
"""

import base64
import functools
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self

from .group import SIZE, G, N, power, power_of_g, prepare

__all__ = [
    "BadPublicValue",
    "ClientSession",
    "G",
    "N",
    "Verifier",
    "decoy_verifier",
    "format_timestamp",
    "make_verifier",
    "matches",
    "new_b",
    "new_salt",
    "pad",
    "parse_public",
    "parse_timestamp",
    "pool_name",
    "prepare",
    "proof_matches",
    "public_text",
    "server_proofs",
    "server_start",
    "simulated",
]

_SALT_SIZE: Final = 16
_MAX_SALT: Final = 255
_PUBLIC: Final = re.compile(r"[0-9A-Fa-f]{1,772}", re.ASCII)
_SALT: Final = re.compile(r"[0-9A-Fa-f]{1,512}", re.ASCII)
_INFO: Final = b"Caldera Derived Key\x01"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d):(\d\d):(\d\d) UTC (\d{4})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadPublicValue(ValueError):
    """A public value that no honest partner sends; going on would let anyone sign in."""


class Verifier(NamedTuple):
    """What is kept of a password: the salt, and 2 to the x mod N in 384 bytes. As good as a fast hash: seal it."""

    salt: bytes
    verifier: bytes

    def to_bytes(self) -> bytes:
        return bytes((len(self.salt),)) + self.salt + self.verifier

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ValueError for bytes that `to_bytes` cannot have made."""
        length = data[0] if data else 0
        if not length or len(data) != 1 + length + SIZE:
            raise ValueError("These bytes are no SRP verifier.")
        return cls(data[1 : 1 + length], data[1 + length :])

    @property
    def salt_hex(self) -> str:
        """SALT as clients need it: without leading zeros, which some of them would hash and others would not."""
        return public_text(int.from_bytes(self.salt, "big"))

    def __repr__(self) -> str:
        return "Verifier(<secret>)"


# --- both sides --------------------------------------------------------------------------------------------


def pool_name(pool_id: str) -> str:
    """The part of a pool id after its last underscore; the region has none."""
    return pool_id.rpartition("_")[2]


def pad(value: int) -> bytes:
    """The shortest big-endian bytes whose first bit is 0, at least one byte."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def public_text(value: int) -> str:
    """SRP_A, SRP_B or SALT on the wire: lower-case hex without padding."""
    return f"{value:x}"


def parse_public(text: str) -> int:
    """Raises BadPublicValue unless `text` is plain hex, at most a few leading zeros long, and 0 < value < N.

    Every multiple of N is refused with it: A mod N = 0 makes the shared secret 0, whatever the password is.
    """
    if not _PUBLIC.fullmatch(text):
        raise BadPublicValue("The public value is not hexadecimal or too long.")
    value = int(text, 16)
    if not 0 < value < N:
        raise BadPublicValue("The public value is out of range.")
    return value


def format_timestamp(now_us: int) -> str:
    """Epoch microseconds as "Tue Sep 5 01:02:03 UTC 2023": English names, the day without a leading zero."""
    at = _EPOCH + timedelta(seconds=now_us // 1_000_000)
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day} {at:%H:%M:%S} UTC {at.year}"


def parse_timestamp(text: str) -> int | None:
    """The inverse of `format_timestamp`, to the letter: a wrong weekday or a padded day is None, as AWS refuses it."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = map(int, found.groups()[1:])
    try:
        at = datetime(year, _MONTHS.index(found[1]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    now_us = (at - _EPOCH) // timedelta(microseconds=1)
    return now_us if format_timestamp(now_us) == text else None


# --- the server --------------------------------------------------------------------------------------------


def new_salt() -> bytes:
    return os.urandom(_SALT_SIZE)


def new_b() -> int:
    """A secret exponent of 256 bits, twice the strength of the group; good for one sign-in."""
    return secrets.randbits(256) | 1 << 255


def make_verifier(pool_name: str, user_id: str, password: str, salt: bytes) -> Verifier:
    """`user_id` is USER_ID_FOR_SRP. For a device: its group key, its key and its own password."""
    if not 0 < len(salt) <= _MAX_SALT:
        raise ValueError(f"A salt has 1 to {_MAX_SALT} bytes.")
    x = _private_key(pool_name, user_id, password, int.from_bytes(salt, "big"))
    return Verifier(salt, power_of_g(x).to_bytes(SIZE, "big"))


def matches(verifier: Verifier, pool_name: str, user_id: str, password: str) -> bool:
    """Whether the verifier was made of this password, for the flows in which the server sees the password."""
    made = make_verifier(pool_name, user_id, password, verifier.salt)
    return hmac.compare_digest(made.verifier, verifier.verifier)


def server_start(verifier: Verifier, b: int, *, negative: bool = False) -> int:
    """B = k*v + g^b mod N, or k*v - g^b; give a random sign to every sign-in.

    g^b is always a square mod N. With one sign only, whoever starts a sign-in learns whether B - k*v is a square for
    each password that he supposes, and some forty started sign-ins would single out the right one.
    """
    secret = power_of_g(b)
    return (_multiplier() * int.from_bytes(verifier.verifier, "big") + (N - secret if negative else secret)) % N


def server_proofs(
    pool_name: str,
    user_id: str,
    verifier: Verifier,
    a_public: int,
    b: int,
    b_public: int,
    secret_block: bytes,
    timestamp: str,
) -> tuple[bytes, bytes]:
    """The 32 bytes that PASSWORD_CLAIM_SIGNATURE must hold, for the shared secret S and for N - S.

    A client that got k*v - g^b finds one of the two, which one depends on its own secret.
    Raises BadPublicValue for A mod N = 0 and for u = 0.
    """
    if a_public % N == 0:
        raise BadPublicValue("The public value is a multiple of the modulus.")
    u = _scramble(a_public, b_public)
    shared = power(a_public * power(int.from_bytes(verifier.verifier, "big"), u) % N, b)
    first, second = (
        _signature(_session_key(u, secret), pool_name, user_id, secret_block, timestamp)
        for secret in (shared, N - shared)
    )
    return first, second


def proof_matches(expected: tuple[bytes, bytes], signature: str) -> bool:
    """Compares PASSWORD_CLAIM_SIGNATURE, base64 in its one spelling, with `server_proofs` in constant time."""
    first, second = (
        hmac.compare_digest(base64.b64encode(proof), signature.encode("utf-8", "replace")) for proof in expected
    )
    return first or second


def simulated(vault_digest: bytes) -> bytes:
    """The salt to show for a user that does not exist; `vault_digest` is a keyed digest of pool and name."""
    return hashlib.sha256(b"salt" + vault_digest).digest()[:_SALT_SIZE]


def decoy_verifier(seed: bytes) -> Verifier:
    """A verifier of no password, the same for the same seed, so that an unknown user costs the same arithmetic.

    Takes as long as opening a sealed verifier (microseconds). No proof made with it may ever be accepted: the caller
    refuses after the comparison, whatever its outcome.
    """
    number = int.from_bytes(hashlib.shake_256(b"verifier" + seed).digest(SIZE + 16), "big") % N
    return Verifier(simulated(seed), number.to_bytes(SIZE, "big"))


# --- the client --------------------------------------------------------------------------------------------


class ClientSession:
    """The client's side of one sign-in: send `public` as SRP_A, then answer the PASSWORD_VERIFIER challenge."""

    def __init__(self, pool_id: str, *, a: int | None = None) -> None:
        self._pool_name = pool_name(pool_id)
        self._a = new_b() if a is None else a
        self._public = power_of_g(self._a)

    @property
    def public(self) -> str:
        return public_text(self._public)

    def answer(self, parameters: Mapping[str, str], username: str, password: str, now_us: int) -> dict[str, str]:
        """ChallengeResponses for the ChallengeParameters of PASSWORD_VERIFIER; SECRET_HASH is the caller's to add.

        Raises BadPublicValue for a SALT or SRP_B that no honest server sends, KeyError for a missing parameter,
        ValueError for a SECRET_BLOCK that is not base64.
        """
        user_id, block = parameters["USER_ID_FOR_SRP"], parameters["SECRET_BLOCK"]
        key = self._key(user_id, password, parameters["SALT"], parse_public(parameters["SRP_B"]))
        timestamp = format_timestamp(now_us)
        proof = _signature(key, self._pool_name, user_id, base64.b64decode(block, validate=True), timestamp)
        return {
            "USERNAME": parameters.get("USERNAME", username),
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(proof).decode("ascii"),
        }

    def _key(self, user_id: str, password: str, salt: str, b_public: int) -> bytes:
        if not _SALT.fullmatch(salt):
            raise BadPublicValue("The salt is not hexadecimal or too long.")
        u = _scramble(self._public, b_public)
        x = _private_key(self._pool_name, user_id, password, int(salt, 16))
        shared = power((b_public - _multiplier() * power_of_g(x)) % N, self._a + u * x)
        return _session_key(u, shared)


# --- the formulas ------------------------------------------------------------------------------------------


@functools.cache
def _multiplier() -> int:
    return _number(pad(N) + pad(G))


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


def _private_key(pool_name: str, user_id: str, password: str, salt: int) -> int:
    identity = hashlib.sha256(f"{pool_name}{user_id}:{password}".encode()).digest()
    return _number(pad(salt) + identity)


def _scramble(a_public: int, b_public: int) -> int:
    u = _number(pad(a_public) + pad(b_public))
    if u == 0:  # pragma: no cover - nobody knows an input whose SHA-256 is zero
        raise BadPublicValue("The public values scramble to zero.")
    return u


def _session_key(u: int, shared: int) -> bytes:
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(extracted, _INFO, "sha256")[:16]


def _signature(key: bytes, pool_name: str, user_id: str, secret_block: bytes, timestamp: str) -> bytes:
    return hmac.digest(key, pool_name.encode() + user_id.encode() + secret_block + timestamp.encode(), "sha256")
