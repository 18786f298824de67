"""The event that a handler receives: exactly AppSync's seven keys (spec section 5.2)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from poolhouse.access.fields import ApiKeyCaller, BackendCaller, Caller, UserPoolCaller
from poolhouse.access.principals import RoleSession

FIRST = msgspec.Raw(b"{}")
"""What the authorization step hands to the first handler."""


class Envelope:
    """The parts that all events of one request share, encoded once."""

    __slots__ = ("_identity", "_request")

    def __init__(self, caller: Caller, headers: Iterable[tuple[bytes, bytes]], source_ip: str) -> None:
        self._identity = msgspec.Raw(msgspec.json.encode(identity(caller, source_ip)))
        facts = {"headers": lower_headers(headers), "domainName": None}
        self._request = msgspec.Raw(msgspec.json.encode(facts))

    def event(self, type_name: str, field_name: str, arguments: dict[str, Any], previous: msgspec.Raw) -> bytes:
        """JSON for one handler; `previous` is what the handler before it returned."""
        return msgspec.json.encode(
            {
                "typeName": type_name,
                "fieldName": field_name,
                "arguments": arguments,
                "identity": self._identity,
                "source": None,
                "request": self._request,
                "prev": {"result": previous},
            }
        )


def lower_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header names in lower case; repeated ones joined as RFC 9110 allows."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def identity(caller: Caller, source_ip: str) -> dict[str, Any] | None:
    """`event.identity` by mode; null for API keys."""
    if isinstance(caller, ApiKeyCaller):
        return None
    if isinstance(caller, UserPoolCaller):
        return {
            "claims": caller.claims,
            "defaultAuthStrategy": "ALLOW",
            "groups": list(caller.groups) or None,
            "issuer": caller.claims.get("iss"),
            "sourceIp": [source_ip],
            "sub": caller.sub,
            "username": caller.username,
        }
    return _iam_identity(caller.principal if isinstance(caller, BackendCaller) else caller.session, source_ip)


def _iam_identity(principal: Any, source_ip: str) -> dict[str, Any]:
    cognito = principal.identity if isinstance(principal, RoleSession) else None
    return {
        "accountId": principal.account_id,
        "cognitoIdentityAuthProvider": cognito.provider or None if cognito else None,
        "cognitoIdentityAuthType": cognito.auth_type if cognito else None,
        "cognitoIdentityId": cognito.identity_id if cognito else None,
        "cognitoIdentityPoolId": cognito.identity_pool_id if cognito else None,
        "sourceIp": [source_ip],
        "userArn": principal.arn,
        "username": principal.user_id,
    }
