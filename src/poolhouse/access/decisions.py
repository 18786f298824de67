"""The decision itself: who is stronger, which rule covers what, and the words of a refusal.

It uses the standard library only, since functions on AWS take this very file along: what is decided there and here
is one piece of code. The strength of a user is the lowest precedence of his groups; a lower number is stronger, and
whoever has none is weakest. Nobody acts on a stronger user, or on a group that outranks his own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

WEAKEST: Final = 2**31
"""The strength of a user without a group that has a precedence; AWS's largest precedence is one less."""

ENDS: Final = frozenset({"AdminDeleteUser", "AdminDisableUser", "AdminRemoveUserFromGroup"})
"""What takes an enabled member from a group."""

TO_GROUP: Final = {
    "AdminAddUserToGroup": "put users into",
    "AdminRemoveUserFromGroup": "take users out of",
    "DeleteGroup": "delete",
    "ListUsersInGroup": "list the members of",
    "UpdateGroup": "change",
}
"""What is done to the group that a request names, where its rank counts."""

_ASSIGNED: Final = TO_GROUP.keys() - {"ListUsersInGroup"}


class Delegate(Protocol):
    """One rule, as `define.manifest.Delegate` has it or as JSON brought it."""

    @property
    def group(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def operations(self) -> Sequence[str]: ...
    @property
    def members_of(self) -> Sequence[str] | None: ...
    @property
    def assigns(self) -> Sequence[str] | None: ...


class Delegation(Protocol):
    @property
    def delegates(self) -> Sequence[Delegate]: ...
    @property
    def protected(self) -> Sequence[str]: ...


class Rules(Protocol):
    """The delegation of a pool. `groups` are those that the backend's definitions list."""

    @property
    def delegation(self) -> Delegation: ...
    @property
    def groups(self) -> Sequence[str]: ...


class Ranked(NamedTuple):
    """A group by its name and precedence."""

    name: str
    precedence: int | None

    @property
    def strength(self) -> int:
        return WEAKEST if self.precedence is None else self.precedence


def strength(groups: Iterable[Ranked]) -> int:
    return min((group.strength for group in groups), default=WEAKEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An operation that a person asks for, with what the store knew at that moment.

    `person` are his groups. `target` are those of the user whom the request names, None where there is no such user.
    `group` is the one that the request names, None where there is none. `precedence`, `sets_role` and `forces_alias`
    are the request's. `last_of` are the protected groups that would have no enabled member left, and
    `stronger_member` says that the group has a member who is stronger than the person.
    """

    operation: str
    person: Sequence[Ranked]
    target: Sequence[Ranked] | None = None
    group: Ranked | None = None
    group_name: str = ""
    precedence: int | None = None
    sets_role: bool = False
    forces_alias: bool = False
    last_of: tuple[str, ...] = ()
    stronger_member: bool = False


def at_stake(rules: Rules, operation: str, group: str | None) -> tuple[str, ...]:
    """The protected groups that may lose a member; `group` is the one that the request names."""
    protected = tuple(rules.delegation.protected)
    if operation not in ENDS:
        return ()
    if operation == "AdminRemoveUserFromGroup":
        return tuple(name for name in protected if name == group)
    return protected


class Verdict(NamedTuple):
    """`text` is the rule that allows, or why nothing does."""

    allowed: bool
    text: str


def decide(rules: Rules, asked: Question, *, acts_on_user: bool) -> Verdict:
    """Whether one of the person's groups has a rule that lets him do it, within what holds for everybody.

    `acts_on_user` says that the operation is about the one user whom its request names.
    """
    candidates = _candidates(rules, asked.person, asked.operation)
    if not candidates:
        return _refused(asked, f"perform {asked.operation}: no rule of the pool's delegation allows it to them")
    beyond = _beyond(rules, asked)
    if beyond is not None:
        return _refused(asked, beyond)
    outside = [_outside(rule, asked, acts_on_user) for rule in candidates]
    for rule, reason in zip(candidates, outside, strict=True):
        if reason is None:
            return Verdict(allowed=True, text=shown(rule))
    return _refused(asked, outside[0] or "")


def shown(rule: Delegate) -> str:
    """A rule in the words of its definition."""
    narrowed = "".join(
        f", {option}=[{_quoted(names)}]"
        for option, names in (("members_of", rule.members_of), ("assigns", rule.assigns))
        if names is not None
    )
    return f'allow.group("{rule.group}").to([{_quoted(rule.names)}]{narrowed})'


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _candidates(rules: Rules, groups: Sequence[Ranked], operation: str) -> list[Delegate]:
    """The rules of the groups that name the operation, those of the strongest group first."""
    found = []
    for group in sorted(groups, key=lambda group: (group.strength, group.name)):
        found += [
            rule for rule in rules.delegation.delegates if rule.group == group.name and operation in rule.operations
        ]
    return found


def _beyond(rules: Rules, asked: Question) -> str | None:
    """What no rule can allow, as the end of a refusal; None where it is none of that."""
    own = strength(asked.person)
    if asked.target is not None and strength(asked.target) < own:
        stronger = min(asked.target, key=lambda group: group.strength)
        return f"perform {asked.operation} on a member of {stronger.name}, which outranks their own groups"
    if asked.group is not None and asked.operation in TO_GROUP and asked.group.strength < own:
        return f"{TO_GROUP[asked.operation]} {asked.group.name}, which outranks their own groups"
    if asked.precedence is not None and asked.precedence < own:
        return f"give a group the precedence {asked.precedence}, which outranks their own groups"
    if asked.sets_role:
        return "give a group an IAM role"
    if asked.forces_alias:
        return "take a sign-in name from one user for another"
    return _kept(rules, asked)


def _kept(rules: Rules, asked: Question) -> str | None:
    """What must stay as it is: defined names, protected groups, and groups that stronger users are in."""
    name = asked.group_name
    if asked.operation == "CreateGroup" and name in rules.groups:
        return f"create {name}: the name belongs to the definitions of the backend"
    if asked.operation == "DeleteGroup":
        if name in rules.delegation.protected:
            return f"delete {name}, which is protected"
        if asked.stronger_member:
            return f"delete {name}: one of its members is stronger than they are"
    if asked.last_of and asked.operation in ENDS:
        return f"perform {asked.operation} on the last enabled member of {asked.last_of[0]}, which is protected"
    return None


def _outside(rule: Delegate, asked: Question, acts_on_user: bool) -> str | None:
    """Why one rule does not cover the request, as the end of a refusal; None where it does."""
    operation, circle = asked.operation, rule.members_of
    makes_user = operation == "AdminCreateUser" and asked.target is None
    if circle is not None and acts_on_user and not makes_user and not _is_of(asked.target, circle):
        return f"perform {operation} on a user who is not a member of {_joined(circle, 'or')}"
    if circle is not None and operation == "ListUsersInGroup" and asked.group_name not in circle:
        return f"list the members of another group than {_joined(circle, 'or')}"
    if rule.assigns is not None and operation in _ASSIGNED and asked.group_name not in rule.assigns:
        return f"{TO_GROUP[operation]} another group than {_joined(rule.assigns, 'or')}"
    return None


def _is_of(user: Sequence[Ranked] | None, circle: Sequence[str]) -> bool:
    return any(group.name in circle for group in user or ())


def _refused(asked: Question, what: str) -> Verdict:
    """Who may not do what, and why."""
    names = [group.name for group in sorted(asked.person, key=lambda group: (group.strength, group.name))]
    who = f"Members of {_joined(names, 'and')}" if names else "Users without a group"
    return Verdict(allowed=False, text=f"{who} may not {what}.")


def _joined(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(([", ".join(names[:-1])] if names[1:] else []) + [names[-1]])
