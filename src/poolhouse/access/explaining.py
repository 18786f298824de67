"""Which statements of a role's policies decided: what `policies` answers with yes or no, for a person who asks why."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from .policies import ContextValue, Policy, PolicySet, normal


class Witness(NamedTuple):
    """A statement that names the action; `policy` and `statement` count from 1, `text` is the statement as JSON.

    It `applies` where the resource and its conditions fit, too.
    """

    policy: int
    statement: int
    allows: bool
    applies: bool
    text: str


def witnesses(
    policies: PolicySet, action: str, resource: str, context: Mapping[str, ContextValue]
) -> tuple[Witness, ...]:
    """Those that settle the matter: the statements that deny, or else those that allow, or else those that would allow
    the action on something else or under other conditions.
    """
    keys = normal(context)
    found = [
        Witness(number, place, statement.allows, statement.applies(resource, keys), _text(policy, place))
        for number, policy in enumerate(policies.policies, start=1)
        for place, statement in enumerate(policy.statements, start=1)
        if statement.names_action(action)
    ]
    applying = [one for one in found if one.applies]
    denying = [one for one in applying if not one.allows]
    return tuple(denying or applying or [one for one in found if one.allows])


def _text(policy: Policy, place: int) -> str:
    listed = json.loads(policy.source)["Statement"]
    return json.dumps(listed[place - 1] if isinstance(listed, list) else listed, indent=2)
