"""Which permissions a template gives to whom, as sentences, and how two templates differ in them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

_INVOKERS: Final = "AWS::Lambda::Permission"
_ATTACHED: Final = frozenset({"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"})


class Permission(NamedTuple):
    """Permissions that come or go together. `holder` is a role's logical id, or a service; `condition` may be empty."""

    change: Literal["added", "removed"]
    holder: str
    verb: str
    actions: tuple[str, ...]
    resource: str
    condition: str = ""

    def __str__(self) -> str:
        verb = (
            self.verb if self.change == "added" else {"may": "may no longer"}.get(self.verb, f"no longer {self.verb}")
        )
        where = f" on {self.resource}" if self.resource else ""
        only = f" if {self.condition}" if self.condition else ""
        return f"{self.holder} {verb} {', '.join(self.actions)}{where}{only}"


class _Fact(NamedTuple):
    """One action."""

    holder: str
    verb: str
    action: str
    resource: str
    condition: str


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What the second template gives and the first does not, then what is taken away; each by holder."""
    old, new = set(_facts(before)), set(_facts(after))
    return (*_together("added", new - old), *_together("removed", old - new))


def _together(change: Literal["added", "removed"], facts: Collection[_Fact]) -> Iterator[Permission]:
    """Actions that differ in nothing else stand in one sentence."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for fact in sorted(facts):
        found.setdefault((fact.holder, fact.verb, fact.resource, fact.condition), []).append(fact.action)
    for (holder, verb, resource, condition), actions in found.items():
        yield Permission(change, holder, verb, tuple(actions), resource, condition)


def _facts(template: Mapping[str, Any]) -> Iterator[_Fact]:
    for logical_id, resource in template.get("Resources", {}).items():
        properties = resource.get("Properties", {})
        kind = resource["Type"]
        if kind == "AWS::IAM::Role":
            yield from _role(logical_id, properties)
        elif kind in _ATTACHED:
            for role in _list(properties.get("Roles")):
                yield from _statements(_shown(role), properties["PolicyDocument"])
        elif kind == _INVOKERS:
            source = properties.get("SourceArn")
            condition = f"it comes from {_shown(source)}" if source else ""
            target = _shown(properties["FunctionName"])
            yield _Fact(_shown(properties["Principal"]), "may", _shown(properties["Action"]), target, condition)


def _role(logical_id: str, properties: Mapping[str, Any]) -> Iterator[_Fact]:
    for statement in _list(properties["AssumeRolePolicyDocument"]["Statement"]):
        for principal in _principals(statement.get("Principal", {})):
            for action in _list(statement.get("Action")):
                yield _Fact(principal, _verb(statement), _shown(action), logical_id, _condition(statement))
    for policy in _list(properties.get("ManagedPolicyArns")):
        yield _Fact(logical_id, "holds", _shown(policy).rpartition("/")[2], "", "")
    for policy in _list(properties.get("Policies")):
        yield from _statements(logical_id, policy["PolicyDocument"])


def _statements(holder: str, document: Mapping[str, Any]) -> Iterator[_Fact]:
    for statement in _list(document["Statement"]):
        actions = statement.get("Action") or [f"everything but {_shown(statement.get('NotAction'))}"]
        resources = statement.get("Resource") or [f"all but {_shown(statement.get('NotResource'))}"]
        for action in _list(actions):
            for resource in _list(resources):
                yield _Fact(holder, _verb(statement), _shown(action), _shown(resource), _condition(statement))


def _verb(statement: Mapping[str, Any]) -> str:
    return "may" if statement.get("Effect") == "Allow" else "may never"


def _condition(statement: Mapping[str, Any]) -> str:
    condition = statement.get("Condition")
    return _shown(condition) if condition else ""


def _principals(principal: Any) -> list[str]:
    if not isinstance(principal, Mapping):
        return [_shown(principal)]
    return [_shown(one) for values in principal.values() for one in _list(values)]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _shown(value: Any) -> str:
    """A value with CloudFormation's functions written as a person would: `UserPool.Arn`, `${Api.Arn}/types/*`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        (function, argument), *_ = value.items()
        if function == "Ref":
            return str(argument)
        if function == "Fn::GetAtt":
            return argument if isinstance(argument, str) else ".".join(argument)
        if function == "Fn::Join":
            return str(argument[0]).join(_inside(part) for part in argument[1])
        if function == "Fn::Sub":
            return _substituted(argument)
    return msgspec.json.encode(_plain(value), order="sorted").decode()


def _plain(value: Any) -> Any:
    """Nested values with the functions in them shown, ready for JSON."""
    if isinstance(value, Mapping):
        single = len(value) == 1 and next(iter(value)) in {"Ref", "Fn::GetAtt", "Fn::Join", "Fn::Sub"}
        return _shown(value) if single else {_shown(name): _plain(inner) for name, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _inside(part: Any) -> str:
    return part if isinstance(part, str) else f"${{{_shown(part)}}}"


def _substituted(argument: Any) -> str:
    if isinstance(argument, str):
        return argument
    text, values = argument
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", _inside(value))
    return str(text)
