"""`init`: a new project of a template. Files that are there already are never touched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from poolhouse.cli.adding import AUTH, BACKEND, add_auth
from poolhouse.cli.answers import LOGIN, Admin, Wanted
from poolhouse.cli.drafts import Draft
from poolhouse.cli.prompts import Option
from poolhouse.errors import ProjectError, UserError

Template = Literal["admin-actions", "admin-queries", "empty"]
TEMPLATES: Final = (
    Option("Admin Queries: a user pool with groups, and a REST API for its administrators", "admin-queries"),
    Option("Admin actions: a guarded GraphQL mutation that adds a user to a group", "admin-actions"),
    Option("Empty: add auth yourself", "empty"),
)
Frontend = Literal["none", "react", "vue", "next", "angular", "react-native", "swift", "android", "flutter", "python"]
_NPM: Final = ("npm install", "npm run dev")
FRONTENDS: Final[dict[Frontend, tuple[str, ...]]] = {
    "none": (),
    "react": _NPM,
    "vue": _NPM,
    "next": _NPM,
    "angular": _NPM,
    "react-native": _NPM,
    "swift": (),
    "android": (),
    "flutter": (),
    "python": ("python add_to_group.py ADMIN USER",),
}
"""What runs each front end, once `poolhouse dev` has written where the backend is."""
NATIVE: Final = ("swift", "android", "flutter")
"""Front ends that are a file to take over into an app, which says at its head how it is configured."""
_WEB: Final[dict[Frontend, tuple[str, ...]]] = {
    "react": ("dist/",),
    "vue": ("dist/",),
    "next": (".next/", "next-env.d.ts"),
    "angular": (".angular/", "dist/"),
    "react-native": (".expo/", "dist/"),
}
"""Front ends that are an app of several files, and what their tools make."""
_FILES: Final = Path(__file__).parent / "templates"
_SUFFIX: Final = ".template"
_IGNORED: Final = (".amplify/", ".poolhouse/", "amplify/.build/assets/", "amplify_outputs.json", "poolhouse_local.js")
_PACKAGES: Final = "node_modules/"


def started(project: Path, template: Template, frontend: Frontend = "none") -> Draft:
    """The files of the new project. Raises ProjectError when there is a project already, or a file in the way."""
    if (project / BACKEND).exists():
        raise ProjectError(
            f"There is a project in {project.resolve()} already.",
            resolution="Change it with poolhouse add, update and remove, or choose another folder.",
        )
    if template == "empty" and frontend != "none":
        raise UserError(
            f"The template empty has no admin action that a front end ({frontend}) could call.",
            resolution="Choose --template admin-actions or admin-queries, or leave --frontend out.",
        )
    draft = Draft(project)
    if template == "admin-actions":
        _copy(draft, _FILES / template)
    elif template == "admin-queries":
        _refuse_existing(draft, AUTH)
        add_auth(draft, Wanted({("login_with",): LOGIN["email"]}, ["Admins", "Editors"], Admin(("Admins",))))
    else:
        draft.put(BACKEND, "from poolhouse import define_backend\n\nbackend = define_backend()\n")
    _copy(draft, _FILES / "tests" / template)
    _copy_frontend(draft, template, frontend)
    _set_editors_up(draft)
    ignore_made(draft, (*_IGNORED, _PACKAGES, *_WEB[frontend]) if frontend in _WEB else _IGNORED)
    return draft


def _copy_frontend(draft: Draft, template: Template, frontend: Frontend) -> None:
    """A web front end is the framework's page over the calls of the template; another one is a file for each."""
    root = _FILES / "frontends"
    if frontend in _WEB:
        _copy(draft, root / "web" / template)
        _copy(draft, root / frontend)
    elif frontend != "none":
        _copy(draft, root / frontend / template)


def _set_editors_up(draft: Draft) -> None:
    """So that editors find the generated env and event types. Settings that are there already stay as they are."""
    for path, text in _texts(_FILES / "editors"):
        shadows = path == "pyrightconfig.json" and "[tool.pyright" in (draft.read("pyproject.toml") or "")
        if draft.read(path) is None and not shadows:
            draft.put(path, text)


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every file below the folder: where it goes, and what is in it."""
    for file in sorted(root.rglob(f"*{_SUFFIX}")):
        yield file.relative_to(root).as_posix().removesuffix(_SUFFIX), file.read_text(encoding="utf-8")


def _copy(draft: Draft, root: Path) -> None:
    for path, text in _texts(root):
        _refuse_existing(draft, path)
        draft.put(path, text)


def _refuse_existing(draft: Draft, path: str) -> None:
    if draft.read(path) is not None:
        raise ProjectError(f"{path} exists already.", resolution="Move it away, or choose another folder.")


def ignore_made(draft: Draft, made: tuple[str, ...] = _IGNORED) -> None:
    """What is made anew on every machine stays out of version control."""
    before = draft.read(".gitignore") or ""
    missing = [line for line in made if line not in before.splitlines()]
    if missing:
        start = before if not before or before.endswith("\n") else f"{before}\n"
        draft.put(".gitignore", start + "".join(f"{line}\n" for line in missing))
