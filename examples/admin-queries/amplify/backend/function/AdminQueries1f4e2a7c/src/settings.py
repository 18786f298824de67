"""What this function is told when it is deployed. A wrong setting stops it at its start, before the first request.

USERPOOL      the id of the user pool
GROUP         the group whose members may call; NONE lets every signed-in user call
ADMIN_QUERIES JSON with the options of define_admin_queries(); absent members are off
REGION        only where it differs from AWS_REGION
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EVERYONE = "NONE"
OPTIONS = frozenset(
    {
        "groups",
        "everyone",
        "routes",
        "extra",
        "filter",
        "live",
        "assignable",
        "protectStronger",
        "protectedGroups",
        "hideGroupDetails",
        "origins",
    }
)

Assignable = bool | frozenset[str] | Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Settings:
    """`groups` is None when every signed-in user may call; `route_groups` replaces it for single routes."""

    pool: str
    region: str | None
    groups: frozenset[str] | None
    route_groups: Mapping[str, frozenset[str]]
    extra_routes: frozenset[str]
    filters_users: bool
    live_groups: bool
    assignable: Assignable
    protects_stronger_users: bool
    protected_groups: tuple[str, ...]
    hides_group_details: bool
    origins: tuple[str, ...]


def read(environment: Mapping[str, str]) -> Settings:
    """Raises ValueError for settings that could let in somebody who was not meant."""
    options = json.loads(environment.get("ADMIN_QUERIES") or "{}")
    if unknown := options.keys() - OPTIONS:
        raise ValueError(f"ADMIN_QUERIES has unknown options: {', '.join(sorted(unknown))}")
    return Settings(
        pool=environment["USERPOOL"],
        region=environment.get("REGION") or None,
        groups=_allowed(environment.get("GROUP"), options),
        route_groups={route: _names(groups) for route, groups in options.get("routes", {}).items()},
        extra_routes=frozenset(options.get("extra", ())),
        filters_users=options.get("filter", False),
        live_groups=options.get("live", False),
        assignable=_assignable(options.get("assignable", False)),
        protects_stronger_users=options.get("protectStronger", False),
        protected_groups=tuple(options.get("protectedGroups", ())),
        hides_group_details=options.get("hideGroupDetails", False),
        origins=tuple(options.get("origins", ("*",))),
    )


def _allowed(group: str | None, options: Mapping[str, Any]) -> frozenset[str] | None:
    """Who may call. Nothing said is not the same as everyone."""
    listed = options.get("groups", [group] if group not in {None, EVERYONE} else [])
    if listed:
        if group is not None and group not in listed:
            raise ValueError(f"GROUP is {group!r}, which the groups of ADMIN_QUERIES do not contain")
        return _names(listed)
    if group == EVERYONE or (group is None and options.get("everyone") is True):
        return None
    raise ValueError(f"GROUP is not set. Name a group, or {EVERYONE} to let every signed-in user call")


def _names(groups: Iterable[str]) -> frozenset[str]:
    """A token's groups arrive joined by commas, so a name with a comma could not be told from two names."""
    names = frozenset(groups)
    for name in names:
        if not name or "," in name:
            raise ValueError(f"The group name {name!r} cannot be checked: it is empty or holds a comma")
    return names


def _assignable(given: Any) -> Assignable:
    if isinstance(given, Mapping):
        return {group: frozenset(names) for group, names in given.items()}
    return given if isinstance(given, bool) else frozenset(given)


SETTINGS = read(os.environ)
