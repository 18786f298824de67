"""Whether a caller passes the door of a GraphQL field or a REST route, by the rules that stand at it."""

import json
from collections.abc import Mapping
from typing import Any, Final, get_args

from poolhouse.access import fields, routes
from poolhouse.access.explaining import witnesses
from poolhouse.access.fields import BackendCaller, Caller, Guard, IdentityCaller, UserPoolCaller
from poolhouse.access.principals import RoleSession
from poolhouse.access.resources import field_arn
from poolhouse.define.admin_queries import Route
from poolhouse.define.manifest import ADMIN_QUERIES, SELF_SERVICE_SCOPE, Operation, RestApi, RestRoute
from poolhouse.errors import PageRefusal

from . import debugger_callers as callers
from .debugger_answers import Answer, Scene, Step

EVERYONE: Final = "NONE"
_ASKS_NO_GROUP: Final = "signUserOut"
_DISABLED: Final = "The user is disabled, so every token of his is refused."


def answer(scene: Scene, what: str, caller: Caller | None) -> Answer:
    """`what` is one of `field_names` or `route_names`. Raises PageRefusal."""
    for operation in _operations(scene):
        if field_name(operation) == what:
            handlers = [one.function for one in operation.handlers]
            return Answer((_field(scene, operation, caller),), handlers[-1] if handlers else "")
    for api, route, path in _routes(scene):
        if route_name(api, route, path) == what:
            return Answer(tuple(_route(scene, api, route, path, caller)), route.function)
    raise PageRefusal("There is no such thing to ask for", f"{what} is no operation, field or route.", status=404)


def field_names(scene: Scene) -> list[str]:
    return [field_name(operation) for operation in _operations(scene)]


def route_names(scene: Scene) -> list[str]:
    return [route_name(*one) for one in _routes(scene)]


def field_name(operation: Operation) -> str:
    return f"{operation.kind.capitalize()}.{operation.name}"


def route_name(api: RestApi, route: RestRoute, path: str) -> str:
    return f"{api.name} {route.method} {path}"


def _operations(scene: Scene) -> tuple[Operation, ...]:
    data = scene.applied.manifest.data if scene.is_defined and scene.applied else None
    return data.operations if data else ()


def _routes(scene: Scene) -> list[tuple[RestApi, RestRoute, str]]:
    """Every route; the one of Admin Queries stands for the paths that its function serves."""
    apis = scene.applied.manifest.rest_apis if scene.is_defined and scene.applied else ()
    found = []
    for api in apis:
        for route in api.routes:
            if api.name == ADMIN_QUERIES and route.path == "/{proxy+}":
                extra = _settings(scene, route).get("extra", ())
                found += [(api, route, f"/{path}") for path in (*ADMIN_PATHS, *extra)]
            else:
                found.append((api, route, route.path))
    return found


# --- GraphQL -----------------------------------------------------------------------------------------------


def _field(scene: Scene, operation: Operation, caller: Caller | None) -> Step:
    title, rules = f"GraphQL field {field_name(operation)}", operation.rules
    if caller is None:
        return Step(title, allowed=False, rule=_DISABLED)
    assert scene.applied is not None
    type_name, live = operation.kind.capitalize(), scene.ctx.services.settings.live_groups
    guard = Guard(api_id=scene.applied.api_id or "", live_groups=live)
    allowed = fields.permits(guard, caller, type_name, operation.name, rules)
    if isinstance(caller, BackendCaller):
        return _by_policy(scene, operation, caller, allowed=allowed)
    rule = fields.grounds(guard, caller, type_name, operation.name, rules) or fields.hint(caller, rules)
    facts = [*_groups_of(caller), f"Its rules let in: {'; '.join(map(fields.in_words, rules)) or 'nobody'}."]
    facts.append("Groups count while the user is in them." if live else "Groups count as the token says.")
    return Step(title, allowed, rule, tuple(facts))


def _by_policy(scene: Scene, operation: Operation, caller: BackendCaller, *, allowed: bool) -> Step:
    session = caller.principal
    assert isinstance(session, RoleSession), "the debugger asks for no root"
    assert scene.applied is not None
    type_name = operation.kind.capitalize()
    resource = field_arn(session.region, session.account_id, scene.applied.api_id or "", type_name, operation.name)
    found = witnesses(session.policies, fields.ACTION, resource, {})
    rule = callers.where(session, found) if allowed else fields.hint(caller, operation.rules)
    facts = (f"The call is {fields.ACTION} on {resource}.",)
    title = f"GraphQL field {field_name(operation)}"
    return Step(title, allowed, rule, facts, tuple(one.text for one in found))


def _groups_of(caller: Caller) -> list[str]:
    if isinstance(caller, UserPoolCaller):
        return [f"His groups are {_listed(caller.live_groups)}."]
    if isinstance(caller, IdentityCaller):
        return [f"His groups are {_listed(caller.identity.groups)}.", f"His role is {caller.session.role_name}."]
    return []


# --- REST --------------------------------------------------------------------------------------------------

ADMIN_PATHS: Final = get_args(Route)


def _route(scene: Scene, api: RestApi, route: RestRoute, path: str, caller: Caller | None) -> list[Step]:
    if route.authorizer == "none":
        return [Step("Authorizer", allowed=True, rule="The route asks for no token.")]
    if caller is None:
        return [Step("Authorizer", allowed=False, rule=_DISABLED)]
    if not isinstance(caller, UserPoolCaller):
        return [Step("Authorizer", allowed=False, rule="The route asks for a token of the user pool.")]
    steps = [_authorizer(scene, api)]
    if steps[0].allowed and api.name == ADMIN_QUERIES:
        steps.append(_group_setting(scene, route, path, caller))
    return steps


def _authorizer(scene: Scene, api: RestApi) -> Step:
    """With the tokens that a plain sign-in gives: the scope of self-service, and the backend's own app client."""
    assert scene.applied is not None
    client = scene.applied.client_id or ""
    access = routes.accepts(api, "access", {"scope": SELF_SERVICE_SCOPE}, client)
    identity = routes.accepts(api, "id", {"aud": client}, client)
    facts = (
        f"Access tokens need one of the scopes {_listed(api.scopes)}; a sign-in by password has {SELF_SERVICE_SCOPE}.",
        f"ID tokens are accepted: {_ID_TOKENS[api.id_tokens]}.",
    )
    if access or identity:
        which = "The access token" if access else "The ID token"
        return Step("Authorizer", allowed=True, rule=f"{which} of a plain sign-in is accepted.", facts=facts)
    return Step("Authorizer", allowed=False, rule="No token of a plain sign-in is accepted.", facts=facts)


_ID_TOKENS: Final = {
    "own": "those of the backend's own app client",
    "pool": "those of every app client of the pool",
    "none": "none",
}


def _settings(scene: Scene, route: RestRoute) -> Mapping[str, Any]:
    """What `define_admin_queries` tells its function."""
    environment = _environment(scene, route)
    found: Mapping[str, Any] = json.loads(str(environment.get("ADMIN_QUERIES") or "{}"))
    return found


def _environment(scene: Scene, route: RestRoute) -> Mapping[str, object]:
    functions = scene.applied.manifest.functions if scene.applied else ()
    return next((one.environment for one in functions if one.name == route.function), {})


def _group_setting(scene: Scene, route: RestRoute, path: str, caller: UserPoolCaller) -> Step:
    """The group that the function of Admin Queries asks for, as its definition sets it."""
    settings, environment = _settings(scene, route), _environment(scene, route)
    name, title = path[1:], f"Group setting of {route.function}"
    if name == _ASKS_NO_GROUP:
        return Step(title, allowed=True, rule="Everybody may sign himself out; nobody else.")
    named = [str(environment["GROUP"])] if "GROUP" in environment else []
    wanted = settings.get("routes", {}).get(name, settings.get("groups") or named)
    facts = (f"His groups are {_listed(caller.live_groups)}.", "The function's own source decides; it may be edited.")
    if list(wanted) == [EVERYONE]:
        return Step(title, allowed=True, rule="Every signed-in user may call it.", facts=facts)
    # A name with a comma could not be told from two names, so tokens reach the function without it.
    allowed = not {group for group in caller.live_groups if "," not in group}.isdisjoint(wanted)
    rule = f"The route asks for a member of {' or '.join(wanted)}."
    return Step(title, allowed, rule, facts)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
