"""`define_admin_queries`: the REST API of Admin Queries, its function, and what that function may do.

What the options mean to a request is decided in the function's own source; they travel there as one JSON variable.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeVar, get_args

import msgspec

from poolhouse.errors import DefinitionError

from .admin_queries_source import ENTRY, source_folder
from .functions import define_function
from .grants import GRANT_NAMES, GrantName, SingleName
from .groups import check_group_exists, check_group_name
from .manifest import ADMIN_QUERIES, SELF_SERVICE_SCOPE, Auth, IdTokens, SecretRef, UserPoolId
from .places import Place, here, project_root
from .rest import RestApiDefinition, define_rest_api
from .words import advice, check_choice, explained, shown

Route = Literal[
    "addUserToGroup",
    "removeUserFromGroup",
    "confirmUserSignUp",
    "disableUser",
    "enableUser",
    "getUser",
    "listUsers",
    "listGroups",
    "listGroupsForUser",
    "listUsersInGroup",
    "signUserOut",
]
ExtraRoute = Literal["createUser", "deleteUser", "updateUserAttributes", "resetUserPassword", "setUserMfaPreference"]
AssignableGroups = bool | Sequence[str] | Mapping[str, Sequence[str]]

GRANTS: Final[tuple[SingleName, ...]] = (
    "listUsersInGroup",
    "userGlobalSignOut",
    "enableUser",
    "disableUser",
    "removeUserFromGroup",
    "addUserToGroup",
    "listGroupsForUser",
    "getUser",
    "confirmSignUp",
    "listUsers",
    "listGroups",
)
"""What the eleven routes need (spec/admin-queries.md section 4); an extra route needs the grant of its own name."""

TIMEOUT_SECONDS: Final = 25
_EVERYONE: Final = "NONE"
_NAME: Final = re.compile(r"AdminQueries[0-9a-f]{8}")
_OURS: Final = ("ADMIN_QUERIES", "ENV", "GROUP", "USERPOOL")
_Word = TypeVar("_Word", bound=str)


class AdminQueriesDefinition(RestApiDefinition, frozen=True, eq=False):
    """What `define_admin_queries` returns; `groups` are all groups that its rules name."""

    groups: tuple[str, ...]


class _Rules(NamedTuple):
    """The checked options that name groups."""

    allowed: tuple[str, ...]
    routes: dict[str, list[str]]
    assignable: bool | list[str] | dict[str, list[str]]
    protected: list[str]

    def named(self) -> tuple[str, ...]:
        found = [*self.allowed, *self.protected, *(name for names in self.routes.values() for name in names)]
        if isinstance(self.assignable, dict):
            found += [*self.assignable, *(name for names in self.assignable.values() for name in names)]
        elif isinstance(self.assignable, list):
            found += self.assignable
        return tuple(dict.fromkeys(found))


@explained
def define_admin_queries(
    *,
    function: str,
    group: str | msgspec.UnsetType | None = msgspec.UNSET,
    groups: Sequence[str] | None = None,
    stage: str = "dev",
    route_groups: Mapping[Route | ExtraRoute, Sequence[str]] | None = None,
    assignable_groups: AssignableGroups = False,
    protect_stronger_users: bool | None = None,
    protected_groups: Sequence[str] = (),
    live_groups: bool = False,
    extra_routes: Sequence[ExtraRoute] = (),
    filter_users: bool = False,
    hide_group_details: bool = False,
    more_grants: Sequence[GrantName] = (),
    without_grants: Sequence[SingleName] = (),
    scopes: Sequence[str] = (SELF_SERVICE_SCOPE,),
    id_tokens: IdTokens = "own",
    allow_origins: Sequence[str] = ("*",),
    environment: Mapping[str, str | SecretRef] | None = None,
    timeout_seconds: int = TIMEOUT_SECONDS,
    memory_mb: int = 512,
) -> AdminQueriesDefinition:
    """Describe the Admin Queries API of the function in `amplify/backend/function/<function>/src`.

    `group="Admins"` or `groups=[...]` says whose members may call; `group=None` lets every signed-in user call.
    `route_groups` replaces that for single routes.

    - `assignable_groups`: which groups a caller may confer or remove. True: none that outranks the caller's strongest
      one; a list: these; a dict: for each group of callers its own list.
    - `protect_stronger_users`: nobody changes a user whose strongest group outranks the caller's. On by default as
      soon as there are `extra_routes`.
    - `protected_groups`: none of them loses its last member who can sign in.
    - `live_groups`: the function looks the caller up at every call instead of believing the token.
    - `extra_routes`, `filter_users`: routes and the `filter` of listUsers that are off otherwise.
    - `more_grants` for routes that you add, `without_grants` for routes that you removed.
    """
    place = here()
    extra = _words(extra_routes, get_args(ExtraRoute), "extra_routes", place)
    rules = _Rules(
        _allowed(group, groups, place),
        _routes({} if route_groups is None else route_groups, extra, place),
        _assignable(assignable_groups, place),
        _group_names(protected_groups, "protected_groups", place),
    )
    protects = bool(extra) if protect_stronger_users is None else protect_stronger_users
    switches = {
        "filter": _switch(filter_users, "filter_users", place),
        "live": _switch(live_groups, "live_groups", place),
        "hideGroupDetails": _switch(hide_group_details, "hide_group_details", place),
        "protectStronger": _switch(protects, "protect_stronger_users", place),
    }
    origins = [] if list(allow_origins) == ["*"] else list(allow_origins)
    names = _grants(rules, extra, more_grants, without_grants, place)
    made = define_function(
        name=_checked_name(function, place),
        entry=str(project_root(place, "define_admin_queries()") / source_folder(function) / ENTRY),
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
        environment={
            **_own_variables(environment, place),
            "ENV": stage,
            "GROUP": rules.allowed[0] if rules.allowed else _EVERYONE,
            "USERPOOL": UserPoolId(),
            "ADMIN_QUERIES": _options(rules, {**switches, "extra": extra, "origins": origins}),
        },
    )
    api = define_rest_api(
        name=ADMIN_QUERIES,
        routes={"ANY /{proxy+}": made},
        stage=stage,
        scopes=scopes,
        id_tokens=id_tokens,
        allow_origins=allow_origins,
        access=lambda allow: [allow.resource(made).to(names)],
    )
    return AdminQueriesDefinition(api.api, api.functions, api.grants, place, rules.named())


def check_groups(apis: Iterable[RestApiDefinition], auth: Auth | None) -> None:
    """Every group that Admin Queries names must be one of the user pool's."""
    for api in apis:
        for name in api.groups if isinstance(api, AdminQueriesDefinition) else ():
            check_group_exists(name, auth.groups if auth else (), api.place, DefinitionError)


def _checked_name(function: object, place: Place) -> str:
    if isinstance(function, str) and _NAME.fullmatch(function):
        return function
    raise DefinitionError(
        f"The function of Admin Queries cannot be named {shown(function)}.",
        resolution="Name the folder below amplify/backend/function/: AdminQueries and eight hex digits.",
        location=str(place),
    )


def _allowed(group: object, groups: object, place: Place) -> tuple[str, ...]:
    """The groups that may call; empty for every signed-in user, who must be meant in so many words."""
    if group is None and groups is None:
        return ()
    if (group is msgspec.UNSET) == (groups is None):
        raise DefinitionError(
            "define_admin_queries() must say once who may call: with group or with groups.",
            resolution='Write group="Admins", groups=["Admins", "Support"], or group=None for every signed-in user.',
            location=str(place),
        )
    names = _group_names([group] if groups is None else groups, "groups", place)
    if not names or _EVERYONE in names:
        raise DefinitionError(
            f"groups cannot be {names!r}: nobody could be told from everybody.",
            resolution="Name at least one group. For every signed-in user write group=None.",
            location=str(place),
        )
    return tuple(names)


def _group_names(given: object, what: str, place: Place) -> list[str]:
    if not isinstance(given, list | tuple):
        raise DefinitionError(
            f"{what} must be a list of group names, not {shown(given)}.",
            resolution=f'Write {what}=["Admins"].',
            location=str(place),
        )
    return list(dict.fromkeys(check_group_name(name, place) for name in given))


def _routes(given: object, extra: Sequence[str], place: Place) -> dict[str, list[str]]:
    """Route names to the groups that may call them. signUserOut is everybody's own and takes no group."""
    if not isinstance(given, Mapping):
        raise DefinitionError(
            f"route_groups must be a dict, not {shown(given)}.",
            resolution='Write for example route_groups={"listUsers": ["Support"]}.',
            location=str(place),
        )
    known = [route for route in get_args(Route) if route != "signUserOut"] + list(extra)
    found = {}
    for route, names in given.items():
        check_choice(route, known, what="A route of route_groups", place=place)
        found[route] = _group_names(names, f"route_groups[{route!r}]", place)
    return found


def _assignable(given: object, place: Place) -> bool | list[str] | dict[str, list[str]]:
    if isinstance(given, bool):
        return given
    if isinstance(given, Mapping):
        whose = _group_names(list(given), "assignable_groups", place)
        return {group: _group_names(given[group], f"assignable_groups[{group!r}]", place) for group in whose}
    return _group_names(given, "assignable_groups", place)


def _words(given: object, known: Sequence[_Word], what: str, place: Place) -> list[_Word]:
    if not isinstance(given, list | tuple):
        raise DefinitionError(
            f"{what} must be a list, not {shown(given)}.", resolution=f"Write {what}=[...].", location=str(place)
        )
    for word in given:
        if word not in known:
            raise DefinitionError(
                f"{what} cannot hold {shown(word)}.", resolution=advice(word, known), location=str(place)
            )
    return list(dict.fromkeys(given))


def _switch(given: object, what: str, place: Place) -> bool:
    if isinstance(given, bool):
        return given
    raise DefinitionError(
        f"{what} must be True or False, not {shown(given)}.", resolution="Write True or False.", location=str(place)
    )


def _grants(rules: _Rules, extra: Sequence[ExtraRoute], more: object, without: object, place: Place) -> list[GrantName]:
    """Exactly what the routes and rules of this definition call."""
    needed: list[GrantName] = [*GRANTS, *extra]
    if rules.assignable is True:
        needed.append("getGroup")
    removed = _words(without, GRANTS, "without_grants", place)
    added = _words(more, GRANT_NAMES, "more_grants", place)
    return list(dict.fromkeys([name for name in needed if name not in removed] + added))


def _own_variables(given: Mapping[str, str | SecretRef] | None, place: Place) -> Mapping[str, str | SecretRef]:
    if taken := [name for name in _OURS if name in (given or {})]:
        raise DefinitionError(
            f"The environment variable {taken[0]} is set by define_admin_queries().",
            resolution=f"Remove {taken[0]} from environment; an option says the same.",
            location=str(place),
        )
    return given or {}


def _options(rules: _Rules, others: Mapping[str, object]) -> str:
    """ADMIN_QUERIES: what is switched on. An empty `assignable` stays, as it lets nobody confer anything."""
    told: dict[str, object] = {
        "groups": rules.allowed if len(rules.allowed) > 1 else (),
        "routes": rules.routes,
        "protectedGroups": rules.protected,
        **others,
    }
    switched_on = {name: value for name, value in told.items() if value}
    if rules.assignable is not False:
        switched_on["assignable"] = rules.assignable
    return json.dumps(switched_on, sort_keys=True)
