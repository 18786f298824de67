"""The `access` callback of `define_auth`: which function holds which grant on the user pool."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from poolhouse.errors import DefinitionError, EmptyPolicyError, InvalidResourceAccessConfigError

from .closed import Closed
from .delegable import NAMES_GROUP
from .functions import FunctionDefinition
from .grants import GrantName, actions_of, checked_names, operations_of
from .groups import check_group_exists, check_group_name
from .manifest import Auth, Grant
from .places import Place, here
from .words import shown


class PoolGrant(msgspec.Struct, frozen=True, eq=False):
    """`allow.resource(function).to(names, ...)`."""

    definition: FunctionDefinition
    names: tuple[GrantName, ...]
    place: Place
    groups: tuple[str, ...] = ()
    own_authority: bool = False

    def compiled(self) -> Grant:
        return Grant(
            function=self.definition.name,
            names=self.names,
            actions=actions_of(self.names),
            groups=self.groups,
            own_authority=self.own_authority,
        )

    def check(self, auth: Auth) -> None:
        """Raise DefinitionError where the grant names what the pool does not have."""
        for group in self.groups:
            check_group_exists(group, auth.groups, self.place, InvalidResourceAccessConfigError)
        if self.own_authority and auth.delegation is None:
            raise InvalidResourceAccessConfigError(
                f"own_authority has no effect on the function {self.definition.name!r}: the pool delegates nothing, "
                "so nobody asks who called it.",
                resolution="Remove own_authority, or add delegation= to define_auth().",
                location=str(self.place),
            )


class PoolResource(Closed, msgspec.Struct, frozen=True, eq=False):
    """`allow.resource(function)`, which grants nothing until `.to([...])` names what."""

    title: ClassVar[str] = "allow.resource(...)"
    definition: FunctionDefinition
    place: Place

    def to(
        self, actions: Sequence[GrantName], *, groups: Sequence[str] | None = None, own_authority: bool = False
    ) -> PoolGrant:
        """Grant `actions` on the user pool: Amplify's bundles and names, or the camelCase name of one IAM operation.

        With `groups`, calls that name a group may name these only. With `own_authority` the pool's delegation does not
        ask who called the function.
        """
        place = here()
        names = checked_names(actions, f"the function {self.definition.name!r}", place)
        if not isinstance(own_authority, bool):
            raise InvalidResourceAccessConfigError(
                f"own_authority must be True or False, not {shown(own_authority)}.",
                resolution="Write own_authority=True, or remove it.",
                location=str(place),
            )
        narrowed = () if groups is None else self._narrowed(groups, names, place)
        return PoolGrant(self.definition, names, place, narrowed, own_authority)

    def _narrowed(self, groups: object, actions: Sequence[GrantName], place: Place) -> tuple[str, ...]:
        if not isinstance(groups, list | tuple) or not groups:
            given = "an empty one" if isinstance(groups, list | tuple) else shown(groups)
            raise InvalidResourceAccessConfigError(
                f"groups needs a list with at least one group, not {given}.",
                resolution='Write for example groups=["EDITORS"], or remove it.',
                location=str(place),
            )
        if not any(operation in NAMES_GROUP for action in actions for operation in operations_of(action)):
            raise InvalidResourceAccessConfigError(
                f"groups has no effect on the grant of the function {self.definition.name!r}: no action of it names a "
                "group.",
                resolution="Remove groups, or put it where addUserToGroup is granted.",
                location=str(place),
            )
        return tuple(dict.fromkeys(check_group_name(name, place) for name in groups))


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
