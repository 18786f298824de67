"""The questions about groups and about the Admin Queries API, in Amplify's order and words."""

from collections.abc import Sequence
from typing import Any, Final, get_args

import typer

from poolhouse.cli.answers import Admin, check_group
from poolhouse.cli.editing_source import REMOVED
from poolhouse.cli.prompts import Option, confirm, select, several, text, yes_no
from poolhouse.cli.sorting import sort
from poolhouse.define.admin_queries import ExtraRoute, Route

_CUSTOM: Final = "Enter a custom group"
_LEARN_GROUPS: Final = (
    "Groups say what users are: Admins, Editors. Tokens name the groups of their user, and rules ask for them.\n"
    "The order of the groups is their precedence: the first one is the strongest."
)
_LEARN_API: Final = (
    "The admin queries API is a REST API with eleven routes that list, enable, disable and confirm users and put them\n"
    "into groups. Its function is yours to edit, and it may do exactly that with this user pool."
)
OPEN: Final = (
    "Every signed-in user will be able to call the admin queries API: to read all users, to disable them,\n"
    "and to join any group. Whoever can sign up is as good as an administrator."
)


def warn_open() -> None:
    """The loud warning about an API for everybody."""
    typer.secho("\n WARNING ", err=True, fg="black", bg="yellow", bold=True)
    typer.secho(f"{OPEN}\n", err=True, fg="yellow")


def ask_groups(existing: Sequence[str]) -> list[str]:
    """The pool's groups in order of precedence: those that are there, new ones, then their order."""
    groups = list(existing)
    if not yes_no("Do you want to add User Pool Groups?", default=not existing, learn=_LEARN_GROUPS):
        return groups

    def fresh(name: str) -> str | None:
        return check_group(name) or ("There is a group of that name" if name in groups else None)

    while True:
        groups.append(text("Provide a name for your user pool group:", check=fresh))
        if not confirm("Do you want to add another User Pool Group", default=False):
            break
    return sort("Sort the user pool groups in order of preference", groups) if len(groups) > 1 else groups


def edit_groups(existing: Sequence[str]) -> list[str]:
    """The groups to keep, new ones, and their order."""
    kept = list(existing)
    if existing:
        options = [Option(name, name) for name in existing]
        kept = several("Which groups do you want to keep?", options, chosen=existing)
    added = ask_groups(kept)
    if added != kept or len(added) < 2 or added != list(existing):
        return added
    return sort("Sort the user pool groups in order of preference", added)


def ask_admin(groups: Sequence[str], before: Admin | None) -> Admin | None:
    """The API, or None when it is not wanted. The questions about details come only when they are asked for."""
    question = "Do you want to add an admin queries API?"
    if not yes_no(question, default=True, learn=_LEARN_API):
        return None
    return ask_restriction(groups, before)


def ask_restriction(groups: Sequence[str], before: Admin | None) -> Admin:
    """Who may call."""
    question = "Do you want to restrict access to the admin queries API to a specific Group"
    if not confirm(question, default=before is None or before.groups is not None):
        warn_open()
        allowed = None
    else:
        allowed = (_ask_group(groups, before),)
    if not confirm("Do you want to configure advanced settings of the admin queries API?", default=False):
        return Admin(_kept(allowed, before))
    return _advanced(allowed, groups, before)


def _kept(allowed: tuple[str, ...] | None, before: Admin | None) -> tuple[str, ...] | None:
    """Further groups that may call stay when the same group is chosen again."""
    if before is not None and before.groups and allowed and allowed[0] in before.groups:
        return before.groups
    return allowed


def _ask_group(groups: Sequence[str], before: Admin | None) -> str:
    known = [Option(name, name) for name in groups]
    default = before.groups[0] if before is not None and before.groups else None
    chosen = select("Select the group to restrict access with:", [*known, Option(_CUSTOM, _CUSTOM)], default=default)
    return text("Provide a group name:", check=check_group) if chosen == _CUSTOM else str(chosen)


def _advanced(allowed: tuple[str, ...] | None, groups: Sequence[str], before: Admin | None) -> Admin:
    now = dict(before.options) if before is not None else {}
    everybody = list(dict.fromkeys([*groups, *(allowed or ())]))
    if allowed is not None:
        others = [Option(name, name) for name in everybody if name not in allowed]
        chosen = before.groups if before is not None and before.groups else ()
        more = several("Which further groups may call it?", others, chosen=chosen) if others else []
        allowed = (*allowed, *more)
    extra = _extra_routes(now)
    options: dict[str, object] = {
        "extra_routes": extra or REMOVED,
        "filter_users": _switch("Accept a filter in listUsers?", now, "filter_users"),
        "route_groups": _route_groups(now, everybody, extra),
        "assignable_groups": _assignable(now, everybody),
        "protect_stronger_users": _protection(now, extra),
        "protected_groups": _protected(now, everybody),
        "live_groups": _switch("Look the caller up at every call, instead of believing the token?", now, "live_groups"),
        "hide_group_details": _switch("Hide role and pool of groups in listGroups?", now, "hide_group_details"),
    }
    return Admin(allowed, {name: value for name, value in options.items() if value is not REMOVED or name in now})


def _switch(question: str, now: dict[str, Any], name: str) -> object:
    return True if confirm(question, default=bool(now.get(name))) else REMOVED


def _extra_routes(now: dict[str, Any]) -> list[str]:
    options = [Option(route, route) for route in get_args(ExtraRoute)]
    return several("Which further routes do you want?", options, chosen=now.get("extra_routes", ()))


def _route_groups(now: dict[str, Any], groups: Sequence[str], extra: Sequence[str]) -> object:
    """Groups for single routes, which replace those of the API."""
    before: dict[str, list[str]] = now.get("route_groups", {})
    if not groups or not confirm("Do you want other groups for single routes?", default=bool(before)):
        return REMOVED
    routes = [route for route in get_args(Route) if route != "signUserOut"] + list(extra)
    chosen = several("Which routes?", [Option(route, route) for route in routes], chosen=list(before))
    found = {}
    for route in chosen:
        options = [Option(name, name) for name in groups]
        found[route] = several(f"Who may call {route}?", options, chosen=before.get(route, ()))
    return found or REMOVED


def _assignable(now: dict[str, Any], groups: Sequence[str]) -> object:
    before = now.get("assignable_groups", False)
    options = [
        Option("None that outranks the caller's own", "below"),
        Option("Groups of my choice", "some", None if groups else "there are no groups"),
        Option("Any group, as in Amplify", "any"),
    ]
    if isinstance(before, dict):
        options.append(Option("Different ones for different callers, as the definition says", "kept"))
    default = "kept" if isinstance(before, dict) else "some" if before not in (True, False) else "below"
    chosen = select("Which groups may a caller give to users, or take away?", options, default=default)
    if chosen == "some":
        listed = before if isinstance(before, list) else ()
        return several("Which ones?", [Option(name, name) for name in groups], chosen=listed)
    return before if chosen == "kept" else True if chosen == "below" else REMOVED


def _protection(now: dict[str, Any], extra: Sequence[str]) -> object:
    """On by itself as soon as there are further routes."""
    default = bool(now.get("protect_stronger_users", True))
    wanted = confirm("Protect users of stronger groups from callers of weaker ones?", default=default)
    return REMOVED if wanted is bool(extra) else wanted


def _protected(now: dict[str, Any], groups: Sequence[str]) -> object:
    if not groups:
        return REMOVED
    options = [Option(name, name) for name in groups]
    question = "Which groups must never lose their last member?"
    return several(question, options, chosen=now.get("protected_groups", ())) or REMOVED
