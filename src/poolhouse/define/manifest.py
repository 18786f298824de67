"""The Manifest: what `define_backend` makes and everybody else reads.

Plain, versioned, JSON-able data. The runtime applies it, `outputs` turns it into client files, `deploy` into a
template. It holds no code, no secret value and no absolute path; `VERSION` changes with every change of shape.
"""

from typing import Literal

import msgspec

VERSION = 1

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
AttributeType = Literal["String", "Number", "DateTime", "Boolean"]


class _Plain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Immutable data. Written in full, so that equal manifests are equal bytes; absent members mean their default."""


class SecretRef(_Plain, frozen=True, tag_field="kind", tag="secret"):
    """A value that is looked up by name when a function starts (`poolhouse secret set NAME`)."""

    name: str


class Function(_Plain, frozen=True):
    """One user function. `entry` is relative to the project's root, with forward slashes."""

    name: str
    entry: str
    handler: str = "handler"
    timeout_seconds: int = 3
    memory_mb: int = 512
    environment: dict[str, str | SecretRef] = {}


class Grant(_Plain, frozen=True):
    """`allow.resource(function).to(names)`; `actions` are the IAM actions (`cognito-idp:AdminGetUser`), in
    first-seen order.
    """

    function: str
    names: tuple[str, ...]
    actions: tuple[str, ...]


class PasswordPolicy(_Plain, frozen=True):
    minimum_length: int = 8
    require_lowercase: bool = True
    require_uppercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_password_validity_days: int = 7


class Attribute(_Plain, frozen=True):
    """A user attribute by its wire name (`given_name`, `custom:tenant`); bounds are for custom attributes."""

    name: str
    data_type: AttributeType = "String"
    required: bool = False
    mutable: bool = True
    min_length: int | None = None
    max_length: int | None = None
    min_value: int | None = None
    max_value: int | None = None


class Verification(_Plain, frozen=True):
    """The message that carries a sign-up code; `body` holds `{####}` where the code goes."""

    subject: str = "Verify your new account"
    body: str = "The verification code to your new account is {####}"


class Invitation(_Plain, frozen=True):
    """The message of AdminCreateUser; bodies hold `{username}` and `{####}`."""

    subject: str = "Your temporary password"
    body: str = "Your username is {username} and temporary password is {####}."


class Group(_Plain, frozen=True):
    """Precedence is the group's place in the list: 0 is strongest."""

    name: str
    precedence: int


class Multifactor(_Plain, frozen=True):
    """Whether sign-ins ask for a second factor, and which ones there are; REQUIRED means from everybody."""

    mode: Literal["OFF", "OPTIONAL", "REQUIRED"] = "OFF"
    totp: bool = False
    email: bool = False


class Auth(_Plain, frozen=True):
    """One user pool with its app client, identity pool, groups and grants."""

    name: str = "amplifyAuth"
    login: tuple[Literal["email", "phone_number"], ...] = ("email",)
    verification: Verification = Verification()
    invitation: Invitation = Invitation()
    password_policy: PasswordPolicy = PasswordPolicy()
    attributes: tuple[Attribute, ...] = ()
    account_recovery: tuple[str, ...] = ("verified_email",)
    multifactor: Multifactor = Multifactor()
    groups: tuple[Group, ...] = ()
    grants: tuple[Grant, ...] = ()

    @property
    def environment_name(self) -> str:
        """The variable that tells a granted function its pool: `amplifyAuth` gives AMPLIFY_AUTH_USERPOOL_ID."""
        return f"{upper_snake(self.name)}_USERPOOL_ID"


class TypeRef(_Plain, frozen=True):
    """A field's type. `required`: the element is non-null; `array_required`: the list itself is."""

    name: str
    kind: Literal["scalar", "enum", "custom"] = "scalar"
    required: bool = False
    array: bool = False
    array_required: bool = False


class Field(_Plain, frozen=True):
    name: str
    type: TypeRef


class Rule(_Plain, frozen=True):
    """One authorization rule of an operation.

    strategy and provider pair up as spec section 4.5 lists them: ("public", "apiKey"), ("guest", "identityPool"),
    ("authenticated", "userPools" | "identityPool"), ("groups", "userPools").
    """

    strategy: Literal["public", "guest", "authenticated", "groups"]
    provider: Literal["apiKey", "identityPool", "userPools"]
    groups: tuple[str, ...] = ()


class HandlerRef(_Plain, frozen=True):
    function: str
    asynchronous: bool = False


class Operation(_Plain, frozen=True):
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


class EnumType(_Plain, frozen=True):
    name: str
    values: tuple[str, ...]


class CustomType(_Plain, frozen=True):
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


class DataAccess(_Plain, frozen=True):
    """Schema-level `allow.resource(function).to([...])`: the function may call the API itself."""

    function: str
    actions: tuple[Literal["query", "mutate"], ...] = ("query", "mutate")


class Data(_Plain, frozen=True):
    name: str = "amplifyData"
    default_mode: AuthMode = "userPool"
    api_key_expires_in_days: int | None = None
    operations: tuple[Operation, ...] = ()
    enums: tuple[EnumType, ...] = ()
    types: tuple[CustomType, ...] = ()
    access: tuple[DataAccess, ...] = ()
    introspection: bool = True


class Manifest(_Plain, frozen=True):
    """Everything about one backend."""

    version: int
    name: str = "app"
    auth: Auth | None = None
    functions: tuple[Function, ...] = ()
    data: Data | None = None


def upper_snake(name: str) -> str:
    """`myCoolAuth2` -> `MY_COOL_AUTH_2`, the word split that Amplify uses for injected variables."""
    words: list[str] = []
    for index, char in enumerate(name):
        previous = name[index - 1] if index else ""
        following = name[index + 1] if index + 1 < len(name) else ""
        starts = not words or not char.isalnum() or not previous.isalnum()
        starts |= char.isupper() and (not previous.isupper() or following.islower())
        starts |= char.isdigit() != previous.isdigit()
        if not char.isalnum():
            continue
        if starts:
            words.append(char)
        else:
            words[-1] += char
    return "_".join(words).upper()


def encode(manifest: Manifest) -> bytes:
    """JSON bytes, stable for equal manifests."""
    return msgspec.json.encode(manifest, order="deterministic")


def decode(data: bytes) -> Manifest:
    """The inverse of `encode`; raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Manifest)


def json_schema() -> dict[str, object]:
    """The documented JSON schema of the Manifest (docs/manifest.md is made from it)."""
    return msgspec.json.schema(Manifest)
