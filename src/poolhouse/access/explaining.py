"""Which rule or statement decided: what other modules answer with yes or no, in words for a person who asks why.

The words of a rule are those of the definition that made it.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from poolhouse.define.manifest import RestApi, Rule

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


# --- fields and routes -------------------------------------------------------------------------------------

_WRITTEN: Final = {
    ("public", "apiKey"): "allow.publicApiKey()",
    ("guest", "identityPool"): "allow.guest()",
    ("authenticated", "userPools"): "allow.authenticated()",
    ("authenticated", "identityPool"): 'allow.authenticated("identityPool")',
}


@lru_cache(maxsize=1024)
def opened_by(rule: Rule, field: str, credential: str) -> str:
    """The rule that let a caller have a GraphQL field, and what he showed for it."""
    return f"{written(rule)} on {field}, by {credential}"


def written(rule: Rule) -> str:
    """A rule of a field as the definitions write it."""
    if rule.strategy != "groups":
        return _WRITTEN[rule.strategy, rule.provider]
    if len(rule.groups) == 1:
        return f"allow.group({json.dumps(rule.groups[0], ensure_ascii=False)})"
    return f"allow.groups({json.dumps(rule.groups, ensure_ascii=False)})"


def accepted_by(api: RestApi, claims: Mapping[str, Any]) -> str:
    """What an authorizer took of a token that it accepted. For members of which group a route is, its function says."""
    if claims.get("token_use") != "access":
        return f"ID token of {'any app client' if api.id_tokens == 'pool' else 'the own app client'}"
    held = str(claims.get("scope", "")).split()
    return f"access token with scope {next(scope for scope in api.scopes if scope in held)}"
