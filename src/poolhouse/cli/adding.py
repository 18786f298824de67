"""Auth and Admin Queries in a project's files: written where there are none, edited where there are."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from poolhouse.cli.answers import Admin, Wanted, nested
from poolhouse.cli.drafts import Draft
from poolhouse.cli.editing import Keys, arguments, edited, passing, without_definition
from poolhouse.cli.editing_imports import imported, without_import
from poolhouse.cli.editing_source import REMOVED, Code, call_text
from poolhouse.define.admin_queries_source import DEFINITION, definition, function_name, source_files, source_folder
from poolhouse.errors import ProjectError

AUTH: Final = "amplify/auth/resource.py"
BACKEND: Final = "amplify/backend.py"
FUNCTIONS: Final = "amplify/backend/function"
_AUTH_MODULE: Final = "amplify.auth.resource"
_API_MODULE: Final = "amplify.api.AdminQueries.resource"
_FOLDER: Final = re.compile(r"AdminQueries[0-9a-f]{8}")
_EMPTY: Final = "from poolhouse import define_backend\n\nbackend = define_backend()\n"


def add_auth(draft: Draft, wanted: Wanted) -> None:
    """A user pool, and the API when it is wanted. Raises ProjectError when there is a pool already."""
    if draft.read(AUTH) is not None:
        raise ProjectError(
            "Auth has already been added to this project.", resolution="To change it, run: poolhouse update auth"
        )
    groups = list(wanted.groups or ())
    changes: dict[Keys, object] = dict(wanted.changes)
    if groups:
        changes["groups",] = groups
    made = {name: value for name, value in nested(changes).items() if value is not REMOVED}
    draft.put(AUTH, f"from poolhouse import define_auth\n\nauth = {call_text('define_auth', made)}\n")
    _join(draft, _AUTH_MODULE, "auth", "auth")
    if wanted.admin is not None:
        put_admin(draft, wanted.admin, groups)


def update_auth(draft: Draft, wanted: Wanted, groups: Sequence[str]) -> None:
    """Change what is wanted and nothing else; `groups` are the pool's now. The function's source is never touched."""
    missing = "Run: poolhouse add auth"
    changes: dict[Keys, object] = dict(wanted.changes)
    if wanted.groups is not None and list(wanted.groups) != list(groups):
        changes["groups",] = list(wanted.groups) or REMOVED
    if changes:
        draft.put(AUTH, edited(draft.source(AUTH, missing), AUTH, "define_auth", changes))
    if wanted.admin is not None:
        put_admin(draft, wanted.admin, list(groups if wanted.groups is None else wanted.groups))
    if wanted.without_admin:
        remove_admin(draft, delete_source=False)


def put_admin(draft: Draft, admin: Admin, groups: Sequence[str]) -> None:
    """Define the API, or change its definition; groups that it names and the pool has not got are added to the pool."""
    new = [name for name in admin.groups or () if name not in groups]
    if new:
        source = draft.source(AUTH, "Run: poolhouse add auth")
        draft.put(AUTH, edited(source, AUTH, "define_auth", {("groups",): [*groups, *new]}))
    options: dict[Keys, object] = {(name,): value for name, value in admin.options.items()}
    before = draft.read(DEFINITION)
    if before is not None:
        draft.put(DEFINITION, edited(_who(before, admin), DEFINITION, "define_admin_queries", options))
        return
    function = _function(draft)
    text = definition(function, None if admin.groups is None else list(admin.groups))
    draft.put(DEFINITION, edited(text, DEFINITION, "define_admin_queries", options))
    _join(draft, _API_MODULE, "admin_queries", "admin_queries")
    if not (draft.project / source_folder(function)).exists():
        for path, content in source_files(function).items():
            draft.put(path, content, listed=True)


def _who(source: str, admin: Admin) -> str:
    """The definition with other groups; its docstring follows while it is the one that was written for it."""
    now = arguments(source, DEFINITION, "define_admin_queries")
    changes: dict[Keys, object]
    if admin.groups is None or (len(admin.groups) == 1 and "groups" not in now):
        changes = {("groups",): REMOVED, ("group",): admin.groups[0] if admin.groups else None}
    else:
        changes = {("group",): REMOVED, ("groups",): list(admin.groups)}
    source = edited(source, DEFINITION, "define_admin_queries", changes)
    guarded, opened = (definition("", groups).splitlines()[0] for groups in (["A"], None))
    ours, other = (opened, guarded) if admin.groups is None else (guarded, opened)
    return ours + source.removeprefix(other) if source.startswith(other) else source


def _function(draft: Draft) -> str:
    """The function's name, which stays for the project's life even when the API goes and comes back."""
    folder = draft.project / FUNCTIONS
    found = sorted(path.name for path in folder.iterdir() if _FOLDER.fullmatch(path.name)) if folder.is_dir() else []
    if len(found) > 1:
        raise ProjectError(
            f"{FUNCTIONS} has {' and '.join(found)}, and no definition says which one is used.",
            resolution=f"Move all but one of them out of {FUNCTIONS}.",
        )
    return found[0] if found else function_name(uuid.uuid4().hex[:8])


def _join(draft: Draft, module: str, name: str, argument: str) -> None:
    """Pass a definition to define_backend()."""
    before = draft.read(BACKEND)
    source, local = imported(_EMPTY if before is None else before, BACKEND, module, name)
    if not passing(source, BACKEND, "define_backend", local):
        source = edited(source, BACKEND, "define_backend", {(argument,): Code(local)})
    draft.put(BACKEND, source)


def _part(draft: Draft, module: str, name: str) -> None:
    """Take a definition away from define_backend()."""
    source = draft.source(BACKEND, "Run the command in your project's folder.")
    source, local = imported(source, BACKEND, module, name)
    changes: Mapping[Keys, object] = {(one,): REMOVED for one in passing(source, BACKEND, "define_backend", local)}
    draft.put(BACKEND, without_import(edited(source, BACKEND, "define_backend", changes), BACKEND, module))


def remove_admin(draft: Draft, *, delete_source: bool) -> None:
    """Take the API away. Its function's source is the user's, and goes only when that is asked for."""
    source = draft.source(DEFINITION, "There is no Admin Queries API to remove, or it is defined in another file.")
    named = arguments(source, DEFINITION, "define_admin_queries").get("function")
    _remove_definition(draft, DEFINITION, source, "define_admin_queries")
    _part(draft, _API_MODULE, "admin_queries")
    if delete_source and isinstance(named, str):
        folder = draft.project / FUNCTIONS / named
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                draft.remove(path.relative_to(draft.project).as_posix(), listed=True)


def remove_auth(draft: Draft, *, delete_source: bool) -> None:
    """Take the user pool's definition away, and the API with it. No user is touched."""
    source = draft.source(AUTH, "There is no auth to remove, or it is defined in another file.")
    if draft.read(DEFINITION) is not None:
        remove_admin(draft, delete_source=delete_source)
    _remove_definition(draft, AUTH, source, "define_auth")
    _part(draft, _AUTH_MODULE, "auth")


def _remove_definition(draft: Draft, path: str, source: str, function: str) -> None:
    rest = without_definition(source, path, function)
    if rest is None:
        draft.remove(path)
    else:
        draft.put(path, rest)
