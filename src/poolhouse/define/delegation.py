"""The `delegation` callback of `define_auth`: which groups administer the pool, and for whom."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec

from poolhouse.errors import DefinitionError, EmptyPolicyError, InvalidActionError

from .closed import Closed
from .delegable import CHANGES_GROUP, DELEGABLE, MEMBERSHIP, ON_USER, delegable, why_not
from .grants import GrantName, checked_names
from .groups import check_group_exists, check_group_name
from .manifest import Delegate, Delegation, Group
from .places import Place, here
from .words import shown


class DelegatedRule(msgspec.Struct, frozen=True, eq=False):
    """`allow.group(name).to(names, ...)`."""

    delegate: Delegate
    place: Place


class ProtectedGroups(msgspec.Struct, frozen=True, eq=False):
    """`allow.protect(names)`."""

    names: tuple[str, ...]
    place: Place


class DelegatedGroup(Closed, msgspec.Struct, frozen=True, eq=False):
    """`allow.group(name)`, which allows nothing until `.to([...])` names what."""

    title: ClassVar[str] = "allow.group(...)"
    name: str
    place: Place

    def to(
        self,
        actions: Sequence[GrantName],
        *,
        members_of: Sequence[str] | None = None,
        assigns: Sequence[str] | None = None,
    ) -> DelegatedRule:
        """Let members of the group perform `actions`, named as in `access=`.

        With `members_of` they act on users in one of these groups only; without it on everybody who is not stronger.
        `assigns` are the groups that they may give and take; without it every group that does not outrank their own.
        """
        place = here()
        names = _actions(actions, self.name, place)
        delegate = Delegate(
            group=self.name,
            names=names,
            operations=_operations(names, lists=members_of is None),
            members_of=None if members_of is None else _groups(members_of, "members_of", place),
            assigns=None if assigns is None else _groups(assigns, "assigns", place),
        )
        _check_effect(delegate, place)
        return DelegatedRule(delegate, place)


class DelegationAllow(Closed):
    """The `allow` of `define_auth(delegation=...)`."""

    __slots__ = ()
    title = "allow (of a delegation)"

    def group(self, name: str) -> DelegatedGroup:
        """Choose the group whose members act."""
        place = here()
        return DelegatedGroup(check_group_name(name, place), place)

    def protect(self, names: Sequence[str]) -> ProtectedGroups:
        """Name the groups whose last enabled member can be neither taken out, nor disabled, nor deleted."""
        place = here()
        return ProtectedGroups(_groups(names, "allow.protect()", place), place)


Rules = Callable[[DelegationAllow], Sequence[DelegatedRule | ProtectedGroups]]


def delegation_of(rules: object, groups: tuple[Group, ...], place: Place) -> Delegation | None:
    """Run the callback and check what it gives back against the groups of the pool."""
    if rules is None:
        return None
    given = rules(DelegationAllow()) if callable(rules) else rules
    if not isinstance(given, list | tuple):
        raise DefinitionError(
            f"delegation must be a function that gives a list of rules, not {shown(given)}.",
            resolution="Write delegation=lambda allow: [allow.group(NAME).to([...])].",
            location=str(place),
        )
    made = [one for one in given if isinstance(one, DelegatedRule)]
    protects = [one for one in given if isinstance(one, ProtectedGroups)]
    for one in given:
        if not isinstance(one, DelegatedRule | ProtectedGroups):
            raise _no_rule(one, place)
    if not made:
        raise EmptyPolicyError(
            "The delegation lets no group do anything, so nobody could administer the pool.",
            resolution='Name at least one, for example allow.group("ADMINS").to(["manageUsers"]), or remove it.',
            location=str(place),
        )
    for one in made:
        _check_groups(one, groups)
    _check_once(made)
    return Delegation(delegates=tuple(one.delegate for one in made), protected=_protected(protects, made, groups))


def _actions(actions: object, group: str, place: Place) -> tuple[GrantName, ...]:
    names = checked_names(actions, f"the group {group!r}", place)
    for action in names:
        _check_delegable(action, place)
    return tuple(dict.fromkeys(names))


def _check_delegable(action: GrantName, place: Place) -> None:
    for operation in delegable(action):
        if operation not in DELEGABLE:
            raise InvalidActionError(
                f"{action!r} cannot be delegated: {operation} {why_not(operation)}.",
                resolution="Leave it to the operator, or to a function with a grant and own_authority=True.",
                location=str(place),
            )


def _operations(names: tuple[GrantName, ...], *, lists: bool) -> tuple[str, ...]:
    """Whoever acts on the members of some groups lists these groups, and not the pool."""
    found = [operation for name in names for operation in delegable(name)]
    return tuple(dict.fromkeys("ListUsersInGroup" if one == "ListUsers" and not lists else one for one in found))


def _groups(names: object, what: str, place: Place) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not names:
        raise DefinitionError(
            f"{what} needs a list with at least one group, not {_short(names)}.",
            resolution='Write for example ["CUSTOMERS"].',
            location=str(place),
        )
    return tuple(dict.fromkeys(check_group_name(name, place) for name in names))


def _short(names: object) -> str:
    return "an empty one" if isinstance(names, list | tuple) else shown(names)


def _check_effect(delegate: Delegate, place: Place) -> None:
    """What narrows nothing is a misunderstanding, and so is a narrowed rule for what concerns the whole pool."""
    operations = set(delegate.operations)
    if delegate.members_of is not None:
        if whole := sorted(operations & CHANGES_GROUP):
            raise DefinitionError(
                f"members_of says whom {delegate.group} acts on; {whole[0]} acts on a group and not on a user.",
                resolution=f'Write a rule of its own for it: allow.group("{delegate.group}").to([...]).',
                location=str(place),
            )
        if not operations & (ON_USER | {"ListUsersInGroup"}):
            raise _idle("members_of", "acts on users", delegate, place)
    if delegate.assigns is not None and not operations & (MEMBERSHIP | {"DeleteGroup", "UpdateGroup"}):
        raise _idle("assigns", "changes memberships", delegate, place)


def _idle(option: str, doing: str, delegate: Delegate, place: Place) -> DefinitionError:
    return DefinitionError(
        f"{option} has no effect in the rule for {delegate.group}: nothing that it allows {doing}.",
        resolution=f"Remove {option}.",
        location=str(place),
    )


def _no_rule(given: object, place: Place) -> DefinitionError:
    if isinstance(given, DelegatedGroup):
        return EmptyPolicyError(
            f"The rule for the group {given.name!r} allows nothing.",
            resolution='End it with .to([...]), for example .to(["getUser"]).',
            location=str(given.place),
        )
    return DefinitionError(
        f"delegation gave {shown(given)} where a rule was expected.",
        resolution="Write allow.group(NAME).to([...]) or allow.protect([...]).",
        location=str(place),
    )


def _check_groups(rule: DelegatedRule, groups: tuple[Group, ...]) -> None:
    """Every group exists, and none is named that outranks the acting one: the rule could never allow it."""
    delegate, place = rule.delegate, rule.place
    named: list[tuple[str, tuple[str, ...]]] = [
        ("members_of", delegate.members_of or ()),
        ("assigns", delegate.assigns or ()),
    ]
    check_group_exists(delegate.group, groups, place, DefinitionError)
    precedence = {group.name: group.precedence for group in groups}
    for option, names in named:
        for name in names:
            check_group_exists(name, groups, place, DefinitionError)
            if precedence[name] < precedence[delegate.group]:
                raise DefinitionError(
                    f"{option} names {name}, which outranks {delegate.group}: nobody touches or confers a stronger "
                    "group than his own.",
                    resolution=f"Remove it, or list {delegate.group} before {name} in groups.",
                    location=str(place),
                )


def _check_once(rules: Sequence[DelegatedRule]) -> None:
    """A group may have several rules, for different operations."""
    seen: dict[tuple[str, str], Place] = {}
    for rule in rules:
        for operation in rule.delegate.operations:
            first = seen.setdefault((rule.delegate.group, operation), rule.place)
            if first is not rule.place:
                raise DefinitionError(
                    f"Two rules let {rule.delegate.group} perform {operation}; the first one is at {first}.",
                    resolution="Keep one of them.",
                    location=str(rule.place),
                )


def _protected(
    given: Sequence[ProtectedGroups], rules: Sequence[DelegatedRule], groups: tuple[Group, ...]
) -> tuple[str, ...]:
    """The groups that are named; where none is, the strongest that may do anything."""
    if len(given) > 1:
        raise DefinitionError(
            "allow.protect() is written twice.",
            resolution="Name all groups in one of them.",
            location=str(given[1].place),
        )
    if given:
        for name in given[0].names:
            check_group_exists(name, groups, given[0].place, DefinitionError)
        return given[0].names
    acting = {rule.delegate.group for rule in rules}
    strongest: Any = next(group.name for group in groups if group.name in acting)
    return (strongest,)
