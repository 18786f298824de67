"""The Manifest: what `define_backend` makes and everybody else reads.

Plain, versioned, JSON-able data. The runtime applies it, `outputs` turns it into client files, `deploy` into a
template. It holds no code, no secret value and no absolute path. `VERSION` changes with every change of shape;
documents of lower versions stay readable, because every member that came later has a default.
"""

from typing import Literal

import msgspec

from .manifest_auth import (
    SELF_SERVICE_SCOPE,
    Attribute,
    AttributeType,
    Auth,
    Delegate,
    Delegation,
    EmailSender,
    Grant,
    Group,
    HostedSignIn,
    Invitation,
    Multifactor,
    Passkeys,
    Passwordless,
    PasswordPolicy,
    ReferencedAuth,
    SmsSender,
    Verification,
)
from .plain import Plain, upper_snake

__all__ = [
    "ADMIN_QUERIES",
    "HANDED_OVER",
    "SELF_SERVICE_SCOPE",
    "VERSION",
    "Attribute",
    "AttributeType",
    "Auth",
    "AuthMode",
    "CustomType",
    "Data",
    "DataAccess",
    "Delegate",
    "Delegation",
    "EmailSender",
    "EnumType",
    "Field",
    "Function",
    "Grant",
    "Group",
    "HandlerRef",
    "HostedSignIn",
    "IdTokens",
    "Invitation",
    "Manifest",
    "Multifactor",
    "Operation",
    "OperationKind",
    "Passkeys",
    "PasswordPolicy",
    "Passwordless",
    "ReferencedAuth",
    "RestApi",
    "RestAuthorizer",
    "RestRoute",
    "Rule",
    "ScalarName",
    "SecretRef",
    "SmsSender",
    "TypeRef",
    "UserPoolId",
    "Verification",
    "decode",
    "encode",
    "json_schema",
    "upper_snake",
]

VERSION = 3

ScalarName = Literal[
    "ID",
    "String",
    "Int",
    "Float",
    "Boolean",
    "AWSDate",
    "AWSTime",
    "AWSDateTime",
    "AWSTimestamp",
    "AWSEmail",
    "AWSJSON",
    "AWSPhone",
    "AWSURL",
    "AWSIPAddress",
]
AuthMode = Literal["userPool", "identityPool", "apiKey"]
# The result of an operation whose last handler is asynchronous: an object with one Boolean, `success`.
HANDED_OVER = "EventInvocationResponse"
OperationKind = Literal["query", "mutation"]
RestAuthorizer = Literal["userPool", "none"]
IdTokens = Literal["own", "pool", "none"]
ADMIN_QUERIES = "AdminQueries"


class SecretRef(Plain, frozen=True, tag_field="kind", tag="secret"):
    """A value that is looked up by name when a function starts (`poolhouse secret set NAME`)."""

    name: str


class UserPoolId(Plain, frozen=True, tag_field="kind", tag="user-pool-id"):
    """The id of the backend's user pool, which exists once the backend is applied."""


class Function(Plain, frozen=True):
    """One user function. `entry` is relative to the project's root, with forward slashes."""

    name: str
    entry: str
    handler: str = "handler"
    timeout_seconds: int = 3
    memory_mb: int = 512
    environment: dict[str, str | SecretRef | UserPoolId] = {}  # noqa: RUF012 - msgspec gives every instance its own


class TypeRef(Plain, frozen=True):
    """A field's type. `required`: the element is non-null; `array_required`: the list itself is."""

    name: str
    kind: Literal["scalar", "enum", "custom"] = "scalar"
    required: bool = False
    array: bool = False
    array_required: bool = False


class Field(Plain, frozen=True):
    name: str
    type: TypeRef


class Rule(Plain, frozen=True):
    """One authorization rule of an operation.

    strategy and provider pair up as spec section 4.5 lists them: ("public", "apiKey"), ("guest", "identityPool"),
    ("authenticated", "userPools" | "identityPool"), ("groups", "userPools").
    """

    strategy: Literal["public", "guest", "authenticated", "groups"]
    provider: Literal["apiKey", "identityPool", "userPools"]
    groups: tuple[str, ...] = ()


class HandlerRef(Plain, frozen=True):
    function: str
    asynchronous: bool = False


class Operation(Plain, frozen=True):
    """A custom query or mutation. An asynchronous last handler makes the result EventInvocationResponse."""

    name: str
    kind: OperationKind
    arguments: tuple[Field, ...] = ()
    returns: TypeRef | None = None
    rules: tuple[Rule, ...] = ()
    handlers: tuple[HandlerRef, ...] = ()

    @property
    def is_asynchronous(self) -> bool:
        """The last handler decides whether the caller waits for a result."""
        return bool(self.handlers) and self.handlers[-1].asynchronous


class EnumType(Plain, frozen=True):
    name: str
    values: tuple[str, ...]


class CustomType(Plain, frozen=True):
    """An object type. `used_as` says whether results, arguments or both need it; inputs are named `<name>Input`.

    A type that comes from an inline argument already carries its input name (`FooBarInput`) and is only "input".
    Every type that the schema names is an "output" at least, so `used_as == ("input",)` tells the two apart.
    """

    name: str
    fields: tuple[Field, ...]
    used_as: tuple[Literal["output", "input"], ...] = ("output",)

    @property
    def input_name(self) -> str:
        """`X` is `XInput` where it is an argument; a type made for an inline argument is named so already."""
        return self.name if self.used_as == ("input",) else f"{self.name}Input"


class DataAccess(Plain, frozen=True):
    """Schema-level `allow.resource(function).to([...])`: the function may call the API itself."""

    function: str
    actions: tuple[Literal["query", "mutate"], ...] = ("query", "mutate")


class Data(Plain, frozen=True):
    name: str = "amplifyData"
    default_mode: AuthMode = "userPool"
    api_key_expires_in_days: int | None = None
    operations: tuple[Operation, ...] = ()
    enums: tuple[EnumType, ...] = ()
    types: tuple[CustomType, ...] = ()
    access: tuple[DataAccess, ...] = ()
    introspection: bool = True


class RestRoute(Plain, frozen=True):
    """What answers one method (`ANY`: every one that has no route of its own) of one resource of a REST API.

    `path` begins with a slash; a segment may be `{name}`, and the last one `{name+}` for all that follows.
    """

    path: str
    method: str
    function: str
    authorizer: RestAuthorizer = "userPool"


class RestApi(Plain, frozen=True):
    """A REST API: routes to functions, behind one stage.

    A user pool's access token needs one of `scopes`. `id_tokens` says whose ID tokens are accepted: those that the
    backend's own client got, those of any client of the pool, or none. `allow_origins` are the web origins that a
    browser may call from.
    """

    name: str
    stage: str = "dev"
    routes: tuple[RestRoute, ...] = ()
    scopes: tuple[str, ...] = (SELF_SERVICE_SCOPE,)
    id_tokens: IdTokens = "own"
    allow_origins: tuple[str, ...] = ("*",)

    @property
    def root(self) -> str:
        """Where the API begins on a server that serves several. Admin Queries has the stage to itself, as at AWS."""
        return f"/{self.stage}" if self.name == ADMIN_QUERIES else f"/{self.name}/{self.stage}"


class Manifest(Plain, frozen=True):
    """Everything about one backend.

    `name` is what it is called in a database. `app` is what its stacks at AWS begin with; without it that is the name
    of the project's folder.
    """

    version: int
    name: str = "app"
    app: str | None = None
    auth: Auth | None = None
    functions: tuple[Function, ...] = ()
    data: Data | None = None
    rest_apis: tuple[RestApi, ...] = ()


def encode(manifest: Manifest) -> bytes:
    """JSON bytes, stable for equal manifests."""
    return msgspec.json.encode(manifest, order="deterministic")


def decode(data: bytes) -> Manifest:
    """The inverse of `encode`; raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Manifest)


def json_schema() -> dict[str, object]:
    """The documented JSON schema of the Manifest (docs/manifest.md is made from it)."""
    return msgspec.json.schema(Manifest)
