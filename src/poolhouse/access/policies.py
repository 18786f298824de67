"""Identity and trust policies: parsed once, then asked whether an action on a resource is allowed and, if not, why.

Knows no principal; a malformed policy is a ValueError and never allows anything.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar

from .conditions import Condition, matches_safely, parse_conditions
from .globs import ArnPattern, Context, Template, atoms

Reason = Literal["allowed", "no_policy", "deny", "no_session_policy", "session_deny", "no_boundary", "boundary_deny"]
ContextValue = str | bool | float | Sequence[str]

_LONGEST_DOCUMENT = 131_072
_CACHED_DECISIONS = 4096
_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_TRUST_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Principal", "Condition"}
_ACTION_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_*?")
_EMPTY: Final[Context] = {}
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Decision(NamedTuple):
    """`rule` names the statement that allows."""

    allowed: bool
    reason: Reason
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement. `principals` are the trusted parties of a trust policy and empty elsewhere, `name` is
    the Sid or the place in the policy.
    """

    name: str
    allows: bool
    actions: tuple[Template, ...]
    other_actions: bool
    resources: tuple[ArnPattern, ...]
    other_resources: bool
    conditions: tuple[Condition, ...]
    principals: frozenset[tuple[str, str]]
    static: bool

    def names_action(self, action: str) -> bool:
        return any(pattern.matches(action, _EMPTY) for pattern in self.actions) != self.other_actions

    def applies(self, resource: str, context: Context) -> bool:
        """For an action that the statement names."""
        unresolved = self.other_resources and self.allows
        named = any(
            matches_safely(pattern.matches, resource, context, when_unresolved=unresolved) for pattern in self.resources
        )
        return named != self.other_resources and self.conditions_hold(context)

    def conditions_hold(self, context: Context) -> bool:
        return all(condition.holds(context, allows=self.allows) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy; two of them are equal when their documents are."""

    source: str
    statements: tuple[Statement, ...] = field(compare=False, repr=False)


def parse(document: Mapping[str, Any] | str) -> Policy:
    """An identity-based, session or boundary policy from its JSON text or decoded object. Raises ValueError."""
    return _parse(document, _STATEMENT_MEMBERS)


def parse_trust(document: Mapping[str, Any] | str) -> Policy:
    """A role's trust policy (AssumeRolePolicyDocument): principals instead of resources. Raises ValueError."""
    return _parse(document, _TRUST_MEMBERS)


def _parse(document: Mapping[str, Any] | str, members: set[str]) -> Policy:
    loaded = _load(document if isinstance(document, str) else _text(document))
    if not isinstance(loaded, Mapping):
        raise ValueError("A policy document must be an object.")  # noqa: TRY004 - one error for a bad policy
    _known(loaded, {"Version", "Id", "Statement"}, "policy document")
    version = loaded.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise ValueError(f"Version {version!r} is not one of {', '.join(_VERSIONS)}.")
    listed = loaded.get("Statement")
    statements = [listed] if isinstance(listed, Mapping) else listed
    if not isinstance(statements, list) or not statements:
        raise ValueError("A policy document must hold at least one Statement.")
    compiled = tuple(
        _statement(one, members, f"statement {place}", variables=version == _VERSIONS[0])
        for place, one in enumerate(statements, 1)
    )
    return Policy(json.dumps(loaded, sort_keys=True, separators=(",", ":")), compiled)


def _text(document: Mapping[str, Any]) -> str:
    try:
        return json.dumps(document)
    except (TypeError, ValueError, RecursionError) as cause:
        raise ValueError(f"A policy document must be plain JSON data: {cause}.") from cause


def _load(text: str) -> Any:
    if len(text) > _LONGEST_DOCUMENT:
        raise ValueError(f"A policy document is longer than {_LONGEST_DOCUMENT} characters.")
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (json.JSONDecodeError, RecursionError) as cause:
        raise ValueError(f"A policy document must be JSON: {cause}.") from cause


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON readers disagree about which of two equal names counts, so neither does."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A policy document names a member twice.")
    return members


def _known(members: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in members:
        if name not in known:
            raise ValueError(f"{name!r} is not a member of a {where}.")


def _statement(raw: Any, members: set[str], place: str, *, variables: bool) -> Statement:
    if not isinstance(raw, Mapping):
        raise ValueError("A statement must be an object.")  # noqa: TRY004 - one error for a bad policy
    _known(raw, members, "statement")
    if not isinstance(raw.get("Sid", ""), str):
        raise ValueError("Sid must be a string.")  # noqa: TRY004 - one error for a bad policy
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise ValueError('Effect must be "Allow" or "Deny".')
    other_actions, actions = _either(raw, "Action")
    trusted = _principals(raw["Principal"]) if "Principal" in raw else frozenset()
    if "Principal" in members:
        if not trusted:
            raise ValueError("A trust policy's statement must name its Principal.")
        other_resources, resources = False, ["*"]
    else:
        other_resources, resources = _either(raw, "Resource")
    patterns = tuple(ArnPattern(resource, variables=variables) for resource in resources)
    conditions = parse_conditions(raw["Condition"], variables=variables) if "Condition" in raw else ()
    return Statement(
        name=raw.get("Sid") or place,
        allows=raw["Effect"] == "Allow",
        actions=tuple(_action(action) for action in actions),
        other_actions=other_actions,
        resources=patterns,
        other_resources=other_resources,
        conditions=conditions,
        principals=trusted,
        static=not conditions and all(pattern.static for pattern in patterns),
    )


def _either(raw: Mapping[str, Any], name: str) -> tuple[bool, list[str]]:
    """The list under `name` or `Not<name>`, of which exactly one must be there."""
    negated = f"Not{name}"
    if (name in raw) == (negated in raw):
        raise ValueError(f"A statement must hold either {name} or {negated}.")
    return negated in raw, _strings(raw[name if name in raw else negated], name)


def _strings(value: Any, name: str) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) and one for one in listed):
        raise ValueError(f"{name} must be a string or a list of strings.")
    return listed


def _action(text: str) -> Template:
    service, colon, name = text.lower().partition(":")
    wild_service = service != "*" and ("*" in service or "?" in service)
    if text != "*" and (
        not colon or not service or not name or wild_service or not _ACTION_CHARACTERS.issuperset(service + name)
    ):
        raise ValueError(f"Action {text!r} is not of the form service:Name.")
    return Template(atoms(text, variables=False), fold=True)


def _principals(raw: Any) -> frozenset[tuple[str, str]]:
    if not isinstance(raw, Mapping):
        raise ValueError('Principal must be an object such as {"Federated": "..."}.')  # noqa: TRY004 - one error for a bad policy
    _known(raw, {"AWS", "Federated", "Service"}, "Principal")
    return frozenset((kind, one) for kind, value in raw.items() for one in _strings(value, f"Principal.{kind}"))


class PolicySet:
    """All policies of one role, with its permissions boundary. Immutable, equal by content, and quick when asked again.

    Answers that depend on action and resource only are remembered; those that look at the request are not.
    """

    __slots__ = ("_by_action", "_settled", "boundary", "policies")

    def __init__(self, policies: Iterable[Policy] = (), boundary: Policy | None = None) -> None:
        self.policies = tuple(policies)
        self.boundary = boundary
        self._by_action: dict[str, tuple[Statement, ...]] = {}
        self._settled: dict[tuple[str, str], Decision | None] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PolicySet) and (self.policies, self.boundary) == (other.policies, other.boundary)

    def __hash__(self) -> int:
        return hash((self.policies, self.boundary))

    def settled(self, action: str, resource: str) -> Decision | None:
        """The decision if no condition and no variable has a say in it, else None."""
        try:
            return self._settled[action, resource]
        except KeyError:
            return self._settle(action, resource)

    def judge(self, action: str, resource: str, context: Context) -> Decision:
        """The decision for one request, never remembered."""
        verdict = _verdict(self._named(action), resource, context)
        limit = (
            True if self.boundary is None else _verdict(_naming(self.boundary.statements, action), resource, context)
        )
        if verdict is False:
            return Decision(allowed=False, reason="deny")
        if limit is False:
            return Decision(allowed=False, reason="boundary_deny")
        if verdict is None:
            return Decision(allowed=False, reason="no_policy")
        if limit is None:
            return Decision(allowed=False, reason="no_boundary")
        return Decision(allowed=True, reason="allowed", rule=self._rule(action, resource, context))

    def _rule(self, action: str, resource: str, context: Context) -> str:
        """The first statement that allows."""
        for place, policy in enumerate(self.policies, 1):
            for statement in _naming(policy.statements, action):
                if statement.allows and statement.applies(resource, context):
                    return statement.name if len(self.policies) == 1 else f"{statement.name} of policy {place}"
        return ""

    def _named(self, action: str) -> tuple[Statement, ...]:
        found = self._by_action.get(action)
        if found is None:
            every = [statement for policy in self.policies for statement in policy.statements]
            found = _naming(every, action)
            _remember(self._by_action, action, found)
        return found

    def _settle(self, action: str, resource: str) -> Decision | None:
        concerned = self._named(action)
        if self.boundary:
            concerned += _naming(self.boundary.statements, action)
        static = all(statement.static for statement in concerned)
        decision = self.judge(action, resource, _EMPTY) if static else None
        _remember(self._settled, (action, resource), decision)
        return decision


def _remember(cache: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Resource names come from callers, so the cache is emptied when it is full."""
    if len(cache) >= _CACHED_DECISIONS:
        cache.clear()
    cache[key] = value


def _naming(statements: Iterable[Statement], action: str) -> tuple[Statement, ...]:
    return tuple(statement for statement in statements if statement.names_action(action))


def _verdict(statements: Iterable[Statement], resource: str, context: Context) -> bool | None:
    """False: explicitly denied. True: allowed. None: nothing was said."""
    effects = [statement.allows for statement in statements if statement.applies(resource, context)]
    return None if not effects else all(effects)


def decide(
    policies: PolicySet,
    session_policy: Policy | None,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
) -> Decision:
    """May the holder of `policies`, narrowed by `session_policy`, do `action` ("cognito-idp:ListUsers") on `resource`?

    An explicit Deny anywhere wins; else identity policies, boundary and session policy must each allow.
    The names of condition keys are compared without regard to case.
    """
    settled = policies.settled(action, resource)
    if settled is not None and session_policy is None:
        return settled
    keys = normal(context or {})
    decision = settled or policies.judge(action, resource, keys)
    if session_policy is None or decision.reason == "deny":
        return decision
    verdict = _verdict(_naming(session_policy.statements, action), resource, keys)
    if verdict is False:
        return Decision(allowed=False, reason="session_deny")
    if decision.allowed and verdict is None:
        return Decision(allowed=False, reason="no_session_policy")
    return decision


def normal(context: Mapping[str, ContextValue]) -> Context:
    """Condition keys in lower case with their values as tuples of text."""
    return {key.lower(): _texts(value) for key, value in context.items()}


def _texts(value: ContextValue) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str | int | float):
        return (str(value),)
    return tuple(value)


_TAILS: Final[dict[Reason, str]] = {
    "no_policy": "because no identity-based policy allows the {action} action",
    "deny": "with an explicit deny in an identity-based policy",
    "no_session_policy": "because no session policy allows the {action} action",
    "session_deny": "with an explicit deny in a session policy",
    "no_boundary": "because no permissions boundary allows the {action} action",
    "boundary_deny": "with an explicit deny in a permissions boundary",
}


def denied_message(principal_arn: str, action: str, resource: str, reason: Reason) -> str:
    """AWS's words for a refusal (spec/user-pools.md 7.3)."""
    tail = _TAILS[reason].format(action=action)
    return f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource} {tail}"
