"""What the delegation of a pool allows a person: its rules as they are applied, and the decision over them."""

from collections.abc import Iterable

import msgspec

from poolhouse.define.delegable import ON_USER
from poolhouse.define.manifest import Delegation

from . import decisions
from .decisions import ENDS, WEAKEST, Question, Ranked, Verdict, at_stake, shown, strength

__all__ = [
    "ENDS",
    "WEAKEST",
    "OwnAuthority",
    "Question",
    "Ranked",
    "Rules",
    "Verdict",
    "at_stake",
    "decide",
    "permitted",
    "shown",
    "strength",
]


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


def decide(rules: Rules, asked: Question) -> Verdict:
    """Whether one of the person's groups has a rule that lets him do it, within what holds for everybody."""
    return decisions.decide(rules, asked, acts_on_user=asked.operation in ON_USER)


def permitted(rules: Rules, groups: Iterable[Ranked]) -> frozenset[str]:
    """The operations that some rule names for members of the groups, whoever they are to be done to."""
    names = {group.name for group in groups}
    return frozenset(
        operation for rule in rules.delegation.delegates if rule.group in names for operation in rule.operations
    )
