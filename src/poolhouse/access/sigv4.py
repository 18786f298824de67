"""Signature Version 4: which key signed this request, and did it sign exactly this request now?

Only the Authorization header is accepted. Another scheme in it (`Bearer ...`) is an incomplete signature, not a missing
one, because the caller did try to authenticate; nothing that the header holds is repeated in an error.
"""

import hmac
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from poolhouse.crypto.vault import Vault
from poolhouse.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

from .canonical import Request, canonical_request, query_names
from .credentials import TEMPORARY_KEY_PREFIX, Session, open_session
from .policies import PolicySet
from .policies import parse as parse_policy
from .principals import RoleSession, Root

__all__ = [
    "WINDOW_SECONDS",
    "Claim",
    "Request",
    "RootKey",
    "SignedSession",
    "any_region",
    "authenticate",
    "check",
    "only_region",
    "parse",
    "sign",
]

WINDOW_SECONDS: Final = 300
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_LONGEST_AUTHORIZATION: Final = 4096
_ONCE: Final = frozenset(
    (
        b"authorization",
        b"content-type",
        b"host",
        b"x-amz-content-sha256",
        b"x-amz-date",
        b"x-amz-security-token",
        b"x-amz-target",
    )
)
_MUST_SIGN: Final = (b"host", b"x-amz-date")
_MUST_SIGN_IF_PRESENT: Final = (b"x-amz-target", b"content-type", b"x-amz-security-token")
_HEADER_NAMES = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+){1,4}-[0-9]{1,2}")
_KEY_ID = re.compile(r"[\x21-\x2b\x2d\x2e\x30-\x7e]{1,128}")
_DAY = re.compile(r"[0-9]{8}")
_HEX = re.compile(r"[0-9a-f]{64}")
_HEX_BYTES = re.compile(rb"[0-9a-f]{64}")
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_PRESIGNED: Final = frozenset(("x-amz-algorithm", "x-amz-credential", "x-amz-signature"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TERMINATOR: Final = "aws4_request"
_LAST: Final = b", Signature="
# Copied instead of made: OpenSSL looks a digest up by its name each time that one is made.
_EMPTY: Final = sha256()


class Claim(NamedTuple):
    """What a request says about its signature, well formed and not yet believed. `headers` holds each header once."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[bytes, ...]
    signature: str
    date: str
    session_token: str | None
    headers: Mapping[bytes, bytes]


class RootKey(NamedTuple):
    """The root key pair of the settings."""

    access_key_id: str
    secret_access_key: str
    account_id: str


@dataclass(frozen=True, slots=True)
class SignedSession:
    """A role session whose signature was verified; `region` is that of the credential scope."""

    session: Session
    region: str

    def principal(self, policies: PolicySet) -> RoleSession:
        """The caller, with the policies that the role has now."""
        grant = self.session.grant
        account_id, name = grant.role_arn.split(":", 5)[4], grant.role_arn.rpartition("/")[2]
        narrowed = None if grant.session_policy is None else _session_policy(grant.session_policy)
        return RoleSession(
            grant.role_arn, name, grant.session_name, account_id, self.region, policies, narrowed, grant.identity
        )


_session_policy = lru_cache(maxsize=256)(parse_policy)


def any_region(region: str) -> bool:
    """The rule of development: every region that looks like one exists."""
    return _REGION.fullmatch(region) is not None


def only_region(configured: str) -> Callable[[str], bool]:
    """The rule of production."""
    return configured.__eq__


def authenticate(
    request: Request,
    now_us: int,
    *,
    root: RootKey,
    vault: Vault,
    services: Container[str],
    regions: Callable[[str], bool],
    window_seconds: int = WINDOW_SECONDS,
) -> Root | SignedSession:
    """The verified signer of a request.

    Raises MissingAuthenticationTokenException without an Authorization header, IncompleteSignatureException for a
    malformed one, UnrecognizedClientException, ExpiredTokenException and InvalidSignatureException.
    """
    if request.query and not _PRESIGNED.isdisjoint(query_names(request.query)):
        raise IncompleteSignatureException("Presigned requests are not accepted. Sign with the Authorization header.")
    claim = parse(request.headers)
    if claim.service not in services:
        raise InvalidSignatureException(f"Credential should be scoped to correct service: {_names(services)}.")
    if not regions(claim.region):
        raise InvalidSignatureException("Credential should be scoped to a valid region.")
    if claim.session_token is None:
        if not hmac.compare_digest(claim.access_key_id.encode(), root.access_key_id.encode()):
            raise UnrecognizedClientException
        check(claim, request, root.secret_access_key, now_us, window_seconds=window_seconds)
        return Root(root.account_id, claim.region)
    session = _session(claim, vault, now_us)
    check(claim, request, session.secret_access_key, now_us, window_seconds=window_seconds)
    return SignedSession(session, claim.region)


def _names(services: Container[str]) -> str:
    known = ("cognito-idp", "cognito-identity", "sts", "appsync")
    return " or ".join(f"'{name}'" for name in known if name in services)


def _session(claim: Claim, vault: Vault, now_us: int) -> Session:
    if not claim.access_key_id.startswith(TEMPORARY_KEY_PREFIX) or not claim.session_token:
        raise UnrecognizedClientException
    session = open_session(vault, claim.session_token, now_us)
    if not hmac.compare_digest(session.access_key_id.encode(), claim.access_key_id.encode()):
        raise UnrecognizedClientException
    return session


def parse(headers: Sequence[tuple[bytes, bytes]]) -> Claim:
    """Raises MissingAuthenticationTokenException and IncompleteSignatureException, the latter naming what is wrong."""
    values = _joined(headers)
    raw = values.get(b"authorization")
    if not raw or not raw.strip():
        raise MissingAuthenticationTokenException
    head, _, digits = raw.rpartition(_LAST)
    if head and len(raw) <= _LONGEST_AUTHORIZATION and _HEX_BYTES.fullmatch(digits):
        stated, signature = _stated_before(head), digits.decode()
    else:
        stated, signature = _stated(raw)
    date = values.get(b"x-amz-date")
    if date is None:
        raise IncompleteSignatureException("Authorization header requires existence of a 'X-Amz-Date' header.")
    token = values.get(b"x-amz-security-token")
    return Claim(
        stated.access_key_id,
        stated.day,
        stated.region,
        stated.service,
        _signed_headers(stated.names),
        signature,
        date.decode("latin-1"),
        None if token is None else token.decode("latin-1"),
        values,
    )


class _Stated(NamedTuple):
    """What an Authorization header says besides the signature; `names` is its SignedHeaders."""

    access_key_id: str
    day: str
    region: str
    service: str
    names: str


@lru_cache(maxsize=256)
def _stated_before(head: bytes) -> _Stated:
    """What stands before the signature, which is the last part of what every SDK sends: the same for a day."""
    return _stated(head + _LAST + b"0" * 64)[0]


def _stated(raw: bytes) -> tuple[_Stated, str]:
    """With the signature."""
    credential, names, signature = _parts(raw)
    elements = credential.split("/")
    if len(elements) != 5:
        raise IncompleteSignatureException(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
        )
    key_id, day, region, service, terminator = elements
    if terminator != _TERMINATOR:
        raise IncompleteSignatureException(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'.")
    if not _KEY_ID.fullmatch(key_id) or not _DAY.fullmatch(day) or not region or not service:
        raise IncompleteSignatureException("Credential must be of the form keyid/yyyymmdd/region/service/aws4_request.")
    if not _HEX.fullmatch(signature):
        raise IncompleteSignatureException("Signature must be 64 lower-case hexadecimal digits.")
    return _Stated(key_id, day, region, service, names), signature


def _joined(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values = dict(headers)
    if len(values) == len(headers):
        return values
    values = {}
    for name, value in headers:
        if name not in values:
            values[name] = value
        elif name in _ONCE:
            raise IncompleteSignatureException(f"The header '{name.decode()}' must not be repeated.")
        else:
            values[name] += b"," + value
    return values


def _parts(raw: bytes) -> tuple[str, str, str]:
    """Credential, SignedHeaders and Signature, in whatever order they came."""
    if len(raw) > _LONGEST_AUTHORIZATION or not raw.isascii():
        raise IncompleteSignatureException("Authorization header is too long or not ASCII.")
    algorithm, _, rest = raw.decode().strip().partition(" ")
    if algorithm != _ALGORITHM:
        raise IncompleteSignatureException(f"Authorization header requires the '{_ALGORITHM}' algorithm.")
    found: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip(" \t").partition("=")
        if not equals or name not in ("Credential", "SignedHeaders", "Signature"):
            raise IncompleteSignatureException("Authorization header holds a part that is not a known key=value pair.")
        if name in found:
            raise IncompleteSignatureException(f"Authorization header holds the '{name}' parameter twice.")
        found[name] = value
    if len(found) == 3:
        return found["Credential"], found["SignedHeaders"], found["Signature"]
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if name not in found]
    raise IncompleteSignatureException(
        " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    )


@lru_cache(maxsize=256)
def _signed_headers(text: str) -> tuple[bytes, ...]:
    names = text.split(";")
    if not _HEADER_NAMES.fullmatch(text) or names != sorted(set(names)):
        raise IncompleteSignatureException("SignedHeaders must be lower-case header names, sorted and unique.")
    return tuple(name.encode() for name in names)


def check(claim: Claim, request: Request, secret: str, now_us: int, *, window_seconds: int = WINDOW_SECONDS) -> None:
    """The request is what the holder of `secret` signed, within the window around now.

    Raises IncompleteSignatureException when a header that must be signed is not, else InvalidSignatureException.
    """
    _check_signed(claim)
    _check_date(claim, now_us, window_seconds)
    body_hash = _hashed(request.body)
    declared = claim.headers.get(b"x-amz-content-sha256")
    if declared is not None and not hmac.compare_digest(declared, body_hash.encode()):
        raise InvalidSignatureException(_declared_hash(declared))
    expected = sign(claim, request, secret, body_hash)
    if not hmac.compare_digest(expected, claim.signature):
        raise InvalidSignatureException


def _declared_hash(declared: bytes) -> str | None:
    if declared.startswith((b"UNSIGNED-PAYLOAD", b"STREAMING-")):
        return "The body must be signed: an unsigned or streaming 'X-Amz-Content-Sha256' is not accepted."
    return None


def _check_signed(claim: Claim) -> None:
    signed, values = claim.signed_headers, claim.headers
    for name in _MUST_SIGN:
        if name not in signed:
            raise IncompleteSignatureException(f"'{name.decode()}' must be a 'SignedHeader' in the AWS Authorization.")
    for name in _MUST_SIGN_IF_PRESENT:
        if name in values and name not in signed:
            raise IncompleteSignatureException(f"'{name.decode()}' must be a 'SignedHeader' in the AWS Authorization.")
    for name in signed:
        if name not in values:
            raise IncompleteSignatureException(f"The signed header '{name.decode()}' is not in the request.")


def _check_date(claim: Claim, now_us: int, window_seconds: int) -> None:
    moment = _seconds(claim.date)
    if not claim.date.startswith(claim.day):
        raise InvalidSignatureException("Date in Credential scope does not match the day of 'X-Amz-Date'.")
    now = now_us // 1_000_000
    if abs(now - moment) <= window_seconds:
        return
    window = f"{window_seconds // 60} min." if window_seconds % 60 == 0 else f"{window_seconds} sec."
    if moment < now:
        limit = _stamp(now - window_seconds)
        raise InvalidSignatureException(
            f"Signature expired: {claim.date} is now earlier than {limit} ({_stamp(now)} - {window})"
        )
    limit = _stamp(now + window_seconds)
    raise InvalidSignatureException(
        f"Signature not yet current: {claim.date} is still later than {limit} ({_stamp(now)} + {window})"
    )


@lru_cache(maxsize=64)
def _seconds(date: str) -> int:
    parts = _MOMENT.fullmatch(date)
    if parts is not None:
        year, month, day, hour, minute, second = map(int, parts.groups())
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            parts = None
        else:
            return (moment - _EPOCH) // timedelta(seconds=1)
    raise IncompleteSignatureException("Date must be in ISO-8601 'basic format': 'X-Amz-Date' of yyyymmddThhmmssZ.")


def _stamp(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%SZ")


def sign(claim: Claim, request: Request, secret: str, body_hash: str) -> str:
    """The signature that `claim` should carry, as lower-case hexadecimal digits."""
    canonical = canonical_request(request, claim.headers, claim.signed_headers, body_hash)
    scope = f"{claim.day}/{claim.region}/{claim.service}/{_TERMINATOR}"
    text = f"{_ALGORITHM}\n{claim.date}\n{scope}\n{_hashed(canonical)}"
    found = _signing_key(secret, claim.day, claim.region, claim.service).copy()
    found.update(text.encode())
    return found.hexdigest()


def _hashed(data: bytes) -> str:
    """The SHA-256 of data, in hexadecimal digits."""
    found = _EMPTY.copy()
    found.update(data)
    return found.hexdigest()


@lru_cache(maxsize=4096)
def _signing_key(secret: str, day: str, region: str, service: str) -> hmac.HMAC:
    """Keyed already: the key's part of the work is the same for every text. Copy it before use."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, _TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")
