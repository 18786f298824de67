"""RS256 tokens in JWS compact form: keys, signing, verifying a signature. What claims mean is not its matter.

Keys are immutable and shared by threads. OpenSSL lets go of the interpreter lock while it signs (about 0.3 ms), so
callers sign in a thread pool; verifying (about 50 us) is done in place.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, Self, cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

MAX_TOKEN: Final = 32_768
"""Characters. An access token of a member of 100 groups with names of 128 ASCII characters has about 18,000."""

_MAX_HEADER: Final = 512
_MODULUS_BITS: Final = 2048
_PADDING: Final = PKCS1v15()
_HASH: Final = SHA256()
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder()


class BadToken(ValueError):
    """The text is no token of ours; `reason` says why, for the log and not for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(BadToken):
    """Well-formed, and signed with a key that is none of those given."""

    def __init__(self) -> None:
        super().__init__("unknown kid")


class PublicKey:
    """What a token is verified with. Its `kid` is the SHA-256 of the key, so no two keys share one."""

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        self._key = key
        self._der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.kid: Final = base64.b64encode(hashlib.sha256(self._der).digest()).decode("ascii")

    def to_bytes(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._der

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ValueError for anything but an RSA public key."""
        key = serialization.load_der_public_key(data)
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("The key is not an RSA public key.")  # noqa: TRY004 - it is the bytes' value
        return cls(key)

    def jwk(self) -> dict[str, str]:
        """The key as a member of a JWKS (RFC 7517), with the members that Cognito publishes."""
        numbers = self._key.public_numbers()
        return {
            "alg": "RS256",
            "e": _base64_number(numbers.e),
            "kid": self.kid,
            "kty": "RSA",
            "n": _base64_number(numbers.n),
            "use": "sig",
        }

    def is_signature(self, signature: bytes, message: bytes) -> bool:
        """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3)."""
        try:
            self._key.verify(signature, message, _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """An RSA-2048 key pair that signs tokens. Load it once and keep it."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.public_key: Final = PublicKey(key.public_key())
        header = f'{{"kid":"{self.kid}","alg":"RS256"}}'
        self._prefix = _encode(header.encode("ascii")) + b"."

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"

    @classmethod
    def generate(cls) -> Self:
        """Takes 50 to 500 ms and lets go of the interpreter lock: do it in a thread."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=_MODULUS_BITS))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From `to_bytes`; the bytes come out of a seal, so the primes are not tested again (40 ms).

        Raises ValueError for anything but an RSA private key.
        """
        key = serialization.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("The key is not an RSA private key.")  # noqa: TRY004 - it is the bytes' value
        return cls(key)

    def to_bytes(self) -> bytes:
        """PKCS#8, DER, not encrypted: seal it before it is stored."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def kid(self) -> str:
        """44 characters of base64."""
        return self.public_key.kid

    @cached_property
    def _jwk(self) -> dict[str, str]:
        return self.public_key.jwk()

    def public_jwk(self) -> dict[str, str]:
        """The key for the pool's JWKS: alg, e, kid, kty, n and use."""
        return dict(self._jwk)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token whose header is exactly `kid` and `alg`. Claims keep their order and are any JSON values."""
        message = self._prefix + _encode(_encoder.encode(claims))
        signature = self._key.sign(message, _PADDING, _HASH)
        return (message + b"." + _encode(signature)).decode("ascii")


class Unproved(NamedTuple):
    """A token that is well-formed, read once: what it says, and what has to be verified before anybody believes it."""

    kid: str
    claims: dict[str, Any]
    message: bytes
    signature: bytes

    def proved(self, keys: Mapping[str, PublicKey]) -> dict[str, Any]:
        """The claims, when one of `keys` (by kid) signed them; not a single claim is judged.

        Raises UnknownKey, or BadToken for another signature.
        """
        key = keys.get(self.kid)
        if key is None:
            raise UnknownKey
        if not key.is_signature(self.signature, self.message):
            raise BadToken("wrong signature")
        return self.claims


def read(token: str) -> Unproved:
    """What a token says of itself, to find the pool whose keys verify it. Trust nothing of it.

    Raises BadToken for every other form: longer than MAX_TOKEN, another algorithm, a header with any member but `kid`
    and `alg` (so an embedded key is never looked at), base64 in another spelling, repeated members, not an object.
    """
    header, payload, signature = _segments(token)
    return Unproved(_key_id(header), _object(_decode(payload)), header + b"." + payload, _decode(signature))


def verify(token: str, keys: Mapping[str, PublicKey]) -> dict[str, Any]:
    """The claims of a token that one of `keys` (by kid) signed; only the signature is judged, not a single claim.

    Nothing of the payload is read before. Raises BadToken for everything else, as `read` does.
    """
    header, payload, signature = _segments(token)
    key = keys.get(_key_id(header))
    if key is None:
        raise UnknownKey
    if not key.is_signature(_decode(signature), header + b"." + payload):
        raise BadToken("wrong signature")
    return _object(_decode(payload))


def claims_unverified(token: str) -> dict[str, Any]:
    """The claims of `read`: bounded like `verify`, and as good as anybody's word."""
    return read(token).claims


def _segments(token: str) -> tuple[bytes, bytes, bytes]:
    if len(token) > MAX_TOKEN:
        raise BadToken("too long")
    parts = token.encode("utf-8", "replace").split(b".")
    if len(parts) != 3:
        raise BadToken("not three segments")
    return parts[0], parts[1], parts[2]


@lru_cache(maxsize=64)
def _key_id(header: bytes) -> str:
    """Of headers that are good the last ones are known; every key has one."""
    if len(header) > _MAX_HEADER:
        raise BadToken("header too long")
    members = _object(_decode(header))
    if members.keys() != {"kid", "alg"} or members["alg"] != "RS256":
        raise BadToken("header is not RS256 with kid and alg")
    kid = members["kid"]
    if not isinstance(kid, str):
        raise BadToken("kid is not a string")
    return kid


def _object(data: bytes) -> dict[str, Any]:
    """Two readers: msgspec is strict about JSON itself, the standard library's shows repeated members.

    What msgspec writes again to the letter has none: so it is with our own tokens, and one reader is enough.
    """
    try:
        value = _decoder.decode(data)
        if _encoder.encode(value) != data:
            value = json.loads(data, object_pairs_hook=_unique)
    except BadToken:
        raise
    except (ValueError, RecursionError):
        raise BadToken("not JSON") from None
    if not isinstance(value, dict):
        raise BadToken("not an object")
    return cast("dict[str, Any]", value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadToken("repeated member")
    return members


def _encode(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL)


def _decode(segment: bytes) -> bytes:
    try:
        data = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        raise BadToken("not base64url") from None
    if _encode(data) != segment:
        raise BadToken("base64url in another spelling")
    return data


def _base64_number(value: int) -> str:
    return _encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode("ascii")
