"""`init`: a new project of a template. Files that are there already are never touched."""

from pathlib import Path
from typing import Final, Literal

from poolhouse.cli.adding import AUTH, BACKEND, add_auth
from poolhouse.cli.answers import LOGIN, Admin, Wanted
from poolhouse.cli.drafts import Draft
from poolhouse.cli.prompts import Option
from poolhouse.errors import ProjectError

Template = Literal["admin-actions", "admin-queries", "empty"]
TEMPLATES: Final = (
    Option("Admin Queries: a user pool with groups, and a REST API for its administrators", "admin-queries"),
    Option("Admin actions: a guarded GraphQL mutation that adds a user to a group", "admin-actions"),
    Option("Empty: add auth yourself", "empty"),
)
_FILES: Final = Path(__file__).parent / "templates"
_SUFFIX: Final = ".template"
_IGNORED: Final = (".amplify/", ".poolhouse/", "amplify/.build/assets/", "amplify_outputs.json", "poolhouse_local.js")


def started(project: Path, template: Template) -> Draft:
    """The files of the new project. Raises ProjectError when there is a project already."""
    if (project / BACKEND).exists():
        raise ProjectError(
            f"There is a project in {project.resolve()} already.",
            resolution="Change it with poolhouse add, update and remove, or choose another folder.",
        )
    draft = Draft(project)
    if template == "admin-actions":
        _copy(draft, template)
    elif template == "admin-queries":
        _refuse_existing(draft, AUTH)
        add_auth(draft, Wanted({("login_with",): LOGIN["email"]}, ["Admins", "Editors"], Admin(("Admins",))))
    else:
        draft.put(BACKEND, "from poolhouse import define_backend\n\nbackend = define_backend()\n")
    ignore_made(draft)
    return draft


def _copy(draft: Draft, template: Template) -> None:
    root = _FILES / template
    for file in sorted(root.rglob(f"*{_SUFFIX}")):
        path = file.relative_to(root).as_posix().removesuffix(_SUFFIX)
        _refuse_existing(draft, path)
        draft.put(path, file.read_text(encoding="utf-8"))


def _refuse_existing(draft: Draft, path: str) -> None:
    if draft.read(path) is not None:
        raise ProjectError(f"{path} exists already.", resolution="Move it away, or choose another folder.")


def ignore_made(draft: Draft) -> None:
    """What is made anew on every machine stays out of version control."""
    before = draft.read(".gitignore") or ""
    missing = [line for line in _IGNORED if line not in before.splitlines()]
    if missing:
        start = before if not before or before.endswith("\n") else f"{before}\n"
        draft.put(".gitignore", start + "".join(f"{line}\n" for line in missing))
