"""The ASGI application of `POST /graphql`: reads the request, asks gate A, answers with AppSync's headers."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from poolhouse.access.fields import BackendCaller, Caller, Guard, IdentityCaller, hint, reaches
from poolhouse.access.sigv4 import Request
from poolhouse.define.manifest import Data, Manifest, Operation
from poolhouse.errors import ServiceError
from poolhouse.operations.audit import Edge, Told
from poolhouse.protocols.http import (
    CORS,
    BodyTooLarge,
    ClientGone,
    Header,
    Receive,
    Scope,
    Send,
    answer,
    header,
    preflight,
    read_body,
)
from poolhouse.telemetry import traces
from poolhouse.telemetry.request_ids import new_request_id

from .answers import DENIED, Refusal, malformed, refused, unauthorized
from .authorize import with_live_groups
from .callers import Verification, asker_of, identify
from .documents import Documents, Limits
from .events import Envelope
from .execute import UNHANDLED, Execution, Invoker, Log
from .plan import Plan
from .scalars import read_json
from .schema import TYPE_NAMES, Api, build

_JSON: Final[Header] = (b"content-type", b"application/json;charset=UTF-8")
# AWS's own examples send application/graphql; the body is JSON in every case.
_CONTENT_TYPES: Final = frozenset({b"", b"application/json", b"application/graphql", b"text/plain"})
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """One state of the API; a reload replaces it as a whole."""

    api: Api
    documents: Documents


@dataclass(frozen=True, slots=True)
class _Asked:
    """The three members that matter of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


class GraphQLEndpoint:
    """Serves the API of one Manifest at a time. `log` is called as `log(event, **facts)`."""

    def __init__(
        self,
        manifest: Manifest | None,
        *,
        verification: Verification,
        invoker: Invoker,
        guard: Guard,
        log: Log,
        development: bool = False,
        limits: Limits | None = None,
        new_id: Callable[[], str] = new_request_id,
        edge: Edge | None = None,
    ) -> None:
        self._verification = verification
        self._invoker = invoker
        self._guard = guard
        self._log = log
        self._development = development
        self._limits = limits or Limits()
        self._new_id = new_id
        self._edge = edge
        self._loaded: _Loaded | None = None
        if manifest is not None:
            self.reload(manifest)

    def reload(self, manifest: Manifest) -> None:
        """Serve another Manifest from the next request on; requests under way finish with the old one."""
        self._loaded = self._load(manifest.data) if manifest.data else None

    def _load(self, data: Data) -> _Loaded:
        api = build(data)
        return _Loaded(api, Documents(api.schema, self._limits, introspection=data.introspection))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await preflight(send)
            return
        request_id = self._new_id()
        told = Told(self._edge, request_id, (scope.get("client") or ("",))[0])
        try:
            body = await self._told(scope, receive, told)
        except ClientGone:
            return
        except Refusal as refusal:
            if refusal.why:
                self._log("graphql.refused", **_reasons(refusal), request_id=request_id)
            await _send(send, refusal.status, refusal.body, request_id, refusal.error_type, allow=refusal.status == 405)
        except Exception as fault:  # noqa: BLE001 - the edge: nothing has run yet, so the client may ask again
            self._log("graphql.fault", request_id=request_id, exc_info=fault)
            failure = refused(500, "InternalFailure", f"Something went wrong on our side ({request_id}).")
            await _send(send, 500, failure.body, request_id, failure.error_type)
        else:
            await _send(send, 200, body, request_id, None)

    async def _told(self, scope: Scope, receive: Receive, told: Told) -> bytes:
        """The answer, which waits for the audit trail to hear of a refusal."""
        try:
            body = await self._respond(scope, receive, told)
        except Refusal as refusal:
            told.result = refusal.error_type or str(refusal.status)
            await told.end()
            raise
        await told.end()
        return body

    async def _respond(self, scope: Scope, receive: Receive, told: Told) -> bytes:
        if scope["method"] != "POST":
            raise refused(405, "MethodNotAllowedException", "GraphQL requests are POST requests.")
        _check_headers(scope)
        try:
            body = await read_body(receive, self._limits.body_bytes)
        except BodyTooLarge:
            message = f"The request body is larger than {self._limits.body_bytes} bytes."
            raise refused(413, "RequestEntityTooLargeException", message) from None
        loaded = self._loaded
        if loaded is None:
            raise refused(404, "GraphQLSchemaException", "This backend defines no data.")
        request = Request(
            method="POST",
            path=scope.get("raw_path") or scope["path"].encode(),
            query=scope.get("query_string", b""),
            headers=scope["headers"],
            body=body,
        )
        address = (scope.get("client") or ("",))[0]
        caller = await identify(self._verification, request, has_api_key=loaded.api.has_api_key, address=address)
        told.asker = asker_of(caller, header(scope, b"x-amzn-trace-id").decode("latin-1"), address)
        caller = await self._may_call(loaded, caller, told)
        asked = _understood(body)
        execution = self._execution(loaded=loaded, caller=caller, scope=scope, told=told, asked=asked)
        outcome = await execution.run()
        told.what = ", ".join(f"{field.parent}.{field.name}" for field in execution.plan.fields)
        told.result = outcome["errors"][0].get("errorType", "Failed") if outcome.get("errors") else "ok"
        if traces.on:
            error = {} if told.result == "ok" else {"error.type": told.result}
            given = {"graphql.operation.type": execution.plan.type_name.lower(), **error}
            traces.tell(given, failed=told.result == UNHANDLED)
        return _encoder.encode(outcome)

    def _execution(
        self,
        *,
        loaded: _Loaded,
        caller: Caller,
        scope: Scope,
        told: Told,
        asked: _Asked,
    ) -> Execution:
        """Everything that can be refused is refused here, before the first handler runs."""
        prepared = loaded.documents.get(asked.query).operation(asked.operation_name)
        variables = prepared.read_variables(asked.variables)
        plan = prepared.plan(variables)
        self._check_reach(loaded, caller, plan, told)
        address = (scope.get("client") or ("",))[0]
        return Execution(
            api=loaded.api,
            guard=self._guard,
            invoker=self._invoker,
            log=self._log,
            development=self._development,
            caller=caller,
            asker=told.asker,
            envelope=Envelope(caller, scope["headers"], address),
            prepared=prepared,
            plan=plan,
            given=asked.variables,
            variables=variables,
            deadline=asyncio.get_running_loop().time() + self._limits.seconds,
            request_id=told.request_id,
            denied=told.denied,
            opened=told.opened,
        )

    async def _may_call(self, loaded: _Loaded, caller: Caller, told: Told) -> Caller:
        """E4 for an IAM caller that can reach no field of the API: it learns nothing about the schema."""
        if not isinstance(caller, IdentityCaller | BackendCaller):
            return caller
        declared = loaded.api.data.operations
        caller = await with_live_groups(self._guard, self._verification, caller, declared)
        if not any(reaches(self._guard, caller, TYPE_NAMES[op.kind], op.name, op.rules) for op in declared):
            raise self._denial(caller, declared, told)
        return caller

    def _check_reach(self, loaded: _Loaded, caller: Caller, plan: Plan, told: Told) -> None:
        """E4: IAM refuses a request of which the caller may have no field at all."""
        if not isinstance(caller, IdentityCaller | BackendCaller):
            return
        wanted: list[Operation] = []
        for selected in plan.fields:
            operation = loaded.api.operations[plan.type_name].get(selected.name)
            if reaches(self._guard, caller, plan.type_name, selected.name, operation.rules if operation else ()):
                return
            wanted += [operation] if operation else []
        raise self._denial(caller, wanted, told)

    def _denial(self, caller: Caller, wanted: Iterable[Operation], told: Told) -> Refusal:
        operations = list(wanted)
        advice = hint(caller, tuple(rule for operation in operations for rule in operation.rules))
        names = [f"{TYPE_NAMES[op.kind]}.{op.name}" for op in operations]
        self._log("graphql.denied", fields=[op.name for op in operations], hint=advice, request_id=told.request_id)
        told.denied(names[0] if len(names) == 1 else "GraphQL", advice)
        refusal = unauthorized(DENIED, advice if self._development else None)
        refusal.why = ""
        return refusal


def _reasons(refusal: Refusal) -> dict[str, str]:
    """What the client was told, and what lies behind it: to him a revoked token looks like a forged one."""
    behind = refusal.__cause__
    said = behind.message.strip() if isinstance(behind, ServiceError) else ""
    more = {"hint": said} if said not in ("", refusal.why) else {}
    return {"error": refusal.error_type or "", "why": refusal.why, **more}


def _check_headers(scope: Scope) -> None:
    """Refuse bodies in forms that are not read."""
    encoding = header(scope, b"content-encoding").strip().lower()
    if encoding not in (b"", b"identity"):
        raise refused(415, "UnsupportedMediaTypeException", "Compressed request bodies are not accepted.")
    media = header(scope, b"content-type").partition(b";")[0].strip().lower()
    if media not in _CONTENT_TYPES:
        raise refused(415, "UnsupportedMediaTypeException", "The request body must be application/json.")


def _understood(body: bytes) -> _Asked:
    """E19 and E23."""
    if not body.strip():
        raise malformed("Request body is empty.")
    try:
        decoded = read_json(body)
    except ValueError:
        raise malformed("Unable to parse the request body as JSON.") from None
    if not isinstance(decoded, dict):
        raise malformed("The request body must be a JSON object.")
    query, name, variables = (decoded.get(member) for member in ("query", "operationName", "variables"))
    if not isinstance(query, str) or not query.strip():
        raise malformed("The request body must hold a query.")
    if name is not None and not isinstance(name, str):
        raise malformed("operationName must be a string.")
    if variables is not None and not isinstance(variables, dict):
        raise malformed("variables must be an object.")
    return _Asked(query, name, variables or {})


async def _send(
    send: Send, status: int, body: bytes, request_id: str, error_type: str | None, *, allow: bool = False
) -> None:
    headers = [*CORS, _JSON, (b"x-amzn-requestid", request_id.encode())]
    if error_type:
        headers.append((b"x-amzn-errortype", error_type.encode()))
    if allow:
        headers.append((b"allow", b"POST, OPTIONS"))
    await answer(send, status, headers, body)
