"""Reads API Gateway's proxy event and writes its reply. It decides nothing about who may do what."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

BODY_LIMIT = 100 * 1024
DEFAULT_LIMIT = 25
GREATEST_LIMIT = 60
UNSET_BY_CLIENTS = frozenset({"", "undefined", "null"})
"""What JavaScript clients send for `limit` and `token` when they have none."""


class Refused(Exception):
    """Ends the request with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Request:
    """One request. The body of a GET and the query of a POST are not looked at."""

    def __init__(self, event: Mapping[str, Any], paths: Mapping[str, str]) -> None:
        self._event = event
        self._context: Mapping[str, Any] = event.get("requestContext") or {}
        self.method = str(event.get("httpMethod") or "").upper()
        self.path = self._plain_path(paths)
        self.id = str(self._context.get("requestId") or "")

    def _plain_path(self, paths: Mapping[str, str]) -> str:
        """The path without stage, doubled and last slashes, spelled as in `paths`: routes and guards see only this.

        To the router's patterns a line break at the end would be nothing, and to the guard another path.
        """
        parts = [part for part in str(self._event.get("path") or "").split("/") if part]
        if parts and parts[0] == self._context.get("stage"):
            parts = parts[1:]
        path = "/" + "/".join(parts).replace("\n", "%0A")
        return paths.get(path.lower(), path) if path.isascii() else path

    @property
    def claims(self) -> Mapping[str, Any]:
        """What the authorizer verified; empty when there was none."""
        authorizer = self._context.get("authorizer")
        claims = authorizer.get("claims") if isinstance(authorizer, Mapping) else None
        return claims if isinstance(claims, Mapping) else {}

    @property
    def caller_arn(self) -> str:
        """The ARN of a caller who signed the request; empty for users with tokens."""
        arn = (self._context.get("identity") or {}).get("userArn")
        return arn if isinstance(arn, str) else ""

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """Refuses what cannot be read (400) and what is too large (413)."""
        return self._query() if self.method in {"GET", "HEAD"} else self._body()

    def required(self, *names: str) -> list[str]:
        """The values of `names`, all of them texts that are not empty."""
        values = [self.parameters.get(name) for name in names]
        if not all(values):
            raise Refused(400, f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} required")
        return [self._text(name, value) for name, value in zip(names, values, strict=True)]

    def optional(self, name: str) -> str | None:
        """The text of `name`; None when it is absent or empty."""
        value = self.parameters.get(name)
        return self._text(name, value) if value else None

    @property
    def limit(self) -> int:
        """How many items a page holds; 0 asks for the user pool's own page size."""
        given = str(self.parameters.get("limit") or "").strip()
        if given in UNSET_BY_CLIENTS:
            return DEFAULT_LIMIT
        if not re.fullmatch("0{0,9}[0-9]{1,2}", given) or int(given) > GREATEST_LIMIT:
            raise Refused(400, f"limit must be a whole number from 0 to {GREATEST_LIMIT}")
        return int(given) or GREATEST_LIMIT

    @property
    def token(self) -> str:
        """The `NextToken` of the page before; empty on the first page."""
        given = str(self.parameters.get("token") or "")
        return "" if given in UNSET_BY_CLIENTS else given

    def allowed_origin(self, origins: tuple[str, ...]) -> str | None:
        """The web origin that may read the answer: `*`, or the caller's own when it is listed."""
        if "*" in origins:
            return "*"
        headers: Mapping[str, Any] = self._event.get("headers") or {}
        asking = next((value for name, value in headers.items() if name.lower() == "origin"), None)
        return asking if asking in origins else None

    @staticmethod
    def _text(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Refused(400, f"{name} must be a text")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Refused(400, f"{name} holds half a character")
        return value

    def _query(self) -> dict[str, Any]:
        repeated: Mapping[str, list[str]] = self._event.get("multiValueQueryStringParameters") or {}
        for name, values in repeated.items():
            if len(values) > 1:
                raise Refused(400, f"{name} is given more than once")
        return dict(self._event.get("queryStringParameters") or {})

    def _body(self) -> Mapping[str, Any]:
        text = self._body_text()
        if not text.strip():
            return {}
        kind = self._media_type()
        if kind == "application/x-www-form-urlencoded":
            return _form(text)
        try:
            read = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            if kind in {"application/json", ""}:
                raise Refused(400, "The body is not valid JSON") from None
            return {}
        if not isinstance(read, dict | list):
            raise Refused(400, "The body must be a JSON object")
        return read if isinstance(read, dict) else {}

    def _body_text(self) -> str:
        body = str(self._event.get("body") or "")
        try:
            raw = base64.b64decode(body, validate=True) if self._event.get("isBase64Encoded") else body.encode()
            if len(raw) > BODY_LIMIT:
                raise Refused(413, "request entity too large")
            return raw.decode()
        except ValueError:
            raise Refused(400, "The body is not valid text") from None

    def _media_type(self) -> str:
        headers: Mapping[str, Any] = self._event.get("headers") or {}
        given = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
        return str(given or "").partition(";")[0].strip().lower()


def _form(text: str) -> dict[str, str]:
    """Reads form fields; one that is repeated is refused, since two readers could take two values from it."""
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Refused(400, "The body has too many fields") from None
    for name, values in fields.items():
        if len(values) > 1:
            raise Refused(400, f"{name} is given more than once")
    return {name: values[0] for name, values in fields.items()}


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a member that is repeated is refused for the same reason as a field."""
    found: dict[str, Any] = {}
    for name, value in members:
        if name in found:
            raise Refused(400, "The body has a member more than once")
        found[name] = value
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _iso_time(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat("T", "milliseconds").replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encoder = json.JSONEncoder(separators=(",", ":"), default=_iso_time)


def as_json(value: Any) -> str:
    """JSON as the JavaScript SDK writes it: times are `2020-01-02T03:04:05.678Z`."""
    return _encoder.encode(value)


def reply(answer: Mapping[str, Any], origin: str | None) -> dict[str, Any]:
    """API Gateway's reply from the resolver's answer. Browsers may read every one, refusals too."""
    headers = {name: ", ".join(values) for name, values in (answer.get("multiValueHeaders") or {}).items()}
    if headers.get("Content-Type", "application/json") == "application/json":
        headers["Content-Type"] = "application/json; charset=utf-8"
    headers["Access-Control-Allow-Headers"] = "Origin, X-Requested-With, Content-Type, Accept"
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
    if origin != "*":
        headers["Vary"] = "Origin"
    return {
        "statusCode": answer["statusCode"],
        "headers": headers,
        "body": answer["body"],
        "isBase64Encoded": bool(answer.get("isBase64Encoded")),
    }
