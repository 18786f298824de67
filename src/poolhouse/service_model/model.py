"""The reduced service models in memory: tables of operations and shapes. Validates nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from .structs import cognito_identity, cognito_idp, sts

Auth = Literal["iam", "public", "token", "token_or_session"]
STRUCTS = {"cognito-idp": cognito_idp, "cognito-identity": cognito_identity, "sts": sts}
# Members that carry secrets, in or out, whether the models mark them or not.
SECRET_MEMBERS = frozenset(
    {
        "AuthParameters",
        "ChallengeParameters",
        "ChallengeResponses",
        "Code",
        "ConfirmationCode",
        "Credential",
        "IdToken",
        "Logins",
        "PasswordVerifier",
        "PreSignedUrl",
        "ProviderDetails",
        "Salt",
        "SamlAssertion",
        "SAMLAssertion",
        "SecretAccessKey",
        "SecretKey",
        "SessionToken",
        "Token",
        "TokenCode",
        "UserCode",
        "WebIdentityToken",
    }
)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One type of a service model. `element` is the type of a list's entries or of a map's values."""

    type: Literal[
        "structure", "list", "map", "string", "integer", "long", "boolean", "blob", "timestamp", "double", "document"
    ]
    members: dict[str, str] = {}
    required: tuple[str, ...] = ()
    key: str | None = None
    element: str | None = None
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    sensitive: bool = False


class OperationEntry(msgspec.Struct, frozen=True):
    auth: Auth
    input: str
    errors: frozenset[str]
    output: str | None = None


class ServiceModel(msgspec.Struct, frozen=True):
    """One data file."""

    version: str
    operations: dict[str, OperationEntry]
    shapes: dict[str, Shape]
    target: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of one service; there is one object for each, compared by identity.

    `auth` is what the caller proves: an AWS signature ("iam"), nothing ("public"), an access token in the input
    ("token"), or one of access token and session. `errors` are the declared codes, as they stand on the wire.
    """

    name: str
    service: str
    auth: Auth
    errors: frozenset[str]
    input: type[msgspec.Struct]
    input_shape: str
    output_shape: str | None

    @property
    def has_output(self) -> bool:
        return self.output_shape is not None


def load(service: str) -> ServiceModel:
    path = Path(__file__).parent / "data" / f"{service.replace('-', '_')}.json"
    return msgspec.json.decode(path.read_bytes(), type=ServiceModel)


def build(service: str) -> dict[str, Operation]:
    return {
        name: Operation(
            name=name,
            service=service,
            auth=entry.auth,
            errors=entry.errors,
            input=getattr(STRUCTS[service], entry.input),
            input_shape=entry.input,
            output_shape=entry.output,
        )
        for name, entry in MODELS[service].operations.items()
    }


MODELS = {service: load(service) for service in STRUCTS}
OPERATIONS = {service: build(service) for service in STRUCTS}
TARGETS = {
    f"{MODELS[service].target}.{name}": operation
    for service, table in OPERATIONS.items()
    if MODELS[service].target
    for name, operation in table.items()
}


def operation(service: str, name: str) -> Operation | None:
    return OPERATIONS.get(service, {}).get(name)


def operations(service: str) -> tuple[Operation, ...]:
    """All operations of "cognito-idp", "cognito-identity" or "sts", by name. KeyError for another service."""
    return tuple(OPERATIONS[service].values())


def by_target(target: str) -> Operation | None:
    """The operation of an X-Amz-Target header."""
    return TARGETS.get(target)


def by_action(action: str, version: str) -> Operation | None:
    """The STS operation of a query request's Action and Version."""
    return OPERATIONS["sts"].get(action) if version == MODELS["sts"].version else None


def sensitive_members() -> frozenset[str]:
    """Member names whose values must not be logged, of all three services.

    A member counts when its own type or the type of its entries is marked; a structure's members count by themselves.
    """
    return SECRET_MEMBERS | {
        name
        for model in MODELS.values()
        for shape in model.shapes.values()
        for name, target in shape.members.items()
        if is_marked(model.shapes, target)
    }


def is_marked(shapes: dict[str, Shape], name: str) -> bool:
    shape = shapes[name]
    inner = shape.element if shape.type in {"list", "map"} else None
    return shape.sensitive or (inner is not None and is_marked(shapes, inner))
