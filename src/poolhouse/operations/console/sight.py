"""Whom a person may see in lists: everybody, or the members of the groups that his rules name."""

from typing import Final

from poolhouse import service_model
from poolhouse.access.principals import Person
from poolhouse.errors import DelegationRefused
from poolhouse.operations import delegation
from poolhouse.operations.context import Call
from poolhouse.store.database import Transaction

LISTS: Final = ("ListUsers", "ListUsersInGroup")
"""With one of these somebody has a list of users."""


async def visible_groups(ctx: Call, tx: Transaction) -> tuple[str, ...] | None:
    """The groups whose members may be listed; None is everybody, as for anybody but a person.

    A rule that is narrowed to members of groups has ListUsersInGroup in place of ListUsers. Raises DelegationRefused
    for a person whom no rule lets list anybody.
    """
    person = ctx.principal
    if not isinstance(person, Person):
        return None
    allowed = await delegation.permitted(tx, person)
    if allowed.isdisjoint(LISTS):
        raise DelegationRefused("Your groups do not let you list users.")
    if "ListUsers" in allowed:
        return None
    rules = await delegation.rules_of(tx, person.pool_id)
    named = {name for rule in rules.delegation.delegates for name in rule.members_of or ()} if rules else set()
    return tuple([name for name in sorted(named) if await _may_list(ctx, tx, person, name)])


async def _may_list(ctx: Call, tx: Transaction, person: Person, group: str) -> bool:
    operation = service_model.operation("cognito-idp", "ListUsersInGroup")
    assert operation is not None
    request = service_model.from_params(operation, {"UserPoolId": person.pool_id, "GroupName": group})
    return (await delegation.explain(ctx, tx, person, operation.name, request)).allowed
