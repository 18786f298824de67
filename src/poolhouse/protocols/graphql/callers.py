"""Gate A: which credentials does a request show, and are they good? Spec section 4.9.

The checks themselves come from outside (`Verification`); what the caller may do is decided in `access.fields`.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from poolhouse.access.fields import ApiKeyCaller, BackendCaller, Caller, Connection, IdentityCaller, UserPoolCaller
from poolhouse.access.principals import CognitoIdentity, RoleSession, Root
from poolhouse.access.sigv4 import Request
from poolhouse.errors import (
    AccessDeniedException,
    AccessTokenExpired,
    ExpiredTokenException,
    InternalErrorException,
    ServiceError,
    UnrecognizedClientException,
)
from poolhouse.operations.callers import Asker, Handed

from .answers import (
    DENIED,
    EXPIRED_TOKEN,
    NO_AUTHORIZATION,
    NOT_AUTHORIZED,
    UNPARSABLE_TOKEN,
    Refusal,
    refused,
    unauthorized,
)

_SIGNED = b"AWS4-HMAC-SHA256"


class Bearer(Protocol):
    """A verified token: its claims, and the names of the groups that its user is in now."""

    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def groups(self) -> tuple[str, ...]: ...


class Verification(Protocol):
    """What `app.py` wires to the operations. Every refusal is a ServiceError."""

    async def verify_token(self, token: str) -> Bearer:
        """An access or id token of this backend's pool."""
        ...

    async def verify_signature(self, request: Request) -> Root | RoleSession:
        """A request signed for service `appsync`."""
        ...

    def connection(self, address: str) -> Connection:
        """What policies may ask about the request that comes from this address now."""
        ...

    async def live_groups(self, identity: CognitoIdentity) -> tuple[str, ...]:
        """The groups that the identity's user is in now; empty for guests, disabled and deleted users."""
        ...

    async def api_key_valid(self, key: str) -> bool: ...


async def identify(verification: Verification, request: Request, *, has_api_key: bool, address: str = "") -> Caller:
    """The caller of a request; raises a Refusal with E1 to E7."""
    authorization = _header(request, b"authorization").strip()
    if authorization.startswith(_SIGNED):
        return await _signed(verification, request, address)
    key = _header(request, b"x-api-key")
    if key:
        if has_api_key and await verification.api_key_valid(key.decode("latin-1")):
            return ApiKeyCaller()
        raise unauthorized(NOT_AUTHORIZED)
    if authorization:
        return await _bearer(verification, authorization.decode("latin-1"))
    raise unauthorized(NO_AUTHORIZATION)


def asker_of(caller: Caller, trace: str, address: str) -> Asker | Handed | None:
    """Who is behind the calls that handlers make; nobody for guests and API keys."""
    if isinstance(caller, BackendCaller):
        return Handed(caller.principal, trace)
    if isinstance(caller, UserPoolCaller):
        pool_id = str(caller.claims.get("iss", "")).rpartition("/")[2]
        return Asker(pool_id, caller.sub, caller.username, str(caller.claims.get("jti", "")), address, "graphql")
    identity = caller.identity if isinstance(caller, IdentityCaller) else None
    if identity is None or identity.sub is None:
        return None
    return Asker(identity.pool_id or "", identity.sub, identity.username or "", "", address, "graphql")


def _header(request: Request, name: bytes) -> bytes:
    return next((bytes(value) for key, value in request.headers if key.lower() == name), b"")


async def _signed(verification: Verification, request: Request, address: str) -> Caller:
    try:
        principal = await verification.verify_signature(request)
    except InternalErrorException:
        raise
    except AccessDeniedException as error:
        raise unauthorized(DENIED) from error
    except (ExpiredTokenException, UnrecognizedClientException) as error:
        raise refused(403, UnrecognizedClientException.code, UnrecognizedClientException.default) from error
    except ServiceError as error:
        raise refused(403, error.code, error.message) from error
    if isinstance(principal, RoleSession) and principal.identity is not None:
        return IdentityCaller(principal, principal.identity)
    return BackendCaller(principal, verification.connection(address))


async def _bearer(verification: Verification, text: str) -> Caller:
    scheme, _, rest = text.partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else text
    try:
        bearer = await verification.verify_token(token)
    except InternalErrorException:
        raise
    except ServiceError as error:
        raise _token_refusal(token, error) from error
    return UserPoolCaller(bearer.claims, _claimed_groups(bearer.claims), bearer.groups)


def _token_refusal(token: str, error: ServiceError) -> Refusal:
    if isinstance(error, AccessTokenExpired):
        return unauthorized(EXPIRED_TOKEN)
    return unauthorized(NOT_AUTHORIZED if _looks_like_token(token) else UNPARSABLE_TOKEN)


def _claimed_groups(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """An absent claim is an empty list, and so is one that is no list of texts."""
    groups = claims.get("cognito:groups")
    if isinstance(groups, list | tuple) and all(isinstance(one, str) for one in groups):
        return tuple(groups)
    return ()


def _looks_like_token(token: str) -> bool:
    """Three parts, of which the first two are JSON objects: enough to choose between two refusals."""
    parts = token.split(".")
    return len(parts) == 3 and all(_is_object(part) for part in parts[:2])


def _is_object(part: str) -> bool:
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        return isinstance(msgspec.json.decode(decoded), dict)
    except (ValueError, binascii.Error, msgspec.DecodeError, RecursionError):
        return False
