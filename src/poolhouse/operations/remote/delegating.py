"""The delegation of a pool at AWS: the same decision as for a pool of ours, over what AWS says at the moment.

Nothing locks a pool at AWS. Between the question and the change somebody else may take a member away there.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from poolhouse.access.delegation import Question, Ranked, Rules, at_stake, decide, strength
from poolhouse.access.principals import Person, RoleSession
from poolhouse.define.delegable import ON_USER
from poolhouse.errors import DelegationRefused
from poolhouse.operations import delegation
from poolhouse.operations.context import Call

from .members import Member, Members
from .pool import RemotePool

_SAYS_WHO_ASKS: Final = "GetCallerIdentity"
_GONE: Final = "The user on whose behalf this is asked is disabled or no longer exists."


async def check(ctx: Call) -> None:
    """Let the delegation of the pool have its say whose user is behind the call, at AWS or of this server.

    Notes the groups of a user at AWS for the audit trail. Raises DelegationRefused.
    """
    person = ctx.person
    if person is None:
        return
    pool = ctx.services.remote.of(person.pool_id)
    if pool is None:
        await _of_another_pool(ctx)
        return
    if pool.rules is None:
        if isinstance(ctx.principal, Person):
            raise DelegationRefused(f"The user pool {pool.id} delegates nothing to its users.")
        ctx.groups = _names(await pool.members.groups(person.username))
        return
    if not _has_no_say(ctx, pool.rules):
        await _judge(ctx, pool, pool.rules, person)


async def _of_another_pool(ctx: Call) -> None:
    """A user of this server's own, who asks for something in the pool at AWS."""
    async with ctx.services.database.read() as tx:
        rule = await delegation.check(ctx, tx, ctx.operation, ctx.request)
    if not rule and isinstance(ctx.principal, Person):
        raise DelegationRefused(f"User is not allowed to perform {ctx.operation}.")


def _has_no_say(ctx: Call, rules: Rules) -> bool:
    if ctx.operation == _SAYS_WHO_ASKS:
        return True
    principal = ctx.principal
    if not isinstance(principal, RoleSession) or principal.identity is not None:
        return False
    return rules.leaves(principal.role_arn, f"cognito-idp:{ctx.operation}", getattr(ctx.request, "GroupName", None))


async def _judge(ctx: Call, pool: RemotePool, rules: Rules, person: Person) -> None:
    if getattr(ctx.request, "UserPoolId", person.pool_id) != person.pool_id:
        raise DelegationRefused(f"Users of {person.pool_id} may not act in another user pool.")
    if await _alive(pool.members, person) is None:
        raise DelegationRefused(_GONE)
    own = await pool.members.groups_now(person.username)
    ctx.groups = _names(own)
    target = await _target(pool.members, ctx)
    if target.member is not None:
        ctx.subject, ctx.pool_id = target.member.sub, pool.id
    verdict = decide(rules, await _question(ctx, pool.members, rules, own, target))
    if not verdict.allowed:
        raise DelegationRefused(verdict.text)
    ctx.rule = verdict.text


class _Target(NamedTuple):
    """The user whom the request names, and his groups; both None where there is none."""

    member: Member | None = None
    groups: tuple[Ranked, ...] | None = None


async def _target(members: Members, ctx: Call) -> _Target:
    if ctx.operation not in ON_USER:
        return _Target()
    found = await members.find(ctx.request.Username)
    return _Target() if found is None else _Target(found, await members.groups_now(found.username))


async def _question(ctx: Call, members: Members, rules: Rules, own: Sequence[Ranked], target: _Target) -> Question:
    request: Any = ctx.request
    named = getattr(request, "GroupName", None)
    return Question(
        operation=ctx.operation,
        person=own,
        target=target.groups,
        group=await members.group(named) if named else None,
        group_name=named or "",
        precedence=getattr(request, "Precedence", None),
        sets_role=getattr(request, "RoleArn", None) is not None,
        forces_alias=bool(getattr(request, "ForceAliasCreation", None)),
        last_of=await _last_of(ctx, members, rules, target),
        stronger_member=ctx.operation == "DeleteGroup" and await _has_stronger_member(members, named or "", own),
    )


async def _last_of(ctx: Call, members: Members, rules: Rules, target: _Target) -> tuple[str, ...]:
    """The protected groups that would have no enabled member left."""
    names = at_stake(rules, ctx.operation, getattr(ctx.request, "GroupName", None))
    held = [group.name for group in target.groups or () if group.name in names]
    member = target.member
    return tuple([name for name in held if member is not None and await _is_last(members, name, member)])


async def _is_last(members: Members, group: str, member: Member) -> bool:
    async for other in members.of_group(group):
        if other.enabled and other.sub != member.sub:
            return False
    return True


async def _has_stronger_member(members: Members, name: str, own: Sequence[Ranked]) -> bool:
    mine = strength(own)
    theirs = {member.sub async for member in members.of_group(name)}
    for group in await members.every_group():
        if theirs and group.strength < mine:
            async for member in members.of_group(group.name):
                if member.sub in theirs:
                    return True
    return False


async def _alive(members: Members, person: Person) -> Member | None:
    """The person as he is now. A user who was made anew under the same name is another one."""
    found = await members.find(person.username)
    return found if found is not None and found.enabled and found.sub == person.sub else None


def _names(groups: Sequence[Ranked]) -> tuple[str, ...]:
    return tuple(group.name for group in groups)
