"""`generate_client()`: the backend's custom queries and mutations as Python methods.

The methods come from the outputs' model introspection, as they do in the JavaScript client
(spec/backend-and-data.md section 7). Names may be written as on the wire or in snake_case.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import httpx

from poolhouse.client.outputs import Outputs
from poolhouse.client.rest import RestApi, RestApis
from poolhouse.client.session import Session, fetch_credentials
from poolhouse.client.wire import connection, signature
from poolhouse.errors import ClientError, PoolhouseError

Mode = Literal["userPool", "iam", "identityPool", "apiKey"]
_MODES: Mapping[str, Mode] = {
    "AMAZON_COGNITO_USER_POOLS": "userPool",
    "AWS_IAM": "iam",
    "API_KEY": "apiKey",
}


@dataclass(frozen=True, slots=True)
class GraphQLError:
    """One entry of an answer's `errors`."""

    message: str
    type: str | None = None
    path: tuple[str | int, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)


class OperationError(PoolhouseError):
    """The operation was refused or failed; `errors` says why, `data` holds what was answered besides."""

    def __init__(self, errors: tuple[GraphQLError, ...], data: Any = None, status: int = 200) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.data = data
        self.status = status

    @property
    def type(self) -> str | None:
        """The first error's type, for example "Unauthorized" or "Lambda:Unhandled"."""
        return self.errors[0].type


class _Operation(NamedTuple):
    kind: str
    name: str
    description: Mapping[str, Any]


class Operations:
    """The methods of one kind: `client.mutations.add_user_to_group(...)`."""

    def __init__(self, client: "Client", kind: str, described: Mapping[str, Any]) -> None:
        self._client = client
        self._by_name = {name: _Operation(kind, name, what) for name, what in described.items()}
        self._by_name |= {_snake(name): operation for name, operation in list(self._by_name.items())}

    def __dir__(self) -> list[str]:
        return sorted(self._by_name)

    def __getattr__(self, name: str) -> "Method":
        operation = self._by_name.get(name)
        if operation is None:
            raise AttributeError(f"The backend has no operation {name!r}; it has: {', '.join(dir(self)) or 'none'}.")
        return Method(self._client, operation)


class Method:
    """One operation, ready to be called with its arguments by name."""

    def __init__(self, client: "Client", operation: _Operation) -> None:
        self._client = client
        self._operation = operation

    def __call__(self, *, auth_mode: Mode | None = None, **arguments: Any) -> Any:
        """Run the operation and return its value; `a.json()` values are text, as in the other clients.

        Raises OperationError when the answer holds errors, ClientError for wrong arguments, before anything is sent.
        """
        text = _document(self._operation, self._client.outputs.introspection)
        answer = self._client.execute(text, _variables(self._operation, arguments), auth_mode=auth_mode)
        return answer.get(self._operation.name)


class Client:
    """See `generate_client`."""

    def __init__(self, outputs: Outputs, session: Session | None, mode: Mode, http: httpx.Client | None) -> None:
        self.outputs = outputs
        self.session = session
        self.auth_mode = mode
        self._http = connection(self, http, outputs.ca_file, 60)
        self.queries = Operations(self, "query", outputs.introspection.get("queries", {}))
        self.mutations = Operations(self, "mutation", outputs.introspection.get("mutations", {}))
        self.rest = RestApis(outputs.rest, lambda endpoint: RestApi(endpoint, session, self._http))

    def execute(self, document: str, variables: Mapping[str, Any], *, auth_mode: Mode | None = None) -> dict[str, Any]:
        """POST one document. Returns `data`; raises OperationError when the answer holds errors."""
        url = self.outputs.graphql_url
        if url is None:
            raise ClientError("The outputs describe no data API.", resolution="Add define_data(...) to the backend.")
        body = json.dumps({"query": document, "variables": dict(variables)}).encode()
        headers = {"content-type": "application/json"} | self._authorization(url, body, auth_mode or self.auth_mode)
        response = self._http.post(url, content=body, headers=headers)
        return _data(response)

    def _authorization(self, url: str, body: bytes, mode: Mode) -> dict[str, str]:
        if mode == "apiKey":
            if self.outputs.api_key is None:
                raise ClientError("The outputs hold no API key.", resolution="Choose another auth_mode.")
            return {"x-api-key": self.outputs.api_key}
        if mode == "userPool":
            if self.session is None:
                raise ClientError("Nobody is signed in.", resolution="Pass session=sign_in(...) to generate_client.")
            return {"authorization": self.session.access_token}
        return signature(url, body, self._credentials(), self.outputs.region)

    def _credentials(self) -> Any:
        if self.session is not None:
            return self.session.credentials()
        if self.outputs.identity_pool_id is None:
            raise ClientError("The outputs name no identity pool.", resolution='Use auth_mode="userPool".')
        return fetch_credentials(self._http, self.outputs, self.outputs.identity_pool_id, {})


def generate_client(
    outputs: Any,
    *,
    session: Session | None = None,
    auth_mode: Mode | None = None,
    endpoint: str | None = None,
    ca_file: str | None = None,
    http: httpx.Client | None = None,
) -> Client:
    """A client of the backend's queries, mutations and REST APIs.

    `auth_mode` defaults to the backend's default mode; without a session, IAM requests are those of a guest.
    `ca_file` is the certificate authority to trust, as `poolhouse dev --tls` shows it.
    """
    where = Outputs.read(outputs, endpoint, ca_file)
    return Client(where, session, auth_mode or _MODES.get(where.default_mode, "iam"), http)


def _data(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise OperationError((GraphQLError("The answer is not JSON."),), status=response.status_code) from error
    if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
        told = answer.get("message") if isinstance(answer, dict) else None
        text = str(told or "The answer is no GraphQL answer.")
        raise OperationError((GraphQLError(text),), status=response.status_code)
    errors = tuple(
        GraphQLError(
            message=str(entry.get("message", "")),
            type=entry.get("errorType"),
            path=tuple(entry.get("path") or ()),
            extensions=entry.get("extensions") or {},
        )
        for entry in answer.get("errors") or ()
    )
    if errors:
        raise OperationError(errors, answer.get("data"), response.status_code)
    data: dict[str, Any] = answer.get("data") or {}
    return data


def _variables(operation: _Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    declared: Mapping[str, Any] = operation.description.get("arguments", {})
    wire = {_snake(name): name for name in declared} | {name: name for name in declared}
    unknown = [name for name in given if name not in wire]
    if unknown:
        raise ClientError(
            f"{operation.name} has no argument {unknown[0]!r}.",
            resolution=f"It takes: {', '.join(declared) or 'none'}.",
        )
    variables = {wire[name]: value for name, value in given.items()}
    for name, argument in declared.items():
        if argument["isRequired"] and variables.get(name) is None:
            raise ClientError(f"{operation.name} requires arguments '{name}'.", resolution="Pass it by name.")
    return variables


def _document(operation: _Operation, introspection: Mapping[str, Any]) -> str:
    declared: Mapping[str, Any] = operation.description.get("arguments", {})
    types = ", ".join(f"${name}: {_type_text(argument)}" for name, argument in declared.items())
    passed = ", ".join(f"{name}: ${name}" for name in declared)
    selection = " ".join(_selection(operation.description["type"], introspection, ()))
    return (
        f"{operation.kind} {f'({types}) ' if types else ''}{{ "
        f"{operation.name}{f'({passed})' if passed else ''}{f' {{ {selection} }}' if selection else ''} }}"
    )


def _type_text(argument: Mapping[str, Any]) -> str:
    kind = argument["type"]
    text = kind if isinstance(kind, str) else next(iter(kind.values()))
    text += "!" if argument["isRequired"] else ""
    if argument.get("isArray"):
        text = f"[{text}]" + ("" if argument.get("isArrayNullable", True) else "!")
    return str(text)


def _selection(kind: Any, introspection: Mapping[str, Any], inside: tuple[str, ...]) -> Iterator[str]:
    """All scalar and enum fields, custom types expanded; a type inside itself is left out."""
    if isinstance(kind, str) or "nonModel" not in kind or kind["nonModel"] in inside:
        return
    name = kind["nonModel"]
    for field_name, described in introspection["nonModels"][name]["fields"].items():
        inner = described["type"]
        if isinstance(inner, str) or "enum" in inner:
            yield field_name
        elif nested := " ".join(_selection(inner, introspection, (*inside, name))):
            yield f"{field_name} {{ {nested} }}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
