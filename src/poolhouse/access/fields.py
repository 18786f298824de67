"""May this caller have this GraphQL field? Pure decisions from the field's rules (spec/backend-and-data.md 4.9).

A group rule opens both gates (DESIGN.md section 2): user-pool tokens that carry the group, and identity-pool
credentials of a member. Both differ from AWS where `live_groups` is on: whoever was removed from the group is out at
once, although the token or the credentials are older. `authenticated("identityPool")` lets members of groups in as
well; on AWS their group's role lacks the policy (check R22).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from poolhouse.define.manifest import Rule

from .authorization import decide_role
from .explaining import opened_by
from .principals import CognitoIdentity, RoleSession, Root
from .resources import field_arn

ACTION: Final = "appsync:GraphQL"


@dataclass(frozen=True, slots=True)
class UserPoolCaller:
    """A user with a token. `groups` is what the token says, `live_groups` what the database says."""

    claims: Mapping[str, Any]
    groups: tuple[str, ...]
    live_groups: tuple[str, ...]

    @property
    def username(self) -> str:
        return str(self.claims.get("username") or self.claims.get("cognito:username") or "")

    @property
    def sub(self) -> str:
        return str(self.claims.get("sub", ""))


@dataclass(frozen=True, slots=True)
class IdentityCaller:
    """Credentials of the identity pool. `live_groups` is None until somebody has asked."""

    session: RoleSession
    identity: CognitoIdentity
    live_groups: tuple[str, ...] | None = None

    @property
    def authenticated(self) -> bool:
        return self.identity.auth_type == "authenticated"


class Connection(NamedTuple):
    """What conditions of policies may ask about a request; `now` in microseconds."""

    now: int = 0
    source_ip: str | None = None
    secure: bool = False


_NO_CONNECTION: Final = Connection()


@dataclass(frozen=True, slots=True)
class BackendCaller:
    """A signed principal that is no identity of an identity pool: a function's role, or root."""

    principal: Root | RoleSession
    connection: Connection = _NO_CONNECTION


@dataclass(frozen=True, slots=True)
class ApiKeyCaller:
    """Whoever knows a valid API key."""


Caller = UserPoolCaller | IdentityCaller | BackendCaller | ApiKeyCaller


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`api_id` is the API's place in resource names; `live_groups` also asks the database about members."""

    api_id: str
    live_groups: bool = True


def permits(guard: Guard, caller: Caller, type_name: str, field_name: str, rules: Iterable[Rule]) -> bool:
    """Whether the caller passes gate B. An identity with a group rule must have its live groups loaded."""
    return bool(grounds(guard, caller, type_name, field_name, rules))


def grounds(guard: Guard, caller: Caller, type_name: str, field_name: str, rules: Iterable[Rule]) -> str:
    """On what grounds the caller passes gate B, in words; "" when he does not."""
    if isinstance(caller, BackendCaller):
        return _policy_grounds(guard, caller, type_name, field_name)
    rule = opening(guard, caller, rules)
    return "" if rule is None else opened_by(rule, f"{type_name}.{field_name}", _credential(caller))


def _credential(caller: UserPoolCaller | IdentityCaller | ApiKeyCaller) -> str:
    if isinstance(caller, IdentityCaller):
        return f"role {caller.session.role_name}"
    return "token" if isinstance(caller, UserPoolCaller) else "API key"


def opening(guard: Guard, caller: UserPoolCaller | IdentityCaller | ApiKeyCaller, rules: Iterable[Rule]) -> Rule | None:
    """The first rule that lets the caller in."""
    return next((rule for rule in rules if _passes(guard, caller, rule)), None)


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


def _policy_grounds(guard: Guard, caller: BackendCaller, type_name: str, field_name: str) -> str:
    principal = caller.principal
    if isinstance(principal, Root):
        return "root"
    resource = field_arn(principal.region, principal.account_id, guard.api_id, type_name, field_name)
    now, source_ip, secure = caller.connection
    decision = decide_role(principal, ACTION, resource, now=now, source_ip=source_ip, secure=secure)
    return f"{decision.rule} of role {principal.role_name}" if decision.allowed else ""


def hint(caller: Caller, rules: tuple[Rule, ...]) -> str:
    """What would have to be different, for the person who reads the log."""
    wanted = " or ".join(dict.fromkeys(in_words(rule) for rule in rules))
    if not wanted:
        return "No rule opens this field to clients; only back-end principals with a policy for it pass."
    return f"The call came {_shown(caller)}. This field needs {wanted}."


def in_words(rule: Rule) -> str:
    """Whom a rule lets in."""
    return _WANTED[rule.strategy, rule.provider].format(" or ".join(rule.groups))


_WANTED: Final = {
    ("public", "apiKey"): "an API key (authMode apiKey)",
    ("guest", "identityPool"): "guest credentials of the identity pool (authMode identityPool, signed out)",
    ("authenticated", "userPools"): "a user pool token (authMode userPool)",
    ("authenticated", "identityPool"): "credentials of a signed-in user (authMode identityPool)",
    ("groups", "userPools"): "a member of {} (authMode userPool, or identityPool with fresh credentials)",
}


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
    return f"({', '.join(names) or 'none'})"
