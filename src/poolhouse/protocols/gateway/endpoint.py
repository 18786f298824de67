"""The ASGI application of a backend's REST APIs: finds the route, asks the authorizer, runs the function, answers."""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote

from poolhouse.access.explaining import accepted_by
from poolhouse.define.manifest import RestApi, RestRoute
from poolhouse.operations.audit import Edge, Told
from poolhouse.operations.callers import Asker
from poolhouse.protocols.http import (
    BodyTooLarge,
    ClientGone,
    Header,
    Receive,
    Scope,
    Send,
    answer,
    header,
    read_body,
)
from poolhouse.telemetry import CALLS
from poolhouse.telemetry.request_ids import new_request_id

from .authorizer import Authorizer
from .cors import Cors
from .events import Asked, Envelope, Place
from .refusals import Refusal, bad_answer, fault, forbidden, no_such_route, timed_out, too_long, too_many
from .replies import BadReply, Reply, reply
from .routes import Match, Routes

MAX_BODY: Final = 10 * 1024 * 1024
_DIGITS: Final = len(str(MAX_BODY))
SECONDS_LIMIT: Final = 29.0
_MOST_FOUND: Final = 256
_USUAL_PATH: Final = 512
_JSON: Final[Header] = (b"content-type", b"application/json")
# Refusals of the function runtime itself; a handler's own exception of the same name has a stack.
_RUNTIME: Final[Mapping[str, Callable[[], Refusal]]] = {
    "TooManyRequestsException": too_many,
    "RequestTooLargeException": too_long,
}

Log = Callable[..., None]
"""`log(event, **facts)`."""


class InvocationError(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def stack(self) -> Sequence[str]: ...


class Invocation(Protocol):
    """The outcome of one function run: its JSON, or its error."""

    @property
    def payload(self) -> bytes: ...
    @property
    def error(self) -> InvocationError | None: ...


class Invoker(Protocol):
    async def invoke(self, name: str, event: bytes, *, asker: Asker | None = None) -> Invocation:
        """Run the function on behalf of `asker` and wait. What goes wrong is the invocation's error."""
        ...


@dataclass(frozen=True, slots=True)
class _Api:
    """One API, compiled."""

    definition: RestApi
    root: tuple[str, ...]
    routes: Routes
    cors: Cors
    envelope: Envelope


class _Target(NamedTuple):
    """What a path leads to, before anybody is asked who is calling."""

    api: _Api
    path: str
    match: Match
    route: RestRoute


class Gateway:
    """Serves the REST APIs of one applied Manifest. `clock` gives epoch microseconds."""

    def __init__(
        self,
        places: Iterable[Place],
        *,
        authorizer: Authorizer,
        invoker: Invoker,
        clock: Callable[[], int],
        log: Log,
        seconds: float = SECONDS_LIMIT,
        edge: Edge | None = None,
    ) -> None:
        self._apis = {api.root[0]: api for api in map(_compiled, places)}
        self._found: dict[tuple[str, bytes, str], _Target] = {}
        self._authorizer = authorizer
        self._invoker = invoker
        self._clock = clock
        self._log = log
        self._limit = seconds
        self._edge = edge

    def covers(self, path: str) -> bool:
        """Whether a decoded path is below one of the APIs."""
        return _first(path) in self._apis

    def template_of(self, scope: Scope) -> str:
        """The path as the API's definition writes it, or its root alone. `covers` said yes."""
        api = self._apis[_first(scope["path"])]
        try:
            target = self._target(api, scope)
        except Refusal:
            target = None
        return f"/{'/'.join(api.root)}{'' if target is None else target.route.path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`covers` said yes."""
        started = time.perf_counter()
        api = self._apis[_first(scope["path"])]
        ids = _Ids(new_request_id(), b64encode(os.urandom(11)).decode())
        label, outcome = api.definition.name, "ok"
        told = Told(self._edge, ids.request, (scope.get("client") or ("",))[0])
        try:
            target = self._target(api, scope)
            if target is None:
                made = Reply(200, api.cors.preflight(scope), b"")
            else:
                label = f"{label} {target.route.method} {target.route.path}"
                made = await self._answered(target, scope, receive, ids, told)
        except ClientGone:
            return
        except Refusal as refusal:
            outcome, made = str(refusal.status), _refused(refusal)
            self._log("gateway.refused", route=label, status=refusal.status, request_id=ids.request)
        except Exception as problem:  # noqa: BLE001 - the edge: whatever escapes is our fault and must be answered
            outcome, made = "fault", _refused(fault())
            self._log("gateway.fault", route=label, request_id=ids.request, exc_info=problem)
        await _tell(told, label, scope, made.status)
        CALLS.note(label, outcome, time.perf_counter() - started)
        await _send(send, made.status, [*api.cors.added(scope, made.headers), *ids.headers()], made.body)

    def _target(self, api: _Api, scope: Scope) -> "_Target | None":
        """What `_find` says, which is kept: most requests are for few paths. How paths are written is the client's
        choice, and must not fill the memory.
        """
        raw: bytes = scope.get("raw_path") or b""
        asked = (scope["method"], raw, scope["path"])
        known = self._found.get(asked)
        if known is not None:
            return known
        target = _find(api, scope, _segments(scope))
        if target is not None and len(raw) + len(scope["path"]) <= _USUAL_PATH:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[asked] = target
        return target

    async def _answered(self, target: "_Target", scope: Scope, receive: Receive, ids: "_Ids", told: Told) -> Reply:
        """Who is calling comes first: nobody's body is read before."""
        api, route = target.api, target.route
        claims = None if route.authorizer == "none" else await self._authorizer.claims(api.definition, scope)
        asked = Asked(
            scope=scope,
            path=target.path,
            whole_path=f"/{api.definition.stage}{target.path}",
            resource=target.match.resource,
            parameters=target.match.parameters,
            claims=claims,
            body=await _body(scope, receive),
            request_id=ids.request,
            extended_id=ids.extended,
            now=self._clock(),
        )
        told.rule = accepted_by(api.definition, claims) if claims else "open to everybody"
        told.asker = asker = _asker(claims, scope)
        return await self._run(route, api.envelope.event(asked), ids, asker)

    async def _run(self, route: RestRoute, event: bytes, ids: "_Ids", asker: Asker | None) -> Reply:
        try:
            async with asyncio.timeout(self._limit):
                done = await self._invoker.invoke(route.function, event, asker=asker)
        except TimeoutError:
            raise timed_out() from None
        if done.error is not None:
            known = _RUNTIME.get(done.error.type)
            problem = f"{done.error.type}: {done.error.message}"
            self._log("gateway.failed", function=route.function, problem=problem, request_id=ids.request)
            raise known() if known and not done.error.stack else bad_answer()
        try:
            return reply(done.payload)
        except BadReply as error:
            self._log("gateway.failed", function=route.function, problem=str(error), request_id=ids.request)
            raise bad_answer() from error


class _Ids(NamedTuple):
    """By which AWS's support would find a request."""

    request: str
    extended: str

    def headers(self) -> tuple[Header, ...]:
        return (b"x-amzn-requestid", self.request.encode()), (b"x-amz-apigw-id", self.extended.encode())


def _asker(claims: Mapping[str, str] | None, scope: Scope) -> Asker | None:
    """Who is behind the calls that the function makes."""
    if claims is None:
        return None
    client = scope.get("client")
    return Asker(
        pool_id=claims.get("iss", "").rpartition("/")[2],
        sub=claims.get("sub", ""),
        username=claims.get("username") or claims.get("cognito:username", ""),
        token_id=claims.get("jti", ""),
        address=client[0] if client else "",
        way="rest",
    )


async def _tell(told: Told, label: str, scope: Scope, status: int) -> None:
    """Whoever is turned away although his token is good goes on record: by the authorizer, or by the function."""
    told.asker = told.asker or _asker(scope.get("claims"), scope)
    told.what, told.result = label, "ok" if status < 400 else str(status)
    if status in (401, 403):
        told.denied(label, f"{'The function' if told.rule else 'The authorizer'} answered {status}.")
    await told.end()


def _compiled(place: Place) -> _Api:
    api = place.api
    root = tuple(api.root.strip("/").split("/"))
    return _Api(api, root, Routes(api.routes), Cors(api.allow_origins), Envelope(place))


def _first(path: str) -> str:
    return path[1:].partition("/")[0]


def _segments(scope: Scope) -> list[str]:
    """The path's segments as they were sent, without empty ones. An encoded slash does not end a segment."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return [segment for segment in raw.decode("utf-8", "replace").split("/") if segment]


def _find(api: _Api, scope: Scope, sent: list[str]) -> _Target | None:
    """The route of a request, None for a preflight; raises a Refusal.

    `.` and `..` are refused however they are written: the function must not read another path than the authorizer.
    """
    segments = [unquote(segment) for segment in sent]
    if tuple(segments[: len(api.root)]) != api.root or any(map(_leads_out, segments)):
        raise forbidden()
    below = len(api.root)
    match = api.routes.match(segments[below:])
    route = match.resource.route(scope["method"]) if match else None
    is_preflight = scope["method"] == "OPTIONS" and (route is None or route.method == "ANY")
    if is_preflight:
        return None
    if match is None or route is None:
        raise no_such_route(authorized=bool(header(scope, b"authorization")))
    slash = "/" if scope["path"].endswith("/") and sent[below:] else ""
    return _Target(api, f"/{'/'.join(sent[below:])}{slash}", match, route)


def _leads_out(segment: str) -> bool:
    return "." in segment and not {".", ".."}.isdisjoint(segment.replace("\\", "/").split("/"))


async def _body(scope: Scope, receive: Receive) -> bytes:
    length = header(scope, b"content-length").lstrip(b"0")
    if length.isdigit() and (len(length) > _DIGITS or int(length) > MAX_BODY):
        raise too_long()
    try:
        return await read_body(receive, MAX_BODY)
    except BodyTooLarge:
        raise too_long() from None


def _refused(refusal: Refusal) -> Reply:
    kind = (b"x-amzn-errortype", refusal.error_type.encode())
    return Reply(refusal.status, [_JSON, kind], refusal.body)


async def _send(send: Send, status: int, headers: list[Header], body: bytes) -> None:
    """An answer of status 204 or 304 has no length (RFC 9110 section 8.6)."""
    if status in (204, 304):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
    else:
        await answer(send, status, headers, body)
