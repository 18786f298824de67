"""The permission debugger: may X do Y, and which rule says so?

It asks the code that decides in earnest, with what the store says now, and does nothing. Operations are decided here;
GraphQL fields and REST routes in `debugger_doors`, and who somebody would be to the server in `debugger_callers`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from poolhouse import service_model
from poolhouse.access import delegation as rules
from poolhouse.access import resources
from poolhouse.access.authorization import context
from poolhouse.access.delegation import Rules
from poolhouse.access.explaining import Witness, witnesses
from poolhouse.access.principals import Anonymous, Person, Principal, RoleSession
from poolhouse.errors import DelegationRefused, ServiceError
from poolhouse.operations import delegation, gate
from poolhouse.operations._tagging import condition_keys
from poolhouse.operations.context import Call
from poolhouse.operations.remote import delegating, forwarding

from . import debugger_callers as callers
from . import debugger_doors as doors
from .debugger_answers import Answer, Scene, Step

KINDS: Final = ("user", "identity", "group", "function", "role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`kind` of `who` asks for `what`: an operation (`AdminGetUser`), a field (`Mutation.addUserToGroup`) or a route
    (`AdminQueries POST /addUserToGroup`). `on` is the user, `group` the group that the request names; `behalf` the user
    who called the function whose role asks.
    """

    kind: str
    who: str
    what: str
    on: str = ""
    group: str = ""
    behalf: str = ""


async def answer(scene: Scene, asked: Question) -> Answer:
    """Raises PageRefusal for a question that names nothing there is."""
    operation = service_model.operation("cognito-idp", asked.what)
    if operation is not None:
        names = await callers.names(scene, (asked.who, asked.on, asked.behalf))
        return (await _operation(scene, asked, operation)).called(names)
    caller = await callers.caller(scene, asked.kind, asked.who)
    return doors.answer(scene, asked.what, caller)


async def _operation(scene: Scene, asked: Question, operation: service_model.Operation) -> Answer:
    request = _request(scene, operation, asked)
    if (operation.service, operation.name) not in gate.served():
        return Answer((Step("Operation", allowed=False, rule=f"{operation.name} is not served by this version."),))
    if scene.remote is not None and operation.name not in forwarding.FORWARDED:
        rule = f"The user pool is at AWS, and {operation.name} is not passed on by this server."
        return Answer((Step("Operation", allowed=False, rule=rule),))
    if operation.auth != "iam":
        return _open(operation)
    if asked.kind == "group":
        return await _members(scene, asked, operation)
    if asked.kind == "user":
        person = await callers.person(scene, asked.who)
        return Answer((await _delegated(scene, person, person, operation, request),))
    session = await callers.session(scene, asked.kind, asked.who)
    steps = [_policies(scene, session, operation, request)]
    behind = await _behind(scene, session, asked)
    if behind is not None:
        steps.append(await _delegated(scene, session, behind, operation, request))
    return Answer(tuple(steps))


def _open(operation: service_model.Operation) -> Answer:
    """Operations of the users themselves."""
    whose = {
        "public": "Anybody may call it; what it does depends on the proof that the request carries.",
        "token": "Whoever has a good access token may call it, for himself alone.",
        "token_or_session": "Whoever has a good access token or session may call it, for himself alone.",
    }[operation.auth]
    rule = f"{operation.name} asks for no AWS signature."
    return Answer((Step("Operation", allowed=True, rule=rule, facts=(whose,)),))


async def _behind(scene: Scene, session: RoleSession, asked: Question) -> Person | None:
    """The user for whom a session asks: whose credentials they are, or who called the function."""
    identity = session.identity
    if identity is not None and identity.sub:
        return replace(await callers.person(scene, identity.sub), via="identityPool")
    return await callers.person(scene, asked.behalf) if asked.behalf else None


# --- policies ----------------------------------------------------------------------------------------------


def _policies(scene: Scene, session: RoleSession, operation: service_model.Operation, request: msgspec.Struct) -> Step:
    """What the gate says to the signature of a role, and the statements that made it say so."""
    ctx = _call(scene, session, operation, request)
    action = f"{operation.service}:{operation.name}"
    resource = resources.action_resource(
        operation.service, operation.name, request, region=session.region, account_id=session.account_id
    )
    keys = context(session, ctx.now, request_keys=condition_keys(operation.name, request))
    found = witnesses(session.policies, action, resource, keys)
    facts = [f"The call is {action} on {resource}.", *_grants(scene, session, action)]
    try:
        gate.authorize(ctx, operation, request)
    except ServiceError as error:
        return _step(session, found, facts, allowed=False, rule=error.message)
    return _step(session, found, facts, allowed=True, rule=callers.where(session, found))


def _step(session: RoleSession, found: tuple[Witness, ...], facts: list[str], *, allowed: bool, rule: str) -> Step:
    documents = tuple(one.text for one in found)
    if not any(one.applies for one in found):
        facts.append(_NEARLY if found else _NOTHING)
    return Step(f"Policies of role {session.role_name}", allowed, rule, tuple(facts), documents)


_NOTHING: Final = "No statement of the role's policies names the call."
_NEARLY: Final = "The statement below names the call, but on another resource or under a condition that does not hold."


def _grants(scene: Scene, session: RoleSession, action: str) -> list[str]:
    """The lines of the definitions that the policies of a function's role are made of."""
    auth = scene.applied.manifest.auth if scene.applied else None
    names = [name for name, arn in scene.function_roles.items() if arn == session.role_arn]
    found = [grant for grant in (auth.grants if auth else ()) if grant.function in names and action in grant.actions]
    return [
        f"The definitions say: allow.resource({grant.function}).to([{_quoted(grant.names)}])"
        + (f" for the groups {', '.join(grant.groups)}" if grant.groups else "")
        + (", by the function's own authority" if grant.own_authority else "")
        for grant in found
    ]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# --- delegation --------------------------------------------------------------------------------------------


async def _delegated(
    scene: Scene, principal: Principal, person: Person, operation: service_model.Operation, request: msgspec.Struct
) -> Step:
    ctx = replace(_call(scene, principal, operation, request), person=person)
    if scene.remote is not None:
        return await _delegated_there(ctx, person)
    async with scene.ctx.services.database.read() as tx:
        found = await delegation.explain(ctx, tx, person, operation.name, request)
    rule = found.rule or ("Delegation has no say here." if found.allowed else "Nothing is delegated.")
    return Step(f"Delegation to {person.username}", found.allowed, rule, found.facts)


async def _delegated_there(ctx: Call, person: Person) -> Step:
    """Over what AWS says now."""
    title = f"Delegation to {person.username}"
    try:
        await delegating.check(ctx)
    except DelegationRefused as refusal:
        return Step(title, allowed=False, rule=refusal.message)
    facts = (f"His groups are {', '.join(ctx.groups) or 'none'}.",) if ctx.groups is not None else ()
    return Step(title, allowed=True, rule=ctx.rule or "Delegation has no say here.", facts=facts)


async def _rules(scene: Scene) -> Rules | None:
    if scene.remote is not None:
        return scene.remote.rules
    async with scene.ctx.services.database.read() as tx:
        return await delegation.rules_of(tx, scene.pool.id)


async def _members(scene: Scene, asked: Question, operation: service_model.Operation) -> Answer:
    """What the delegation gives to members of a group, whoever they are."""
    group, found = await callers.group(scene, asked.who), await _rules(scene)
    title = f"Delegation to members of {group.name}"
    if found is None:
        return Answer((Step(title, allowed=False, rule="Nothing is delegated in this user pool."),))
    fits = [one for one in found.delegation.delegates if one.group == group.name and operation.name in one.operations]
    allowed = operation.name in rules.permitted(found, [group])
    rule = "; ".join(map(rules.shown, fits)) or f"No rule lets members of {group.name} perform {operation.name}."
    limits = ("On whom depends on both users: nobody acts on a stronger one. Ask for one member to see.",)
    return Answer((Step(title, allowed, rule, limits if allowed else ()),))


# --- the request -------------------------------------------------------------------------------------------


def _call(scene: Scene, principal: Principal, operation: service_model.Operation, request: msgspec.Struct) -> Call:
    region = "" if isinstance(principal, Anonymous) else principal.region
    return Call(
        services=scene.ctx.services,
        principal=principal,
        now=scene.ctx.now,
        request_id=scene.ctx.request_id,
        source_ip=scene.ctx.source_ip,
        region=region,
        way="debugger",
        operation=operation.name,
        request=request,
    )


def _request(scene: Scene, operation: service_model.Operation, asked: Question) -> msgspec.Struct:
    """As far as rules look at it."""
    named = {"Username": asked.on, "GroupName": asked.group}
    return service_model.draft(operation, {"UserPoolId": scene.pool.id} | {k: v for k, v in named.items() if v})
