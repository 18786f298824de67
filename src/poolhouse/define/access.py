"""The `access` callback of `define_auth`: which function holds which grant on the user pool."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from poolhouse.errors import DefinitionError, EmptyPolicyError, InvalidActionError, InvalidResourceAccessConfigError

from .closed import Closed
from .functions import FunctionDefinition
from .grants import GRANT_NAMES, GrantName, actions_of
from .manifest import Grant
from .places import Place, here
from .words import advice, shown


class PoolGrant(msgspec.Struct, frozen=True, eq=False):
    """`allow.resource(function).to(names)`."""

    definition: FunctionDefinition
    names: tuple[GrantName, ...]

    def compiled(self) -> Grant:
        return Grant(function=self.definition.name, names=self.names, actions=actions_of(self.names))


class PoolResource(Closed, msgspec.Struct, frozen=True, eq=False):
    """`allow.resource(function)`, which grants nothing until `.to([...])` names what."""

    title: ClassVar[str] = "allow.resource(...)"
    definition: FunctionDefinition
    place: Place

    def to(self, actions: Sequence[GrantName]) -> PoolGrant:
        """Grant `actions` on the user pool: Amplify's bundles and names, or the camelCase name of one IAM operation."""
        place = here()
        if not isinstance(actions, list | tuple):
            raise InvalidActionError(
                f"to() takes a list of grants, not {shown(actions)}.",
                resolution='Write for example .to(["addUserToGroup"]).',
                location=str(place),
            )
        if not actions:
            raise EmptyPolicyError(
                f"The rule for the function {self.definition.name!r} grants no action.",
                resolution='Name at least one, for example .to(["addUserToGroup"]), or remove the rule.',
                location=str(place),
            )
        for action in actions:
            if action not in GRANT_NAMES:
                raise InvalidActionError(
                    f"There is no grant {shown(action)}.", resolution=advice(action, GRANT_NAMES), location=str(place)
                )
        return PoolGrant(self.definition, tuple(actions))


class PoolAllow(Closed):
    """The `allow` of `define_auth(access=...)`. It offers `resource` only."""

    __slots__ = ()
    title = "allow (of define_auth)"

    def resource(self, function: FunctionDefinition) -> PoolResource:
        """Choose the function that receives the grant."""
        return PoolResource(check_function(function, "allow.resource()", InvalidResourceAccessConfigError), here())


Access = Callable[[PoolAllow], Sequence[PoolGrant]]


def check_function(value: object, what: str, error: type[DefinitionError]) -> FunctionDefinition:
    if isinstance(value, FunctionDefinition):
        return value
    raise error(
        f"{what} expected a function made by define_function(), not {shown(value)}.",
        resolution="Pass what define_function() returned.",
        location=str(here()),
    )


def collect(access: object, place: Place) -> tuple[PoolGrant, ...]:
    """Run the callback and check what it gives back."""
    if access is None:
        return ()
    given = access(PoolAllow()) if callable(access) else access
    if not isinstance(given, list | tuple):
        raise InvalidResourceAccessConfigError(
            f"access must be a function that gives a list of grants, not {shown(given)}.",
            resolution="Write access=lambda allow: [allow.resource(function).to([...])].",
            location=str(place),
        )
    for grant in given:
        if isinstance(grant, PoolResource):
            raise EmptyPolicyError(
                f"The rule for the function {grant.definition.name!r} grants no action.",
                resolution='End it with .to([...]), for example .to(["addUserToGroup"]).',
                location=str(grant.place),
            )
        if not isinstance(grant, PoolGrant):
            raise InvalidResourceAccessConfigError(
                f"access gave {shown(grant)} where a grant was expected.",
                resolution="Write allow.resource(function).to([...]).",
                location=str(place),
            )
    return tuple(given)
