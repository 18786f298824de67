"""AWS JSON 1.1 for cognito-idp and cognito-identity, and the query protocol for sts, all at `POST /`.

Sources: spec/user-pools.md sections 2.1 and 7.1. One piece of code for every operation.
"""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import msgspec

from poolhouse import service_model
from poolhouse.access.principals import Anonymous, Principal
from poolhouse.access.sigv4 import Request
from poolhouse.errors import (
    InternalErrorException,
    RequestEntityTooLargeException,
    SerializationException,
    ServiceError,
    UnknownOperationException,
)
from poolhouse.operations.callers import person_of
from poolhouse.operations.context import Services
from poolhouse.operations.gate import call, served_entry
from poolhouse.protocols.hints import hint
from poolhouse.protocols.http import (
    CORS,
    MAX_BODY,
    BodyTooLarge,
    ClientGone,
    Exchange,
    Receive,
    Scope,
    Send,
    answer,
    header,
    lines,
    preflight,
    read_body,
    take_exchange,
)
from poolhouse.telemetry import CALLS, Asked, log, recent
from poolhouse.telemetry.request_ids import new_request_id

Authenticate = Callable[[Services, Request], Awaitable[Principal]]
# The signature is checked before a request's content is looked at.
Decode = Callable[[], msgspec.Struct]

_ANONYMOUS = Anonymous()
_JSON = (b"content-type", b"application/x-amz-json-1.1")
_XML = (b"content-type", b"text/xml")
_ID = b"x-amzn-requestid"
_BEFORE_ID, _AFTER_ID = lines((_JSON,)) + _ID + b": ", lines(CORS)
_STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
# STS has names of its own, and refuses a caller with 403.
_STS_ERRORS = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredIdentityToken": ("ExpiredTokenException", 400),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IDPRejectedClaimException": ("IDPRejectedClaim", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidParameterException": ("ValidationError", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnknownOperationException": ("InvalidAction", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_encoder = msgspec.json.Encoder()


class AwsJson:
    """The ASGI application of the AWS endpoints."""

    def __init__(self, services: Services, authenticate: Authenticate) -> None:
        self._services = services
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await preflight(send)
            return
        request_id = new_request_id()
        target = header(scope, b"x-amz-target")
        query = not target and header(scope, b"content-type").startswith(b"application/x-www-form-urlencoded")
        exchange = take_exchange(scope)
        try:
            if scope["method"] != "POST":
                raise UnknownOperationException(f"{_shown(scope['method'])} is not served here, only POST.")
            body = None if exchange is None else exchange.whole_body()
            if body is None or len(body) > MAX_BODY:
                body = await read_body(receive)
            operation, decode = _understand_query(body) if query else _understand(target, body)
            result = await self._answer(scope, body, operation, decode, request_id)
        except ClientGone:
            return
        except BodyTooLarge:
            await _refuse(send, RequestEntityTooLargeException(), request_id, query=query)
        except ServiceError as error:
            await _refuse(send, error, request_id, query=query)
        except Exception:  # noqa: BLE001 - the edge: whatever escapes is our fault and must still be answered
            log.exception("fault", request_id=request_id, target=target.decode("latin-1"))
            await _refuse(send, InternalErrorException(), request_id, query=query)
        else:
            if query:
                await _succeed_in_xml(send, operation, result, request_id)
            else:
                await _succeed(send, exchange, result, request_id)

    async def _answer(
        self, scope: Scope, body: bytes, operation: service_model.Operation, decode: Decode, request_id: str
    ) -> dict[str, Any]:
        started = time.perf_counter()
        outcome, reaches = "ok", False
        client, trace = scope.get("client"), _trace(scope)
        principal: Principal = _ANONYMOUS
        try:
            if operation.auth == "iam":
                principal = await self._authenticate(self._services, signed_request(scope, body))
            served_entry(operation)
            request = decode()
            reaches = True
            return await call(
                self._services,
                principal,
                operation,
                request,
                request_id=request_id,
                source_ip=client[0] if client else "",
                find_person=partial(person_of, self._services, principal, trace) if trace else None,
            )
        except ServiceError as error:
            outcome = error.code
            if not reaches:
                now, spent = self._services.clock(), (time.perf_counter() - started) * 1000
                recent.append(Asked(now, "awsjson", operation.name, "", outcome, error.message, spent, request_id))
            facts = {"error": error.code, "why": error.message, **hint(error, principal)}
            log.info("refused", operation=operation.name, **facts, request_id=request_id)
            raise
        except BaseException:
            outcome = "fault"
            raise
        finally:
            CALLS.note(operation.name, outcome, time.perf_counter() - started)


def _trace(scope: Scope) -> str:
    return header(scope, b"x-amzn-trace-id").decode("latin-1")


def signed_request(scope: Scope, body: bytes) -> Request:
    """The parts of a request that SigV4 covers, as they came over the wire."""
    return Request(
        method=scope["method"],
        path=scope.get("raw_path") or scope["path"].encode(),
        query=scope.get("query_string", b""),
        headers=scope["headers"],
        body=body,
    )


def _understand(target: bytes, body: bytes) -> tuple[service_model.Operation, Decode]:
    name = target.decode("latin-1")
    operation = service_model.by_target(name)
    if operation is None:
        raise UnknownOperationException(
            f"Unknown operation: {_shown(name)}" if name else "The X-Amz-Target header is missing."
        )
    return operation, partial(_decode, operation, body)


def _decode(operation: service_model.Operation, body: bytes) -> msgspec.Struct:
    """Text with a NUL is refused here for all: PostgreSQL cannot keep it, and no name or value needs one."""
    request: msgspec.Struct = service_model.decode(operation, body)
    if b"u0000" in body and _NUL.search(body):
        raise SerializationException("The request contains a NUL character.")
    return request


def _understand_query(body: bytes) -> tuple[service_model.Operation, Decode]:
    try:
        values = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise SerializationException("The form body cannot be read.") from error
    name, version = values.get("Action", ""), values.get("Version", "")
    operation = service_model.by_action(name, version)
    if operation is None:
        raise UnknownOperationException(f"Could not find operation {_shown(name)} for version {_shown(version)}")
    return operation, partial(service_model.from_query, operation, values)


def _shown(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)[:128]


async def _succeed(send: Send, exchange: Exchange | None, result: dict[str, Any], request_id: str) -> None:
    identity, body = request_id.encode(), _encoder.encode(result)
    if exchange is None or not exchange.answer(b"%b%b\r\n%b" % (_BEFORE_ID, identity, _AFTER_ID), body):
        await answer(send, 200, (_JSON, (_ID, identity), *CORS), body)


async def _succeed_in_xml(
    send: Send, operation: service_model.Operation, result: dict[str, Any], request_id: str
) -> None:
    body = _xml_result(operation.name, result, request_id)
    await answer(send, 200, (_XML, (_ID, request_id.encode()), *CORS), body)


async def _refuse(send: Send, error: ServiceError, request_id: str, *, query: bool) -> None:
    described = _UNPRINTABLE.sub(" ", error.message)[:1024].encode()
    headers = (
        _XML if query else _JSON,
        (_ID, request_id.encode()),
        (b"x-amzn-errortype", error.code.encode() + b":"),
        (b"x-amzn-errormessage", described),
        *CORS,
    )
    if query:
        plain = (error.code.removesuffix("Exception"), error.status)
        code, status = _STS_ERRORS.get(type(error).__name__) or _STS_ERRORS.get(error.code, plain)
        await answer(send, status, headers, _xml_error(code, status, error.message, request_id))
    else:
        body = _encoder.encode({"__type": error.code, "message": error.message})
        await answer(send, error.status, headers, body)


def _xml_result(name: str, result: dict[str, Any], request_id: str) -> bytes:
    members = _xml_members(result)
    return (
        f'<{name}Response xmlns="{_STS_NAMESPACE}"><{name}Result>{members}</{name}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    ).encode()


def _xml_members(members: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_xml_value(value)}</{name}>" for name, value in members.items())


def _xml_value(value: Any) -> str:
    """Structures inside structures; a moment is ISO 8601 in UTC, to the second."""
    if isinstance(value, dict):
        return _xml_members(value)
    return escape(value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value))


def _xml_error(code: str, status: int, message: str, request_id: str) -> bytes:
    kind = "Receiver" if status >= 500 else "Sender"
    text = escape(_UNPRINTABLE.sub(" ", message))
    return (
        f'<ErrorResponse xmlns="{_STS_NAMESPACE}"><Error><Type>{kind}</Type><Code>{code}</Code>'
        f"<Message>{text}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()
