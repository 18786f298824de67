"""Gate B: may this caller have this field? Pure decisions from the field's rules (spec section 4.9).

A group rule opens both gates (DESIGN.md section 2): user-pool tokens that carry the group, and identity-pool
credentials of a member. Both differ from AWS where `live_groups` is on: whoever was removed from the group is out at
once, although the token or the credentials are older. `authenticated("identityPool")` lets members of groups in as
well; on AWS their group's role lacks the policy (check R22).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from poolhouse.access.policies import decide
from poolhouse.access.principals import Root
from poolhouse.access.resources import field_arn
from poolhouse.define.manifest import Operation, Rule

from .callers import ApiKeyCaller, BackendCaller, Caller, IdentityCaller, UserPoolCaller, Verification

ACTION = "appsync:GraphQL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`api_id` is the API's place in resource names; `live_groups` also asks the database about members."""

    api_id: str
    live_groups: bool = True


def permits(guard: Guard, caller: Caller, type_name: str, field_name: str, rules: Iterable[Rule]) -> bool:
    """Whether the caller passes gate B. An identity with a group rule must have its live groups loaded."""
    if isinstance(caller, BackendCaller):
        return _policy_allows(guard, caller, type_name, field_name)
    return any(_passes(guard, caller, rule) for rule in rules)


def reaches(guard: Guard, caller: Caller, type_name: str, field_name: str, rules: tuple[Rule, ...]) -> bool:
    """Whether an IAM caller's role has a policy for the field; the guest rule gives it to both roles of the pool."""
    if isinstance(caller, IdentityCaller) and any(rule.strategy == "guest" for rule in rules):
        return True
    return permits(guard, caller, type_name, field_name, rules)


def _passes(guard: Guard, caller: UserPoolCaller | IdentityCaller | ApiKeyCaller, rule: Rule) -> bool:
    if isinstance(caller, ApiKeyCaller):
        return rule.provider == "apiKey"
    if isinstance(caller, UserPoolCaller):
        if rule.provider != "userPools":
            return False
        return rule.strategy == "authenticated" or _is_member(guard, rule, caller.groups, caller.live_groups)
    return _identity_passes(guard, caller, rule)


def _identity_passes(guard: Guard, caller: IdentityCaller, rule: Rule) -> bool:
    if rule.strategy == "guest":
        return not caller.authenticated
    if not caller.authenticated:
        return False
    if rule.strategy == "groups":
        return _is_member(guard, rule, caller.identity.groups, caller.live_groups or ())
    return rule.strategy == "authenticated" and rule.provider == "identityPool"


def _is_member(guard: Guard, rule: Rule, issued: tuple[str, ...], live: tuple[str, ...]) -> bool:
    """Names are compared exactly; the group that was issued must be the one that still holds."""
    return any(name in issued and (name in live or not guard.live_groups) for name in rule.groups)


def _policy_allows(guard: Guard, caller: BackendCaller, type_name: str, field_name: str) -> bool:
    principal = caller.principal
    if isinstance(principal, Root):
        return True
    resource = field_arn(principal.region, principal.account_id, guard.api_id, type_name, field_name)
    return decide(principal.policies, principal.session_policy, ACTION, resource).allowed


async def with_live_groups(
    guard: Guard, verification: Verification, caller: Caller, operations: Iterable[Operation]
) -> Caller:
    """The caller, with the groups of now where a rule of the wanted fields may depend on them."""
    if not isinstance(caller, IdentityCaller) or not guard.live_groups or caller.live_groups is not None:
        return caller
    named = {name for operation in operations for rule in operation.rules for name in rule.groups}
    if caller.authenticated and named.intersection(caller.identity.groups):
        return replace(caller, live_groups=await verification.live_groups(caller.identity))
    return caller


def hint(caller: Caller, rules: tuple[Rule, ...]) -> str:
    """What would have to be different, for the person who reads the log."""
    wanted = " or ".join(dict.fromkeys(_WANTED[rule.strategy, rule.provider].format(_groups(rule)) for rule in rules))
    if not wanted:
        return "No rule opens this field to clients; only back-end principals with a policy for it pass."
    return f"The call came {_shown(caller)}. This field needs {wanted}."


_WANTED = {
    ("public", "apiKey"): "an API key (authMode apiKey)",
    ("guest", "identityPool"): "guest credentials of the identity pool (authMode identityPool, signed out)",
    ("authenticated", "userPools"): "a user pool token (authMode userPool)",
    ("authenticated", "identityPool"): "credentials of a signed-in user (authMode identityPool)",
    ("groups", "userPools"): "a member of {} (authMode userPool, or identityPool with fresh credentials)",
}


def _groups(rule: Rule) -> str:
    return " or ".join(rule.groups)


def _shown(caller: Caller) -> str:
    if isinstance(caller, ApiKeyCaller):
        return "with an API key"
    if isinstance(caller, UserPoolCaller):
        return f"with a user pool token of groups {_listed(caller.groups)}, now {_listed(caller.live_groups)}"
    if isinstance(caller, BackendCaller):
        return f"from {caller.principal.arn}, whose policies do not allow it"
    if not caller.authenticated:
        return "with guest credentials of the identity pool"
    return f"with identity pool credentials of groups {_listed(caller.identity.groups)}"


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(names)})"
