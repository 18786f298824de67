"""The event that a function receives: REST API proxy integration, payload version 1.0 (spec/admin-queries.md 2.5)."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from poolhouse.define.manifest import RestApi
from poolhouse.protocols.http import Header, Scope

from .claims import MONTHS
from .names import remembered
from .routes import Resource

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Of the connection and not of the request, or told by us: what a client says about them is not passed on.
_OURS: Final = frozenset(
    {b"connection", b"content-length", b"expect", b"forwarded", b"http2-settings", b"keep-alive", b"te", b"trailer"}
    | {b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"transfer-encoding", b"upgrade"}
    | {b"via", b"x-real-ip"}
)
_WRITTEN: Final = {b"authorization": "Authorization", b"host": "Host", b"user-agent": "User-Agent"}
_NOBODY: Final[dict[str, str | None]] = dict.fromkeys(
    (
        "cognitoIdentityPoolId",
        "accountId",
        "cognitoIdentityId",
        "caller",
        "sourceIp",
        "principalOrgId",
        "accessKey",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
        "userArn",
        "userAgent",
        "user",
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an API is served; the same for all of its requests."""

    api: RestApi
    api_id: str
    account_id: str
    public_url: str

    def context(self) -> dict[str, Any]:
        """The members of `requestContext` that never change."""
        host = urlsplit(self.public_url).hostname or ""
        return {
            "accountId": self.account_id,
            "apiId": self.api_id,
            "deploymentId": sha256(msgspec.json.encode(self.api)).hexdigest()[:6],
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "protocol": "HTTP/1.1",
            "stage": self.api.stage,
        }

    def forwarded(self) -> tuple[tuple[str, str], ...]:
        """What AWS's front tells about the connection; from the settings and not from the request."""
        url = urlsplit(self.public_url)
        port = url.port or {"https": 443}.get(url.scheme, 80)
        return ("X-Forwarded-Port", str(port)), ("X-Forwarded-Proto", url.scheme)


class Asked(NamedTuple):
    """One request on its way to a function. `path` has no stage; `now` is epoch microseconds."""

    scope: Scope
    path: str
    whole_path: str
    resource: Resource
    parameters: Mapping[str, str]
    claims: Mapping[str, str] | None
    body: bytes
    request_id: str
    extended_id: str
    now: int


class Envelope:
    """Builds the events of one API."""

    def __init__(self, place: Place) -> None:
        self._context = place.context()
        self._forwarded = place.forwarded()

    def event(self, asked: Asked) -> bytes:
        scope = asked.scope
        client = scope.get("client")
        source_ip = client[0] if client else ""
        headers, several = self._headers(scope["headers"], source_ip, asked)
        query = _query(scope.get("query_string", b""))
        body, encoded = _body(asked.body)
        return msgspec.json.encode(
            {
                "resource": asked.resource.path,
                "path": asked.path,
                "httpMethod": scope["method"],
                "headers": headers,
                "multiValueHeaders": several,
                "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
                "multiValueQueryStringParameters": query or None,
                "pathParameters": asked.parameters or None,
                "stageVariables": None,
                "requestContext": self._request_context(asked, source_ip, headers.get("User-Agent")),
                "body": body,
                "isBase64Encoded": encoded,
            }
        )

    def _request_context(self, asked: Asked, source_ip: str, user_agent: str | None) -> dict[str, Any]:
        context = {
            **self._context,
            "resourceId": asked.resource.id,
            "resourcePath": asked.resource.path,
            "httpMethod": asked.scope["method"],
            "path": asked.whole_path,
            "requestId": asked.request_id,
            "extendedRequestId": asked.extended_id,
            "requestTime": _request_time(asked.now // 1_000_000),
            "requestTimeEpoch": asked.now // 1000,
            "identity": {**_NOBODY, "sourceIp": source_ip, "userAgent": user_agent},
        }
        if asked.claims is not None:
            context["authorizer"] = {"claims": asked.claims}
        return context

    def _headers(
        self, given: Iterable[Header], source_ip: str, asked: Asked
    ) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Each header's last value, and all of them. The names are those that the server received: in lower case, but
        for the three that AWS always writes with capitals.
        """
        several: dict[str, list[str]] = {}
        listed = _named_by_connection(given)
        for name, value in given:
            if name in listed or (shown := _shown(name)) is None:
                continue
            if shown in several:
                several[shown].append(value.decode("latin-1"))
            else:
                several[shown] = [value.decode("latin-1")]
        for shown, text in (("X-Forwarded-For", source_ip), *self._forwarded):
            several[shown] = [text]
        if "x-amzn-trace-id" not in several:
            several["X-Amzn-Trace-Id"] = [_trace_id(asked)]
        return {name: values[-1] for name, values in several.items()}, several


@remembered
def _shown(name: bytes) -> str | None:
    """A header's name for the function; None for one that is not passed on."""
    if name in _OURS or name.startswith(b"x-forwarded-"):
        return None
    return _WRITTEN.get(name) or name.decode("latin-1")


def _named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    """The headers that `Connection` declares to be of this hop only (RFC 9110 section 7.6.1)."""
    listed = [value for name, value in headers if name == b"connection"]
    return frozenset(one.strip().lower() for value in listed for one in value.split(b","))


def _trace_id(asked: Asked) -> str:
    digits = asked.request_id.replace("-", "")
    return f"Root=1-{asked.now // 1_000_000:08x}-{digits[:24]}"


def _query(text: bytes) -> dict[str, list[str]]:
    """Decoded by the rules of forms, so that `+` is a space; every value of a repeated name, in order."""
    found: dict[str, list[str]] = {}
    if text:
        for name, value in parse_qsl(text.decode("latin-1"), keep_blank_values=True, errors="replace"):
            found.setdefault(name, []).append(value)
    return found


def _body(body: bytes) -> tuple[str | None, bool]:
    """Text, or base64 for what is no text."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


@lru_cache(maxsize=64)
def _request_time(seconds: int) -> str:
    """`09/Apr/2015:12:34:56 +0000`."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment.year}:{moment:%H:%M:%S} +0000"
