"""Authorization rules as AppSync's directives: who may have a field, and a type that is reached through it.

Every field and type names its modes, so that the API's default mode opens none. `@aws_iam` is always there: behind it
stand the policies of the roles, and a role without one gets nothing.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from poolhouse.define.manifest import HANDED_OVER, Data, Rule

IAM: Final = "@aws_iam"
DECLARATIONS: Final = """\
directive @aws_iam on FIELD_DEFINITION | OBJECT
directive @aws_api_key on FIELD_DEFINITION | OBJECT
directive @aws_cognito_user_pools(cognito_groups: [String!]) on FIELD_DEFINITION | OBJECT
"""
"""What AppSync knows by itself, for readers that do not."""


def directives(rules: Iterable[Rule]) -> str:
    """`@aws_iam @aws_cognito_user_pools(cognito_groups: ["ADMINS"])`. Groups are named unless a rule lets every user
    of the pool in.
    """
    listed = list(rules)
    found = [IAM]
    pool_rules = [rule for rule in listed if rule.provider == "userPools"]
    if any(rule.strategy == "authenticated" for rule in pool_rules):
        found.append("@aws_cognito_user_pools")
    elif pool_rules:
        groups = dict.fromkeys(group for rule in pool_rules for group in rule.groups)
        found.append(f"@aws_cognito_user_pools(cognito_groups: [{', '.join(map(_quoted, groups))}])")
    if any(rule.provider == "apiKey" for rule in listed):
        found.append("@aws_api_key")
    return " ".join(found)


def reached(data: Data) -> dict[str, tuple[Rule, ...]]:
    """The rules of the operations through which each object type can be reached."""
    types = {custom.name: custom for custom in data.types}
    found: dict[str, tuple[Rule, ...]] = {}
    for operation in data.operations:
        start = HANDED_OVER if operation.is_asynchronous else operation.returns.name if operation.returns else ""
        pending, seen = [start], set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            found[name] = (*found.get(name, ()), *operation.rules)
            pending += [field.type.name for field in types[name].fields] if name in types else []
    return found


def _quoted(text: str) -> str:
    """JSON's strings are GraphQL's."""
    return msgspec.json.encode(text).decode()
