"""What questions, flags and headless requests all become: the changes that are wanted, and what there is already."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Final, Literal

from poolhouse.cli.editing import Keys
from poolhouse.define.auth import define_auth
from poolhouse.define.manifest import ADMIN_QUERIES, Auth, Manifest
from poolhouse.errors import NotServedError, UserError

SignIn = Literal["username", "email", "phone", "email-or-phone"]
LOGIN: Final[dict[SignIn, dict[str, object]]] = {
    "username": {"email": True, "preferred_username": True},
    "email": {"email": True},
    "phone": {"phone": True},
    "email-or-phone": {"email": True, "phone": True},
}
"""How people sign in, in the words of `login_with`. Someone with a user name has an e-mail address for codes."""

NAME: Final = re.compile(r"[a-zA-Z0-9]+")
_OPTIONS: Final = {
    "routes": "route_groups",
    "assignable": "assignable_groups",
    "protectStronger": "protect_stronger_users",
    "protectedGroups": "protected_groups",
    "live": "live_groups",
    "extra": "extra_routes",
    "filter": "filter_users",
    "hideGroupDetails": "hide_group_details",
}
"""The members of the function's ADMIN_QUERIES and the options of define_admin_queries() that make them."""


@dataclass(frozen=True)
class Admin:
    """The Admin Queries API: `groups` whose members may call, None for every signed-in user. `options` are further
    arguments of define_admin_queries(); REMOVED takes one away.
    """

    groups: tuple[str, ...] | None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """Changes of define_auth() by argument, the pool's groups in their order, and the API.

    None leaves the groups and the API as they are; without_admin takes the API away.
    """

    changes: Mapping[Keys, object] = field(default_factory=dict)
    groups: Sequence[str] | None = None
    admin: Admin | None = None
    without_admin: bool = False


def check_group(name: str) -> str | None:
    """What is wrong with the name of a new group."""
    return None if NAME.fullmatch(name) and len(name) <= 128 else "Resource name should be alphanumeric"


def checked_group(name: str, known: Sequence[str] = ()) -> str:
    """The name of a group that exists, or that a new one can have. Raises UserError."""
    problem = None if name in known else check_group(name)
    if problem:
        raise UserError(f"{problem}: {name!r}.", resolution="Use letters and digits.")
    return name


def nested(changes: Mapping[Keys, object]) -> dict[str, Any]:
    """Changes as the arguments of a call: {("a", "b"): 1} is {"a": {"b": 1}}."""
    made: dict[str, Any] = {}
    for keys, value in changes.items():
        inner = made
        for key in keys[:-1]:
            if not isinstance(inner.get(key), dict):
                inner[key] = {}
            inner = inner[key]
        inner[keys[-1]] = value
    return made


def _define(arguments: dict[str, Any]) -> None:
    define_auth(**arguments)


# The same code, as if it stood where definitions of auth stand.
_in_its_file = FunctionType(_define.__code__.replace(co_filename="amplify/auth/resource.py"), globals())


def problem(arguments: Mapping[str, object]) -> UserError | None:
    """What define_auth() says against these arguments."""
    try:
        _in_its_file(dict(arguments))
    except UserError as error:
        return error
    return None


def unserved(arguments: Mapping[str, object]) -> str | None:
    """What a list says of a choice that makes these arguments, when this version does not serve them."""
    return "not served yet" if isinstance(problem(arguments), NotServedError) else None


def group_names(auth: Auth | None) -> list[str]:
    """The pool's groups, the strongest first."""
    return [group.name for group in auth.groups] if auth else []


def current_admin(manifest: Manifest) -> Admin | None:
    """The API as its definition made it, None when there is none."""
    api = next((api for api in manifest.rest_apis if api.name == ADMIN_QUERIES), None)
    if api is None:
        return None
    names = {route.function for route in api.routes}
    environment = next(function.environment for function in manifest.functions if function.name in names)
    told = json.loads(str(environment.get("ADMIN_QUERIES", "{}")))
    only = environment.get("GROUP", "NONE")
    groups = tuple(told["groups"]) if "groups" in told else None if only == "NONE" else (str(only),)
    options = {option: told[member] for member, option in _OPTIONS.items() if member in told}
    return Admin(groups, options)
