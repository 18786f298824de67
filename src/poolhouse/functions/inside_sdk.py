"""The AWS SDK of a worker when it calls the server that runs it: a plain call at less than half of the CPU.

botocore checks and serializes the parameters and has the word wherever something is not plain: an event that somebody
else listens to, a log of requests that somebody wants, an operation with a shape of its own, an instrumented botocore.
What is plain is signed in one walk through its headers, leaves in one packet and is read as what it is. An answer that
is no success is handed to botocore as the answer to its first attempt: it reads errors, repeats and raises as ever.
Calls to other servers go its own way; on AWS there is none of this.

Loaded from its file by `inside.py` when the first client is made, so nothing of the server is imported here but
`inside_wire`.
"""
# ruff: noqa: SLF001 - botocore has no public way in for what stands around a call, and `_is_botocores` looks first

import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from botocore import auth, parsers
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.history import get_global_history_recorder
from botocore.utils import get_environ_proxies

from .inside_wire import Answer, Straight

_BOTOCORE: Any = parsers  # whose stubs leave out what parsers are made of
_AUTH: Any = auth  # likewise
_CLOCK: Final = "_time_fetcher"
_FOLDER: Final = str(Path(auth.__file__).parent)
OK: Final = 200
_PLAIN: Final = ("POST", "/", False, bytes)


def hasten(client: Any, address: str) -> None:
    """Give a botocore client the short way where it calls `address`, and no proxy stands before it."""
    parts = urlsplit(address)
    if client.meta.endpoint_url != address or parts.scheme != "http" or parts.port in (None, 80):
        return
    if client.meta.config.proxies or get_environ_proxies(address):
        return
    if _OWN is None or not _is_service_of_ours(client.meta.service_model):
        return
    if type(client)._make_api_call is not _OWN[0] or not _has_what_is_needed(client):
        return
    inner = client._endpoint
    inner.http_session = straight = Straight(inner.http_session, f"http://{parts.netloc}", client.meta.config)
    _read_clock_plainly(client._request_signer._credentials)
    client._make_api_call = Calls(client, straight)


def _is_service_of_ours(model: Any) -> bool:
    return model.service_name in _SERVICES and getattr(model, "resolved_protocol", "") == "json"


def _has_what_is_needed(client: Any) -> bool:
    """Another version of botocore may call it by another name."""
    emitter = getattr(client.meta.events, "_emitter", None)
    needed = [(client, _OF_CLIENT), (client._request_signer, _OF_SIGNER), (emitter, _OF_EMITTER)]
    return all(hasattr(owner, name) for owner, names in needed for name in names)


def _read_clock_plainly(credentials: Any) -> None:
    """Each signature asks whether the credentials still last; the time of the machine's own zone takes 20 microseconds
    to tell, and is the same moment.
    """
    if getattr(getattr(credentials, _CLOCK, None), "__name__", "") == "_local_now":
        setattr(credentials, _CLOCK, _now)


# --- the call ----------------------------------------------------------------------------------------------

_SERVICES: Final = frozenset({"cognito-idp", "cognito-identity"})
_OF_CLIENT: Final = ("_endpoint", "_resolve_endpoint_ruleset", "_serializer", "_user_agent_creator")
_OF_SIGNER: Final = ("_credentials", "_signature_version", "region_name", "signing_name")
_OF_EMITTER: Final = ("_handlers", "_lookup_cache")
_WAYS: Final = (
    (BaseClient, "_make_api_call"),
    (BaseClient, "_make_request"),
    (Endpoint, "create_request"),
    (Endpoint, "make_request"),
    (Endpoint, "prepare_request"),
    (Endpoint, "_send"),
    (Endpoint, "_send_request"),
)
"""What tools that watch an application put themselves around."""

_EVENTS: Final = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "before-parse",
    "response-received",
    "needs-retry",
    "after-call",
    "after-call-error",
)
_REPEATED_OF: Final = ("before-call", "request-created", "after-call")
_REPEATED: Final = frozenset(
    {"add_recursion_detection_header", "seed_max_attempts", "add_retry_headers", "release_retry_quota"}
)
_WITHOUT_EFFECT: Final = frozenset(
    {
        "generate_idempotent_uuid",  # these five: with what `_UNUSUAL` says of the operation
        "inject_api_version_header_if_needed",
        "set_operation_specific_signer",
        "_handle_request_validation_mode_member",
        "_set_auth_scheme_preference_signer",
        "handler",  # signs, which is done here
        "rebuild_and_replace_user_agent_handler",  # the agent of a plain call is built when it is sent
        "needs_retry",  # is asked when there is something to repeat
        "RetryHandler",  # likewise
    }
)
_UNUSUAL: Final = (
    "auth",
    "context_parameters",
    "deprecated",
    "endpoint",
    "endpoint_discovery",
    "has_event_stream_input",
    "has_event_stream_output",
    "has_streaming_input",
    "has_streaming_output",
    "http_checksum",
    "http_checksum_required",
    "idempotent_members",
    "is_endpoint_discovery_operation",
    "operation_context_parameters",
    "request_compression",
    "resolved_auth_type",
    "static_context_parameters",
    "unsigned_payload",
)
"""What an operation's model does not have when there is nothing special about it."""

_LOGS: Final = tuple(
    logging.getLogger(f"botocore.{name}") for name in ("auth", "client", "endpoint", "hooks", "parsers")
)


def _ways() -> tuple[Any, ...]:
    return tuple([getattr(owner, name) for owner, name in _WAYS])


def _is_botocores(way: Any) -> bool:
    return type(way) is FunctionType and way.__code__.co_filename.startswith(_FOLDER)


_OWN: Final = _ways() if all(map(_is_botocores, _ways())) else None


class Plan(NamedTuple):
    """What all plain calls of an operation share: its model, the note on repetitions, handlers that do something."""

    model: Any
    repetitions: dict[str, Any]
    before: list[Any]
    created: list[Any]
    after: list[Any]


class Leaving(NamedTuple):
    """A request as handlers of `request-created` see it."""

    headers: dict[str, str]
    context: dict[str, Any]


class Calls:
    """In the place of a client's `_make_api_call`."""

    def __init__(self, client: Any, straight: Straight) -> None:
        self._client = client
        self._straight = straight
        self._history: Any = get_global_history_recorder()
        self._listeners: Any = None
        self._plans: dict[str, Plan | None] = {}

    def __call__(self, name: str, params: dict[str, Any]) -> Any:
        plan = self._plan(name)
        sent = None if plan is None else self._written(plan, params)
        outcome = None if sent is None else self._straight.exchange(sent)
        if plan is None or outcome is None:
            return self._whole(name, params)
        if isinstance(outcome, Exception) or outcome.status_code != OK:
            return self._straight.with_known(outcome, lambda: self._whole(name, params))
        return self._read(plan, outcome)

    def _whole(self, name: str, params: dict[str, Any]) -> Any:
        return type(self._client)._make_api_call(self._client, name, params)

    def _plan(self, name: str) -> Plan | None:
        """None while somebody listens, watches or reads logs, and for an operation that is not plain."""
        if _ways() != _OWN or self._history._enabled or any(log.isEnabledFor(logging.DEBUG) for log in _LOGS):
            return None
        listeners = self._client.meta.events._emitter._lookup_cache
        if listeners is not self._listeners:
            self._listeners, self._plans = listeners, {}
        if name not in self._plans:
            self._plans[name] = self._made(name)
        return self._plans[name]

    def _made(self, name: str) -> Plan | None:
        client, model = self._client, self._client.meta.service_model.operation_model(name)
        signer = client._request_signer
        if any(getattr(model, each, True) for each in _UNUSUAL):
            return None
        if getattr(client.meta.config, "auth_scheme_preference", "unknown"):
            return None
        if signer._signature_version != "v4" or not signer._credentials:
            return None
        if not _AUTH.AUTH_TYPE_MAPS["v4"].__module__.startswith("botocore."):
            return None
        context: dict[str, Any] = {}
        found = client._resolve_endpoint_ruleset(model, {}, context)
        if found != (client.meta.endpoint_url, {}, {}) or context:
            return None
        service = model.service_model.service_id.hyphenize()
        heard = {event: self._handlers(f"{event}.{service}.{name}") for event in _EVENTS}
        if not all(_is_known(each) for handlers in heard.values() for each in handlers):
            return None
        repeated = [[each for each in heard[event] if _name(each) in _REPEATED] for event in _REPEATED_OF]
        return Plan(model, _repetitions(repeated[1]), *repeated)

    def _handlers(self, event: str) -> list[Any]:
        return list(self._client.meta.events._emitter._handlers.prefix_search(event))

    def _written(self, plan: Plan, params: dict[str, Any]) -> bytes | None:
        """The request as it goes over the wire; None for one that is not plain. Raises what botocore's checks raise."""
        client = self._client
        request = client._serializer.serialize_to_request(params, plan.model)
        headers, body = request["headers"], request["body"]
        if (request["method"], request["url_path"], bool(request["query_string"]), type(body)) != _PLAIN:
            return None
        headers["User-Agent"] = client._user_agent_creator.to_string()
        for handler in plan.before:
            handler(params=request, model=plan.model)
        sign(headers, self._straight.host, body, client._request_signer)
        leaving = Leaving(headers, {"retries": {"attempt": 1, "invocation-id": str(uuid4())}})
        for handler in plan.created:
            handler(request=leaving)
        return self._straight.packet(headers, body)

    def _read(self, plan: Plan, answer: Answer) -> Any:
        defaults = self._client._endpoint._response_parser_factory._defaults
        given = {**answer._asdict(), "context": {"operation_name": plan.model.name}}
        parsed = Reading(**defaults).parse(given, plan.model.output_shape)
        parsed["ResponseMetadata"] |= plan.repetitions
        for handler in plan.after:
            handler(context={}, http_response=answer)
        return parsed


def _repetitions(created: list[Any]) -> dict[str, Any]:
    """The standard mode notes the last attempt, also one that succeeds."""
    most = [each.__self__._max_attempts for each in created if _name(each) == "seed_max_attempts"]
    return {"RetryAttempts": 0} | ({"MaxAttemptsReached": True} if 1 in most else {})


def _name(handler: Any) -> str:
    return str(getattr(handler, "__name__", type(handler).__name__))


def _is_known(handler: Any) -> bool:
    module = getattr(handler, "__module__", None) or ""
    return module.startswith("botocore.") and _name(handler) in _REPEATED | _WITHOUT_EFFECT


# --- the signature -----------------------------------------------------------------------------------------


def sign(headers: dict[str, str], host: str, body: bytes, signer: Any) -> None:
    """Adds botocore's signature, to the byte, for a request to `/` without a query."""
    keys = signer._credentials.get_frozen_credentials()
    stamp = f"{_now():%Y%m%dT%H%M%SZ}"
    headers["X-Amz-Date"] = stamp
    if keys.token:
        headers["X-Amz-Security-Token"] = keys.token
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()} | {"host": host}
    ordered = sorted(signed.keys() - _AUTH.SIGNED_HEADERS_BLACKLIST)
    names, lines = ";".join(ordered), "\n".join([f"{name}:{signed[name]}" for name in ordered])
    canonical = f"POST\n/\n\n{lines}\n\n{names}\n{sha256(body).hexdigest()}".encode()
    place = stamp[:8], signer.region_name, signer.signing_name
    scope = f"{'/'.join(place)}/aws4_request"
    told = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical).hexdigest()}".encode()
    signature = hmac.digest(_key(keys.secret_key, *place), told, "sha256").hex()
    credential = f"{keys.access_key}/{scope}"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a worker has no clock but its own


@lru_cache(maxsize=4)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """Good for a day."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


# --- what is in the answer ---------------------------------------------------------------------------------

Reader = Callable[["Reading", Any], Any]
_readers: dict[int, tuple[Any, Reader | None]] = {}
"""By the identity of a shape, which is kept with its reader so that no other takes its place."""


class Reading(_BOTOCORE.JSONParser):  # type: ignore[misc]  # the stubs leave it out
    """botocore's parser of JSON, which asks a shape once what it is made of, and not for each value of each answer."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        value = self._parse_body_as_json(raw_body)
        reader = _reader(shape)
        return value if reader is None else reader(self, value)


def _reader(shape: Any) -> Reader | None:
    """What makes the parsed value of a shape out of JSON's; None where they are the same."""
    known = _readers.get(id(shape))
    if known is None:
        _readers[id(shape)] = shape, _slow(shape)  # which one within itself finds
        known = _readers[id(shape)] = shape, _made(shape)
    return known[1]


def _made(shape: Any) -> Reader | None:
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type and not shape.is_tagged_union:
        return _of_structure(shape)
    if kind == "list":
        return _of_list(_reader(shape.member))
    if kind == "timestamp":
        return lambda parser, value: parser._timestamp_parser(value)
    if hasattr(_BOTOCORE.JSONParser, f"_handle_{kind}"):
        return _slow(shape)
    return None


def _slow(shape: Any) -> Reader:
    return lambda parser, value: parser._parse_shape(shape, value)


def _of_structure(shape: Any) -> Reader:
    members = [(name, each.serialization.get("name", name), _reader(each)) for name, each in shape.members.items()]

    def read(parser: Reading, value: Any) -> Any:
        if value is None:
            return None
        found = {}
        for name, key, reader in members:
            given = value.get(key)
            if given is not None:
                found[name] = given if reader is None else reader(parser, given)
        return found

    return read


def _of_list(reader: Reader | None) -> Reader:
    if reader is None:
        return lambda _parser, value: list(value)
    return lambda parser, value: [None if one is None else reader(parser, one) for one in value]
