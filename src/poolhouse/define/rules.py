"""The `allow` of `.authorization(...)`: who may call an operation, or every operation of a schema."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

import msgspec

from poolhouse.errors import EmptyPolicyError, InvalidSchemaError

from .access import check_function
from .closed import Closed
from .functions import FunctionDefinition
from .groups import check_group_name
from .manifest import DataAccess, Rule
from .places import Place, here
from .words import advice, not_served, shown

_OWNER: Final = (
    "Owner rules belong to models; a query or mutation has no owner. Use allow.authenticated() and compare "
    'event["identity"]["sub"] in the handler, or allow.group("NAME").'
)
_NO_TO: Final = (
    "Remove .to([...]): a rule on a query or mutation allows the call itself. Only allow.resource(fn) takes it."
)


class OperationRule(Closed, msgspec.Struct, frozen=True, eq=False):
    """One rule, ready to be listed."""

    title: ClassVar[str] = "A rule of a query or mutation"
    error: ClassVar = InvalidSchemaError
    foreign: ClassVar[Mapping[str, str]] = {"to": _NO_TO}
    rule: Rule
    place: Place


class SchemaAccess(msgspec.Struct, frozen=True, eq=False):
    """`allow.resource(function).to([...])` at schema level."""

    definition: FunctionDefinition
    actions: tuple[Literal["query", "mutate"], ...]
    place: Place

    def to(self, actions: Sequence[Literal["query", "mutate"]]) -> "SchemaAccess":
        """Narrow what the function may do with the API; without this call it may do both."""
        place = here()
        if not isinstance(actions, list | tuple) or not actions:
            raise EmptyPolicyError(
                f"The rule for the function {self.definition.name!r} grants no action.",
                resolution='Write .to(["query"]), .to(["mutate"]) or both.',
                location=str(place),
            )
        for action in actions:
            if action == "listen":
                raise not_served('allow.resource(...).to(["listen"])', place, "Remove it; there are no subscriptions.")
            if action not in {"query", "mutate"}:
                raise InvalidSchemaError(
                    f"A function cannot be allowed to {shown(action)} the API.",
                    resolution=advice(action, ("query", "mutate")),
                    location=str(place),
                )
        return msgspec.structs.replace(self, actions=tuple(dict.fromkeys(actions)))

    def compiled(self) -> DataAccess:
        return DataAccess(function=self.definition.name, actions=self.actions)


class OperationAllow(Closed):
    """The rules that a query or mutation can have."""

    __slots__ = ()
    title = "allow (of a query or mutation)"
    error = InvalidSchemaError
    unserved = ("custom",)
    foreign: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("owner", "ownerDefinedIn", "ownersDefinedIn", "groupDefinedIn", "groupsDefinedIn"), _OWNER),
        "resource": "Put it on the schema: a.schema({...}).authorization(lambda allow: [allow.resource(fn)]).",
        "custom": "Use allow.group(...) or allow.authenticated().",
    }

    def publicApiKey(self) -> OperationRule:  # noqa: N802 - Amplify's spelling
        """Anybody with a valid API key."""
        return OperationRule(Rule(strategy="public", provider="apiKey"), here())

    def guest(self) -> OperationRule:
        """Unauthenticated identities of the identity pool."""
        return OperationRule(Rule(strategy="guest", provider="identityPool"), here())

    def authenticated(self, provider: Literal["userPools", "identityPool"] = "userPools") -> OperationRule:
        """Everybody who is signed in: by a token of the user pool, or by credentials of the identity pool."""
        place = here()
        _check_provider(provider, ("userPools", "identityPool"), "authenticated", place)
        return OperationRule(Rule(strategy="authenticated", provider=provider), place)

    def group(self, name: str, provider: Literal["userPools"] = "userPools") -> OperationRule:
        """Members of one group of `define_auth(groups=[...])`."""
        return self.groups([name], provider)

    def groups(self, names: list[str] | tuple[str, ...], provider: Literal["userPools"] = "userPools") -> OperationRule:
        """Members of any of the groups."""
        place = here()
        _check_provider(provider, ("userPools",), "group", place)
        listed: object = names
        if not isinstance(listed, list | tuple) or not listed:
            raise InvalidSchemaError(
                f"allow.groups() needs a list with at least one group, not {shown(names)}.",
                resolution='Write for example allow.groups(["ADMINS"]).',
                location=str(place),
            )
        checked = tuple(dict.fromkeys(check_group_name(name, place) for name in names))
        return OperationRule(Rule(strategy="groups", provider="userPools", groups=checked), place)


class SchemaAllow(OperationAllow):
    """The rules of a schema: those of operations, for operations without their own, and functions that may call."""

    __slots__ = ()
    title = "allow (of a schema)"

    def resource(self, function: FunctionDefinition) -> SchemaAccess:
        """Let a function call the API itself."""
        definition = check_function(function, "allow.resource()", InvalidSchemaError)
        return SchemaAccess(definition, ("query", "mutate"), here())


OperationRules = Callable[[OperationAllow], OperationRule | Sequence[OperationRule]]
SchemaRules = Callable[[SchemaAllow], OperationRule | SchemaAccess | Sequence[OperationRule | SchemaAccess]]


def rules_of(callback: object, allow: OperationAllow, place: Place) -> tuple[OperationRule | SchemaAccess, ...]:
    """Run the callback; one rule counts as a list of one, and a repeated rule is kept once."""
    given: Any = callback(allow) if callable(callback) else callback
    listed = given if isinstance(given, list | tuple) else [given]
    expected = (OperationRule, SchemaAccess) if isinstance(allow, SchemaAllow) else OperationRule
    for rule in listed:
        if not isinstance(rule, expected):
            raise InvalidSchemaError(
                f".authorization() gave {shown(rule)} where a rule was expected.",
                resolution='Write .authorization(lambda allow: [allow.group("NAME")]).',
                location=str(place),
            )
    return tuple(listed)


def _check_provider(provider: object, served: tuple[str, ...], strategy: str, place: Place) -> None:
    if provider in served:
        return
    if provider == "oidc":
        raise not_served(f"allow.{strategy}() with the provider 'oidc'", place, "Use 'userPools'.")
    raise InvalidSchemaError(
        f"The provider {shown(provider)} is invalid for allow.{strategy}().",
        resolution=advice(provider, served),
        location=str(place),
    )
