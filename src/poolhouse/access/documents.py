"""The policy and trust documents that a Manifest asks for: who may do what, on resources that are handed in.

The local runtime hands in text, the CloudFormation template hands in intrinsic functions; both get the same documents.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from poolhouse.define.grants import SERVICE, WITHOUT_POOL
from poolhouse.define.manifest import Data, DataAccess, Grant, Operation

from .principals import AuthType

Field = Callable[[str, str], Any]
"""The ARN of a field of the GraphQL API, from its type (`Mutation`) and its name."""

INVOKE_FIELD: Final = "appsync:GraphQL"
VERSION: Final = "2012-10-17"
FEDERATED: Final = "cognito-identity.amazonaws.com"
WEB_IDENTITY: Final = "sts:AssumeRoleWithWebIdentity"
_KINDS: Final = {"query": "Query", "mutate": "Mutation"}
_FREE: Final = frozenset(f"{SERVICE}:{operation}" for operation in WITHOUT_POOL)

SIGNED_IN: Final = (("authenticated", ""), ("guest", ""))
"""What opens a field to signed-in people. AWS gives a guest rule's permission to both roles; the field itself then
refuses who is no guest."""
GUESTS: Final = (("guest", ""),)


def members_of(group: str) -> tuple[tuple[str, str], ...]:
    """What opens a field to a group's members: rules for the group, and those for whoever is signed in."""
    return ("groups", group), ("authenticated", "")


def identity_trust(identity_pool_id: Any, auth_type: AuthType) -> dict[str, Any]:
    """The trust document of a role for one identity pool's authenticated or unauthenticated identities."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": FEDERATED},
                "Action": WEB_IDENTITY,
                "Condition": {
                    "StringEquals": {f"{FEDERATED}:aud": identity_pool_id},
                    "ForAnyValue:StringLike": {f"{FEDERATED}:amr": auth_type},
                },
            }
        ],
    }


def function_trust() -> dict[str, Any]:
    """The trust document of a function's role; no identity can assume it."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def allow(actions: Iterable[str], on: Iterable[Any]) -> dict[str, Any]:
    """A document of one statement."""
    return {"Version": VERSION, "Statement": [_statement(actions, on)]}


def grant(given: Grant, pool: Any) -> dict[str, Any]:
    """On exactly this pool; the operations that name no pool have no narrower resource than `*`."""
    on_pool = [action for action in given.actions if action not in _FREE]
    free = [action for action in given.actions if action in _FREE]
    parts = [_statement(actions, [on]) for actions, on in ((on_pool, pool), (free, "*")) if actions]
    return {"Version": VERSION, "Statement": parts}


def data_access(access: DataAccess, field: Field) -> dict[str, Any]:
    """What a function may call of the GraphQL API."""
    return allow([INVOKE_FIELD], [field(_KINDS[action], "*") for action in access.actions])


def fields(data: Data | None, wanted: Iterable[tuple[str, str]], field: Field) -> list[dict[str, Any]]:
    """The policy of an identity's role: the fields that a rule opens to it, none when no rule does.

    `wanted` are pairs of strategy and group: `members_of(...)`, `SIGNED_IN` or `GUESTS`.
    """
    pairs = tuple(wanted)
    found = [
        field(operation.kind.capitalize(), operation.name)
        for operation in (data.operations if data is not None else ())
        if any(_opens(operation, strategy, group) for strategy, group in pairs)
    ]
    return [allow([INVOKE_FIELD], found)] if found else []


def _opens(operation: Operation, strategy: str, group: str) -> bool:
    for rule in operation.rules:
        if rule.strategy == strategy == "groups" and group in rule.groups:
            return True
        if rule.strategy == strategy != "groups" and rule.provider == "identityPool":
            return True
    return False


def _statement(actions: Iterable[str], on: Iterable[Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(on)}
