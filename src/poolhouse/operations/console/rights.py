"""What a visitor of the console may do: the operator everything, a person what delegation says of him and of others.

Everything here only asks; each call is decided anew when it is made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from poolhouse import service_model
from poolhouse.access import delegation as rules
from poolhouse.access.delegation import Question, Ranked, decide
from poolhouse.access.principals import Person, Root
from poolhouse.operations import delegation
from poolhouse.operations.context import Call, Services
from poolhouse.operations.gate import served
from poolhouse.operations.remote.forwarding import FORWARDED
from poolhouse.store import groups, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.groups import Group
from poolhouse.store.pools import Pool

Asked = tuple[str, Mapping[str, Any]]
"""An operation's name, and the members of a request to it without the pool's id."""


async def allowed(services: Services, principal: Root | Person, pool_id: str = "") -> frozenset[str]:
    """The names of the operations that somebody may perform: all that the pool serves, or what delegation says."""
    if isinstance(principal, Root):
        names = frozenset(name for service, name in served() if service == "cognito-idp")
        return names if services.remote.of(pool_id) is None else names & FORWARDED
    async with services.database.read() as tx:
        return await delegation.permitted(tx, principal)


async def permitted(ctx: Call, person: Person, asked: Iterable[Asked]) -> list[Asked]:
    """Those that delegation would allow the person."""
    found = []
    async with ctx.services.database.read() as tx:
        for name, members in asked:
            operation = service_model.operation("cognito-idp", name)
            assert operation is not None, name
            request = service_model.from_params(operation, {"UserPoolId": person.pool_id, **members})
            if (await delegation.explain(ctx, tx, person, name, request)).allowed:
                found.append((name, members))
    return found


async def in_group(ctx: Call, person: Person, pool: Pool, name: str, wanted: frozenset[str]) -> frozenset[str]:
    """The operations on members of a group that would be allowed if they were the weakest whom he may act on."""
    if not wanted:
        return wanted
    async with ctx.services.database.read() as tx:
        found = await delegation.rules_of(tx, pool.id)
        group = await groups.find(tx, pool.id, name)
        held = await _held(tx, pool, person)
    if found is None:
        return frozenset()
    asked = Question(
        operation="",
        person=[Ranked(one.name, one.precedence) for one in held],
        target=[Ranked(circle, None) for rule in found.delegation.delegates for circle in rule.members_of or ()],
        group=Ranked(group.name, group.precedence) if group else None,
        group_name=name,
    )
    return frozenset(one for one in wanted if decide(found, replace(asked, operation=one)).allowed)


async def own_rules(services: Services, person: Person) -> list[str]:
    """The rules of the person's groups, in the words of their definition."""
    async with services.database.read() as tx:
        found = await delegation.rules_of(tx, person.pool_id)
        held = {group.name for group in await _held(tx, await pools.get(tx, person.pool_id), person)}
    return [rules.shown(one) for one in (found.delegation.delegates if found else ()) if one.group in held]


async def _held(tx: Transaction, pool: Pool, person: Person) -> list[Group]:
    user = await users.find(tx, pool, person.sub)
    return await groups.of_user(tx, user.id) if user else []
