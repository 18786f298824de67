"""Which administrators may do what to whom, asked of the store at the moment of the call.

What a token or credentials say about groups counts for nothing here: the groups of everybody concerned are read in
the transaction of the operation, after the groups that must keep a member are locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.access.delegation import Question, Ranked, Rules, Verdict, at_stake, decide, strength
from poolhouse.access.delegation import permitted as permitted_by
from poolhouse.access.principals import Person, Principal, RoleSession
from poolhouse.define.delegable import ON_USER
from poolhouse.errors import DelegationRefused
from poolhouse.store import delegations, groups, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.groups import Group
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from .context import Call

_SAYS_WHO_ASKS: Final = "GetCallerIdentity"
_GONE: Final = "The user on whose behalf this is asked is disabled or no longer exists."


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would be answered: `rule` is the text of the rule that allows, or of the refusal; `facts` is what the
    store knew.
    """

    allowed: bool
    rule: str
    facts: tuple[str, ...] = ()


async def check(ctx: Call, tx: Transaction, operation: str, request: msgspec.Struct) -> str:
    """The text of the rule that allows the call, "" when delegation has no say. Raises DelegationRefused.

    It has a say in whatever a person asks for, where his pool has a delegation or he is the principal himself.
    """
    person = ctx.person
    if person is None:
        return ""
    rules = await rules_of(tx, person.pool_id)
    if rules is None:
        if isinstance(ctx.principal, Person):
            raise DelegationRefused(f"The user pool {person.pool_id} delegates nothing to its users.")
        return ""
    if _has_no_say(rules, ctx.principal, operation, request):
        return ""
    judged = await _judged(tx, rules, person, operation, request, lock=True)
    ctx.groups = tuple(group.name for group in judged.own)
    if judged.target is not None:
        ctx.about(judged.target)
    if not judged.verdict.allowed:
        raise DelegationRefused(judged.verdict.text)
    return judged.verdict.text


async def rules_of(tx: Transaction, pool_id: str) -> Rules | None:
    """The rules as they are applied now; None for a pool that delegates nothing."""
    text = await delegations.find(tx, pool_id)
    return None if text is None else _decoded(text)


async def permitted(tx: Transaction, person: Person) -> frozenset[str]:
    """The operations that some rule names for the person, whoever they are to be done to."""
    rules = await rules_of(tx, person.pool_id)
    found = await _alive(tx, person) if rules else None
    if rules is None or found is None:
        return frozenset()
    return permitted_by(rules, _ranked(await groups.of_user(tx, found[1].id)))


async def explain(ctx: Call, tx: Transaction, person: Person, operation: str, request: msgspec.Struct) -> Explanation:
    """What `check` would say if `person` were behind the call. Nothing is locked, nothing is done."""
    rules = await rules_of(tx, person.pool_id)
    if rules is None:
        why = f"The user pool {person.pool_id} delegates nothing to its users."
        return Explanation(not isinstance(ctx.principal, Person), "", (why,))
    if _has_no_say(rules, ctx.principal, operation, request):
        return Explanation(True, "", ("Delegation has no say: the principal acts by its own authority.",))
    judged = await _judged(tx, rules, person, operation, request, lock=False)
    return Explanation(judged.verdict.allowed, judged.verdict.text, judged.facts)


class _Judged(NamedTuple):
    """A verdict and what it was found from: the groups of the person, and the user whom he acts on."""

    verdict: Verdict
    own: Sequence[Group] = ()
    target: User | None = None
    facts: tuple[str, ...] = ()


def _not(text: str) -> _Judged:
    return _Judged(Verdict(allowed=False, text=text))


@lru_cache(maxsize=64)
def _decoded(text: str) -> Rules:
    return msgspec.json.decode(text, type=Rules)


def _has_no_say(rules: Rules, principal: Principal, operation: str, request: msgspec.Struct) -> bool:
    if operation == _SAYS_WHO_ASKS:
        return True
    if not isinstance(principal, RoleSession) or principal.identity is not None:
        return False
    return rules.leaves(principal.role_arn, f"cognito-idp:{operation}", getattr(request, "GroupName", None))


async def _judged(
    tx: Transaction, rules: Rules, person: Person, operation: str, request: Any, *, lock: bool
) -> _Judged:
    pool_id = getattr(request, "UserPoolId", person.pool_id)
    if pool_id != person.pool_id:
        return _not(f"Users of {person.pool_id} may not act in another user pool.")
    if lock:
        await delegations.lock(tx, pool_id, at_stake(rules, operation, getattr(request, "GroupName", None)))
    found = await _alive(tx, person)
    if found is None:
        return _not(_GONE)
    pool, user = found
    own = await groups.of_user(tx, user.id)
    target = await users.find(tx, pool, request.Username) if operation in ON_USER else None
    theirs = await groups.of_user(tx, target.id) if target else None
    named = getattr(request, "GroupName", None)
    group = await groups.find(tx, pool.id, named) if named else None
    asked = Question(
        operation=operation,
        person=_ranked(own),
        target=None if theirs is None else _ranked(theirs),
        group=group and _ranked([group])[0],
        group_name=named or "",
        precedence=getattr(request, "Precedence", None),
        sets_role=getattr(request, "RoleArn", None) is not None,
        forces_alias=bool(getattr(request, "ForceAliasCreation", None)),
        last_of=await _last_of(tx, rules, operation, request, target, theirs or []),
        stronger_member=await _has_stronger_member(tx, operation, group, own),
    )
    return _Judged(decide(rules, asked), own, target, _facts(asked, user, target))


async def _alive(tx: Transaction, person: Person) -> tuple[Pool, User] | None:
    """The person as he is now. A user who was made anew under the same name is another one."""
    pool = await pools.find(tx, person.pool_id)
    user = await users.find(tx, pool, person.sub) if pool else None
    if pool is None or user is None or user.sub != person.sub or not user.enabled:
        return None
    return pool, user


async def _last_of(
    tx: Transaction, rules: Rules, operation: str, request: Any, target: User | None, theirs: Sequence[Group]
) -> tuple[str, ...]:
    if target is None:
        return ()
    names = at_stake(rules, operation, getattr(request, "GroupName", None))
    held = [group for group in theirs if group.name in names]
    return tuple([group.name for group in held if await delegations.is_last(tx, group.id, target.id)])


async def _has_stronger_member(tx: Transaction, operation: str, group: Group | None, own: Sequence[Group]) -> bool:
    if operation != "DeleteGroup" or group is None:
        return False
    return await delegations.has_stronger_member(tx, group.id, strength(_ranked(own)))


def _ranked(found: Sequence[Group]) -> tuple[Ranked, ...]:
    return tuple(Ranked(group.name, group.precedence) for group in found)


def _facts(asked: Question, user: User, target: User | None) -> tuple[str, ...]:
    facts = [f"{user.username} is {_membership(asked.person)}."]
    if target is not None:
        facts.append(f"{target.username} is {_membership(asked.target or ())}.")
    elif asked.operation in ON_USER:
        facts.append("There is no user of the name that the request gives.")
    if asked.group is not None:
        facts.append(f"The group {asked.group.name} has {_precedence(asked.group)}.")
    elif asked.group_name:
        facts.append(f"There is no group {asked.group_name}.")
    facts += [f"Nobody else is an enabled member of the protected group {name}." for name in asked.last_of]
    return tuple(facts)


def _membership(held: Sequence[Ranked]) -> str:
    listed = ", ".join(f"{group.name} ({_precedence(group)})" for group in held)
    return f"a member of {listed}" if listed else "in no group"


def _precedence(group: Ranked) -> str:
    return "no precedence" if group.precedence is None else f"precedence {group.precedence}"
