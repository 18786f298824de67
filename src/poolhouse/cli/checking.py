"""`poolhouse check`: what the definitions allow and what was hardly meant, each with the reason and what to do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from poolhouse.define.binding import binds
from poolhouse.define.manifest import (
    ADMIN_QUERIES,
    AuthMode,
    Data,
    Function,
    Grant,
    Manifest,
    Operation,
    RestApi,
    RestRoute,
    Rule,
)
from poolhouse.define.project import load
from poolhouse.define.unused_grants import unused_grants
from poolhouse.errors import ProjectError

Severity = Literal["error", "warning", "note"]
_ADD: Final = "AdminAddUserToGroup"
_OF_PROVIDER: Final[dict[str, AuthMode]] = {"userPools": "userPool", "identityPool": "identityPool", "apiKey": "apiKey"}
_WORDS: Final[dict[AuthMode, str]] = {"userPool": "userPool", "identityPool": "iam", "apiKey": "apiKey"}


class Finding(NamedTuple):
    """An error lets strangers administer users, a warning was hardly meant, a note is a question."""

    severity: Severity
    code: str
    subject: str
    what: str
    why: str
    do: str


def findings(project: Path) -> list[Finding]:
    """The worst first. Raises what reading the project raises."""
    manifest = load(project)
    found = [
        *_missing_handlers(project.resolve(), manifest),
        *_unused_grants(project.resolve(), manifest),
        *_open_operations(manifest),
        *_open_routes(manifest),
        *_wrong_modes(manifest),
        *_groups(manifest),
    ]
    return sorted(found, key=lambda finding: ("error", "warning", "note").index(finding.severity))


def _missing_handlers(project: Path, manifest: Manifest) -> Iterator[Finding]:
    for function in manifest.functions:
        with _reading(function):
            is_there = binds(project / function.entry, function.handler)
        if not is_there:
            yield Finding(
                "warning",
                "no-handler",
                function.name,
                f"{function.entry} has no {function.handler}.",
                "It is what is called, so every call of the function ends in an error.",
                f"Write def {function.handler}(event, context) there, or import it.",
            )


def _unused_grants(project: Path, manifest: Manifest) -> Iterator[Finding]:
    for function in manifest.functions:
        if unused := _unused(project, manifest, function):
            yield Finding(
                "warning",
                "unused-grant",
                function.name,
                f"{function.name} no longer uses {', '.join(unused)}.",
                "Its source names these operations nowhere, and whoever can make it call them may do so.",
                "Take them out of its allow.resource(...).to([...]), unless the code makes the names when it runs.",
            )


def _unused(project: Path, manifest: Manifest, function: Function) -> list[str]:
    granted = dict.fromkeys(action for grant in _grants(manifest, function.name) for action in grant.actions)
    if not granted:
        return []
    with _reading(function):
        return unused_grants(project, function.entry, granted, function.handler)


@contextmanager
def _reading(function: Function) -> Iterator[None]:
    """Source that cannot be read is the user's mistake, with its file and line."""
    try:
        yield
    except (SyntaxError, ValueError) as error:
        place = f"{getattr(error, 'filename', None) or function.entry}:{getattr(error, 'lineno', None) or 1}"
        raise ProjectError(
            f"The source of the function {function.name!r} cannot be read: {error}.",
            resolution="Mend that line.",
            location=place,
        ) from error


def _grants(manifest: Manifest, function: str) -> list[Grant]:
    return [grant for grant in (manifest.auth.grants if manifest.auth else ()) if grant.function == function]


def _powers(manifest: Manifest, function: str) -> list[str]:
    """The operations that a call of the function carries out whoever calls; delegation asks who that is."""
    delegated = manifest.auth is not None and manifest.auth.delegation is not None
    held = [grant for grant in _grants(manifest, function) if grant.own_authority or not delegated]
    return list(dict.fromkeys(action.rpartition(":")[2] for grant in held for action in grant.actions))


def _shown(powers: list[str]) -> str:
    return ", ".join(powers[:3]) + (f" and {len(powers) - 3} more" if len(powers) > 3 else "")


def _open_operations(manifest: Manifest) -> Iterator[Finding]:
    for operation in manifest.data.operations if manifest.data else ():
        functions = {handler.function for handler in operation.handlers}
        powers = [power for function in sorted(functions) for power in _powers(manifest, function)]
        strategies = {rule.strategy for rule in operation.rules}
        if strategies & {"public", "guest"}:
            yield _open(operation.name, "who has not signed in", "error" if powers else "note", powers)
        elif "authenticated" in strategies and powers:
            yield _open(operation.name, "who is signed in", "warning", powers)


def _open(name: str, who: str, severity: Severity, powers: list[str], code: str = "open-operation") -> Finding:
    can = f"Its function may {_shown(powers)}, and does it" if powers else "Its function runs"
    return Finding(
        severity,
        code,
        name,
        f"Everybody {who} may call {name}.",
        f"{can} for everybody unless its own code looks at the caller.",
        'Guard it with allow.group("NAME"), or define delegation, so that the pool asks who calls.',
    )


def _open_routes(manifest: Manifest) -> Iterator[Finding]:
    for api in manifest.rest_apis:
        for route in api.routes:
            yield from _open_route(manifest, api, route)


def _open_route(manifest: Manifest, api: RestApi, route: RestRoute) -> Iterator[Finding]:
    powers, name = _powers(manifest, route.function), f"{api.name} {route.method} {route.path}"
    function = next(one for one in manifest.functions if one.name == route.function)
    if route.authorizer == "none":
        found = _open(name, "who has not signed in", "error" if powers else "note", powers, "open-route")
        yield found._replace(do="Take its authorizer='none' away, or check the caller in the function.")
    elif api.name == ADMIN_QUERIES and function.environment.get("GROUP") == "NONE":
        found = _open(name, "who is signed in", "warning", powers, "open-route")
        yield found._replace(
            why=f"No group guards the admin queries, and their function may {_shown(powers)}.",
            do='Write define_admin_queries(group="NAME"), or run: poolhouse update auth --admin-group NAME',
        )


def _wrong_modes(manifest: Manifest) -> Iterator[Finding]:
    """A call without `authMode` goes the default way."""
    data = manifest.data
    for operation in data.operations if data else ():
        assert data is not None
        if operation.rules and not any(data.default_mode in _modes(rule) for rule in operation.rules):
            yield _wrong_mode(data, operation)


def _wrong_mode(data: Data, operation: Operation) -> Finding:
    passing = list(dict.fromkeys(mode for rule in operation.rules for mode in _modes(rule)))
    words = " or ".join(_WORDS[mode] for mode in passing)
    return Finding(
        "warning",
        "wrong-mode",
        operation.name,
        f"A call of {operation.name} without authMode is refused for everybody.",
        f"It goes under the default mode, {_WORDS[data.default_mode]}, and the rules pass under {words} only.",
        f'Call it with {{ authMode: "{passing[0]}" }}, or write define_data(authorization_modes='
        f'{{"default_authorization_mode": "{_WORDS[passing[0]]}"}}).',
    )


def _modes(rule: Rule) -> tuple[AuthMode, ...]:
    """The ways in that the rule can open: a group's opens both."""
    if rule.strategy == "groups":
        return ("userPool", "identityPool")
    return (_OF_PROVIDER[rule.provider],)


def _groups(manifest: Manifest) -> Iterator[Finding]:
    auth = manifest.auth
    if auth is None or auth.reference is not None:
        return
    used, entered = _used_groups(manifest), _entered_groups(manifest)
    for group in (group.name for group in auth.groups if entered is not None and group.name not in entered):
        yield _unreachable(group) if group in used else _unused_group(group)


def _unreachable(group: str) -> Finding:
    return Finding(
        "note",
        "unreachable-group",
        group,
        f"Nobody in the app can put a user into the group {group}, which rules name.",
        f"No function holds a grant of {_ADD} for it, and nobody may assign it by delegation.",
        "Grant addUserToGroup, or delegate it. Without that the operator can, on the command line and in the console.",
    )


def _unused_group(group: str) -> Finding:
    return Finding(
        "note",
        "unused-group",
        group,
        f"The group {group} is named nowhere but in define_auth(groups=[...]).",
        "No rule, grant or delegation asks for it, and nobody in the app can put a user into it.",
        "Name it in a rule, or take it out; leave it where your app reads it from tokens.",
    )


def _used_groups(manifest: Manifest) -> set[str]:
    """The groups that something asks for."""
    auth = manifest.auth
    assert auth is not None
    rules = [rule for operation in (manifest.data.operations if manifest.data else ()) for rule in operation.rules]
    used = {group for rule in rules for group in rule.groups} | {group for one in auth.grants for group in one.groups}
    used |= set(auth.delegation.protected if auth.delegation else ())
    for delegate in auth.delegation.delegates if auth.delegation else ():
        used |= {delegate.group, *(delegate.members_of or ()), *(delegate.assigns or ())}
    texts = [value for function in manifest.functions for value in function.environment.values()]
    names = {group.name for group in auth.groups}
    return used | {name for name in names for text in texts if text == name or json.dumps(name) in str(text)}


def _entered_groups(manifest: Manifest) -> set[str] | None:
    """The groups into which a function or a delegate can put somebody; None for every one."""
    auth = manifest.auth
    assert auth is not None
    entered: set[str] = set()
    for grant in auth.grants:
        if any(action.endswith(f":{_ADD}") for action in grant.actions):
            if not grant.groups:
                return None
            entered |= set(grant.groups)
    for delegate in auth.delegation.delegates if auth.delegation else ():
        if _ADD in delegate.operations:
            if delegate.assigns is None:
                return None
            entered |= set(delegate.assigns)
    return entered
