"""`define_data` and the data part of the Manifest: authorization modes, operations, and the checks across them."""

from typing import Any, Final, Literal, TypedDict

import msgspec

from poolhouse.errors import (
    AmplifyDataConstructInitializationError,
    DefineDataConfigurationError,
    DefinitionError,
    InvalidSchemaError,
)

from . import census
from .fields import CustomField, EnumField, check_graphql_name
from .functions import FunctionDefinition
from .groups import check_group_exists
from .manifest import Auth, AuthMode, Data, HandlerRef, Operation
from .naming import Types
from .operations import OperationDefinition
from .places import Place, here, project_root
from .rules import OperationRule, SchemaAccess
from .schema import SchemaDefinition
from .words import check_choice, check_keys, check_resource_name, check_whole, explained, not_served, shown


class ApiKeyMode(TypedDict, total=False):
    """1 to 365 days, 7 when unset."""

    expires_in_days: int


class AuthorizationModes(TypedDict, total=False):
    """`iam` is an older name of `identityPool`."""

    default_authorization_mode: Literal["userPool", "identityPool", "iam", "apiKey"]
    api_key_authorization_mode: ApiKeyMode


_DEFAULTS: Final[dict[str, AuthMode]] = {
    "userPool": "userPool",
    "identityPool": "identityPool",
    "iam": "identityPool",
    "apiKey": "apiKey",
}
_DAYS: Final = 7
_PROVIDERS: Final = {"apiKey": "API Key", "userPools": "Cognito User Pools", "identityPool": "Cognito identity pool"}


class DataDefinition(msgspec.Struct, frozen=True, eq=False):
    """What `define_data` returns; pass it to `define_backend`."""

    name: str
    schema: SchemaDefinition
    default_mode: AuthMode | None
    api_key_days: int | None
    has_modes: bool
    place: Place

    def functions(self) -> tuple[FunctionDefinition, ...]:
        """The functions that handlers and schema rules name, in order."""
        found: list[FunctionDefinition] = []
        for member in self.schema.members.values():
            if isinstance(member, OperationDefinition):
                found += [handler.definition for handler in member.given_handlers]
        found += [rule.definition for rule in self.schema.given_rules or () if isinstance(rule, SchemaAccess)]
        return tuple(found)


@explained
def define_data(
    *,
    schema: SchemaDefinition,
    authorization_modes: AuthorizationModes | None = None,
    name: str = "amplifyData",
) -> DataDefinition:
    """Describe the API. Without modes the default is the user pool where there is an auth, else an API key."""
    place = here()
    project_root(place, "define_data()")
    if not isinstance(schema, SchemaDefinition):
        raise InvalidSchemaError(
            f"schema must be made by a.schema(), not {shown(schema)}.",
            resolution="Write schema=a.schema({...}).",
            location=str(place),
        )
    check_resource_name(name, what="A data resource", place=place)
    default, days = _modes({} if authorization_modes is None else authorization_modes, place)
    definition = DataDefinition(name, schema, default, days, bool(authorization_modes), place)
    census.enter("data", definition, place)
    return definition


def _modes(modes: object, place: Place) -> tuple[AuthMode | None, int | None]:
    """The default mode and the API key's days, as far as they are given."""
    options = check_keys(
        modes,
        AuthorizationModes.__annotations__,
        what="authorization_modes",
        place=place,
        unserved=("lambda_authorization_mode", "oidc_authorization_mode"),
    )
    default = options.get("default_authorization_mode")
    if default in {"lambda", "oidc"}:
        raise not_served(f"default_authorization_mode {default!r}", place, f"Use one of: {', '.join(_DEFAULTS)}.")
    if default is not None:
        default = _DEFAULTS[check_choice(default, _DEFAULTS, what="default_authorization_mode", place=place)]
    key: Any = options.get("api_key_authorization_mode")
    if key is None:
        return default, (_DAYS if default == "apiKey" else None)
    what = "api_key_authorization_mode"
    days = check_keys(key, ("expires_in_days",), what=what, place=place, unserved=("description",))
    given = days.get("expires_in_days", _DAYS)
    return default, check_whole(
        given, 1, 365, what="expires_in_days", place=place, error=AmplifyDataConstructInitializationError
    )


def compile_data(definition: DataDefinition, auth: Auth | None) -> Data:
    """The data part of the Manifest; every rule is checked against the modes and the groups that exist."""
    mode, days = _effective_modes(definition, auth)
    members = definition.schema.members
    for name, member in members.items():
        _check_member(name, member, definition.schema.place)
    types = Types({name: member for name, member in members.items() if isinstance(member, EnumField | CustomField)})
    inherited = definition.schema.given_rules or ()
    operations = tuple(
        _operation(name, member, inherited, types)
        for name, member in members.items()
        if isinstance(member, OperationDefinition)
    )
    if not operations:
        raise InvalidSchemaError(
            "The schema has no query and no mutation.",
            resolution="Add one, for example a.query().",
            location=str(definition.schema.place),
        )
    for rule in _rules(definition.schema):
        _check_rule(rule, auth, has_key=days is not None)
    access = tuple(rule.compiled() for rule in inherited if isinstance(rule, SchemaAccess))
    return Data(
        name=definition.name,
        default_mode=mode,
        api_key_expires_in_days=days,
        operations=operations,
        enums=types.enums(),
        types=types.customs(),
        access=access,
    )


def _effective_modes(definition: DataDefinition, auth: Auth | None) -> tuple[AuthMode, int | None]:
    mode, days = definition.default_mode, definition.api_key_days
    if mode is None and auth is not None and definition.has_modes:
        raise DefineDataConfigurationError(
            "authorization_modes names several ways in (the user pool of define_auth() is one) and no default.",
            resolution='Add "default_authorization_mode", for example "userPool".',
            location=str(definition.place),
        )
    if mode == "userPool" and auth is None:
        raise _no_provider("default_authorization_mode is 'userPool'", "userPools", definition.place)
    if mode is None and auth is None:
        return "apiKey", days or _DAYS
    return mode or "userPool", days


def _check_member(name: object, member: object, place: Place) -> None:
    what = "A member of a.schema()"
    check_graphql_name(name, what, member.place if isinstance(member, OperationDefinition) else place)
    if isinstance(member, OperationDefinition | EnumField | CustomField):
        return
    raise InvalidSchemaError(
        f"The member {name!r} of a.schema() cannot be {shown(member)}.",
        resolution="Use a.query(), a.mutation(), a.enum([...]) or a.customType({...}).",
        location=str(getattr(member, "place", place)),
    )


def _operation(
    name: str, member: OperationDefinition, inherited: tuple[OperationRule | SchemaAccess, ...], types: Types
) -> Operation:
    rules = member.given_rules or tuple(rule for rule in inherited if isinstance(rule, OperationRule))
    _check_operation(name, member, rules)
    return Operation(
        name=name,
        kind=member.kind,
        arguments=types.arguments(name, member.given_arguments),
        returns=None if member.given_returns is None else types.result(name, member.given_returns),
        rules=tuple(dict.fromkeys(rule.rule for rule in rules)),
        handlers=tuple(
            HandlerRef(function=handler.definition.name, asynchronous=handler.asynchronous)
            for handler in member.given_handlers
        ),
    )


def _check_operation(name: str, member: OperationDefinition, rules: tuple[OperationRule, ...]) -> None:
    """Every operation needs a handler and a rule, and a result unless its last handler is asynchronous."""
    kind = member.kind.capitalize()
    for found, what, remedy in (
        (member.given_handlers, "handler", ".handler(a.handler.function(function))"),
        (rules, "authorization rule", '.authorization(lambda allow: [allow.group("NAME")])'),
    ):
        if not found:
            raise InvalidSchemaError(
                f"The {member.kind} {name!r} has no {what}; it needs both an authorization rule and a handler.",
                resolution=f"Add {remedy}.",
                location=str(member.place),
            )
    if member.given_returns is None and not member.given_handlers[-1].asynchronous:
        raise InvalidSchemaError(
            f"{name!r} of {kind} has no return type.",
            resolution="Add .returns(...), for example .returns(a.json()).",
            location=str(member.place),
        )


def _rules(schema: SchemaDefinition) -> list[OperationRule]:
    """Every rule of the schema and its operations, the inherited ones once."""
    found = [rule for rule in schema.given_rules or () if isinstance(rule, OperationRule)]
    for member in schema.members.values():
        if isinstance(member, OperationDefinition):
            found += member.given_rules
    return found


def _check_rule(written: OperationRule, auth: Auth | None, *, has_key: bool) -> None:
    rule = written.rule
    present = has_key if rule.provider == "apiKey" else auth is not None
    if not present:
        raise _no_provider(f"A rule of the kind {rule.strategy!r} was found", rule.provider, written.place)
    for name in rule.groups:
        check_group_exists(name, auth.groups if auth else (), written.place, InvalidSchemaError)


def _no_provider(found: str, provider: str, place: Place) -> DefinitionError:
    remedy = {
        "apiKey": 'Add "api_key_authorization_mode": {} to authorization_modes, or remove the rule.',
        "userPools": "Pass auth=define_auth(...) to define_backend(), or choose another mode.",
        "identityPool": "Pass auth=define_auth(...) to define_backend(), or remove the rule.",
    }
    return AmplifyDataConstructInitializationError(
        f"{found}, but the project has no {_PROVIDERS[provider]} provider.",
        resolution=remedy[provider],
        location=str(place),
    )
