"""The delegation of a pool as data of each function's package, and what the function's role must read to keep it."""

from importlib.resources import files
from typing import Final

import msgspec

from poolhouse.access.decisions import ENDS, TO_GROUP
from poolhouse.define.delegable import ON_USER
from poolhouse.define.grants import SERVICE
from poolhouse.define.manifest import Auth, Grant, Manifest

MODULE: Final = "poolhouse_on_behalf"
DECISIONS: Final = "poolhouse_decisions"
RULES: Final = "poolhouse_delegation.json"
_SOURCES: Final = {MODULE: ("poolhouse.deploy", "on_behalf.py"), DECISIONS: ("poolhouse.access", "decisions.py")}


class _Own(msgspec.Struct, frozen=True):
    operations: tuple[str, ...]
    groups: tuple[str, ...]


def package_files(manifest: Manifest, function: str) -> dict[str, str]:
    """Text by its name in the zip: the rules and the code that keeps them. None where nobody's call is ever judged."""
    auth = manifest.auth
    if auth is None or not is_enforced(manifest, function):
        return {}
    sources = {
        f"{name}.py": files(package).joinpath(file).read_text(encoding="utf-8")
        for name, (package, file) in _SOURCES.items()
    }
    told = {name: text.replace("poolhouse.access.decisions", DECISIONS) for name, text in sources.items()}
    return told | {RULES: _rules(manifest, auth, function)}


def is_enforced(manifest: Manifest, function: str) -> bool:
    """Whether people can call the function, and it acts for them with a grant that is not its own authority."""
    auth = manifest.auth
    if auth is None or auth.delegation is None or not _is_called_by_people(manifest, function):
        return False
    return any(not grant.own_authority for grant in _grants(auth, function))


def enforcing(manifest: Manifest) -> list[str]:
    """The functions whose packages keep the delegation."""
    return [one.name for one in manifest.functions if is_enforced(manifest, one.name)]


def reads(manifest: Manifest, function: str) -> list[str]:
    """The operations that the function's role needs for this and was not granted, in order."""
    auth = manifest.auth
    if auth is None or auth.delegation is None or not is_enforced(manifest, function):
        return []
    granted = _operations(_grants(auth, function))
    needed = {"AdminGetUser", "AdminListGroupsForUser"}
    if _is_signed(manifest, function):
        needed.add("ListUsers")
    if granted & TO_GROUP.keys():
        needed.add("GetGroup")
    if "DeleteGroup" in granted or (granted & ENDS and auth.delegation.protected):
        needed.add("ListUsersInGroup")
    if "DeleteGroup" in granted:
        needed.add("ListGroups")
    return sorted(needed - granted)


def _rules(manifest: Manifest, auth: Auth, function: str) -> str:
    grants = _grants(auth, function)
    own = [_Own(tuple(sorted(_operations([grant]))), grant.groups) for grant in grants if grant.own_authority]
    told = {
        "delegation": auth.delegation,
        "groups": [group.name for group in auth.groups],
        "on_user": sorted(ON_USER),
        "operations": sorted(_operations(grants)),
        "own": own,
        "reads": reads(manifest, function),
    }
    return msgspec.json.format(msgspec.json.encode(told, order="sorted"), indent=1).decode() + "\n"


def _grants(auth: Auth, function: str) -> list[Grant]:
    return [grant for grant in auth.grants if grant.function == function]


def _operations(grants: list[Grant]) -> set[str]:
    return {action.removeprefix(f"{SERVICE}:") for grant in grants for action in grant.actions}


def _is_called_by_people(manifest: Manifest, function: str) -> bool:
    routes = [route for api in manifest.rest_apis for route in api.routes]
    called = any(route.function == function and route.authorizer != "none" for route in routes)
    return called or function in _handlers(manifest)


def _handlers(manifest: Manifest) -> set[str]:
    operations = manifest.data.operations if manifest.data else ()
    return {handler.function for operation in operations for handler in operation.handlers}


def _is_signed(manifest: Manifest, function: str) -> bool:
    """Whether people call it with credentials of the identity pool, which tell their `sub` and no user name."""
    operations = manifest.data.operations if manifest.data else ()
    return any(
        handler.function == function and (rule.strategy == "groups" or rule.provider == "identityPool")
        for operation in operations
        for handler in operation.handlers
        for rule in operation.rules
    )
