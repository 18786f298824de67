"""What the delegation of a pool allows a person: decisions over the groups of those concerned, and nothing else.

The strength of a user is the lowest precedence of his groups; a lower number is stronger, and whoever has none is
weakest. Nobody acts on a stronger user, or on a group that outranks his own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from poolhouse.define.delegable import CHANGES_GROUP, MEMBERSHIP, ON_USER
from poolhouse.define.manifest import Delegate, Delegation

WEAKEST: Final = 2**31
"""The strength of a user without a group that has a precedence; AWS's largest precedence is one less."""

ENDS: Final = frozenset({"AdminDeleteUser", "AdminDisableUser", "AdminRemoveUserFromGroup"})
"""What takes an enabled member from a group."""

_TO_GROUP: Final = {
    "AdminAddUserToGroup": "put users into",
    "AdminRemoveUserFromGroup": "take users out of",
    "DeleteGroup": "delete",
    "ListUsersInGroup": "list the members of",
    "UpdateGroup": "change",
}
_ASSIGNED: Final = MEMBERSHIP | CHANGES_GROUP - {"CreateGroup"}


class OwnAuthority(msgspec.Struct, frozen=True):
    """A grant by which a function acts for itself, whoever called it."""

    role_arn: str
    actions: tuple[str, ...]
    groups: tuple[str, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    """The delegation of one pool as it is applied. `groups` are those that the backend's definitions list."""

    delegation: Delegation
    groups: tuple[str, ...] = ()
    own: tuple[OwnAuthority, ...] = ()

    def leaves(self, role_arn: str, action: str, group: str | None) -> bool:
        """Whether a role performs the action by its own authority."""
        return any(
            one.role_arn == role_arn and action in one.actions and (not one.groups or group in (None, *one.groups))
            for one in self.own
        )


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


class Verdict(NamedTuple):
    """`text` is the rule that allows, or why nothing does."""

    allowed: bool
    text: str


def decide(rules: Rules, asked: Question) -> Verdict:
    """Whether one of the person's groups has a rule that lets him do it, within what holds for everybody."""
    candidates = _candidates(rules, asked.person, asked.operation)
    if not candidates:
        return _refused(asked, f"perform {asked.operation}: no rule of the pool's delegation allows it to them")
    beyond = _beyond(rules, asked)
    if beyond is not None:
        return _refused(asked, beyond)
    outside = [_outside(rule, asked) for rule in candidates]
    for rule, reason in zip(candidates, outside, strict=True):
        if reason is None:
            return Verdict(allowed=True, text=shown(rule))
    return _refused(asked, outside[0] or "")


def permitted(rules: Rules, groups: Iterable[Ranked]) -> frozenset[str]:
    """The operations that some rule names for members of the groups, whoever they are to be done to."""
    names = {group.name for group in groups}
    return frozenset(
        operation for rule in rules.delegation.delegates if rule.group in names for operation in rule.operations
    )


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
    if asked.group is not None and asked.operation in _TO_GROUP and asked.group.strength < own:
        return f"{_TO_GROUP[asked.operation]} {asked.group.name}, which outranks their own groups"
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


def _outside(rule: Delegate, asked: Question) -> str | None:
    """Why one rule does not cover the request, as the end of a refusal; None where it does."""
    operation, circle = asked.operation, rule.members_of
    makes_user = operation == "AdminCreateUser" and asked.target is None
    if circle is not None and operation in ON_USER and not makes_user and not _is_of(asked.target, circle):
        return f"perform {operation} on a user who is not a member of {_joined(circle, 'or')}"
    if circle is not None and operation == "ListUsersInGroup" and asked.group_name not in circle:
        return f"list the members of another group than {_joined(circle, 'or')}"
    if rule.assigns is not None and operation in _ASSIGNED and asked.group_name not in rule.assigns:
        return f"{_TO_GROUP[operation]} another group than {_joined(rule.assigns, 'or')}"
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
