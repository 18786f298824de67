"""`init`, `add`, `update` and `remove`: what was asked, tried out, shown, agreed to and written."""

import shlex
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import typer

from poolhouse.cli import flags as flagged
from poolhouse.cli import headless
from poolhouse.cli.adding import AUTH, add_auth, remove_admin, remove_auth, update_auth
from poolhouse.cli.answers import Wanted, current_admin, group_names
from poolhouse.cli.drafts import Draft
from poolhouse.cli.flags import Flags
from poolhouse.cli.prompts import agree, interactive, need_terminal, select
from poolhouse.cli.questions import ask_new, ask_update
from poolhouse.cli.questions_admin import warn_open
from poolhouse.cli.starting import FRONTENDS, NATIVE, TEMPLATES, Frontend, Template, started
from poolhouse.define.admin_queries_source import DEFINITION
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.errors import ProjectError, UserError

_NEXT: Final = "poolhouse push --target local  or  poolhouse dev"


def init(project: Path, template: Template | None, frontend: Frontend, *, yes: bool) -> bool:
    """A new project. False when the answer was No."""
    if template is None:
        names = ", ".join(option.value for option in TEMPLATES)
        need_terminal(f"Choose a template with --template: {names}. Add --yes to write without the question.")
        template = select("What do you want to begin with?", TEMPLATES)
    draft = started(project, template, frontend)
    if not _written(draft, yes=yes):
        return False
    typer.secho(f"Created a project in {project.resolve()}", fg="green")
    typer.echo()
    if project.resolve() != Path.cwd():
        typer.echo(f"  cd {shlex.quote(str(project))}")
    typer.echo("  poolhouse add auth" if template == "empty" else "  poolhouse dev")
    for line in FRONTENDS[frontend]:
        typer.echo(f"  {line}")
    if frontend in NATIVE:
        typer.echo(f"\nThe file in clients/{frontend} says at its head how your app is configured.")
    return True


def add(project: Path, given: Flags, request: str | None, *, yes: bool) -> bool:
    """`add auth`. False when the answer was No."""
    draft = Draft(project)
    if draft.read(AUTH) is not None:
        raise ProjectError(
            "Auth has already been added to this project.", resolution="To change it, run: poolhouse update auth"
        )
    if request is not None:
        wanted = headless.read(request, [], new=True)
    elif given or yes:
        wanted = flagged.new(given)
    else:
        need_terminal(flagged.ADD_FLAGS)
        wanted = ask_new(_proposed(project))
    _warn(wanted, asked=request is None and not given and not yes)
    _tell_new_groups(wanted, ())
    add_auth(draft, wanted)
    if not _written(draft, yes=yes or request is not None):
        return False
    typer.secho("Successfully added auth locally", fg="green")
    if wanted.admin is not None:
        typer.secho("Successfully added AdminQueries API locally", fg="green")
    _next_steps()
    return True


def _tell_new_groups(wanted: Wanted, groups: Sequence[str]) -> None:
    """A group that the API names and the pool has not got is made: what may be a slip of the hand is said."""
    known = groups if wanted.groups is None else wanted.groups
    for name in (wanted.admin.groups if wanted.admin else None) or ():
        if name not in known:
            typer.secho(f"The group {name} is new in the user pool: nobody is in it yet.", err=True, fg="yellow")


def _proposed(project: Path) -> str:
    """The project's name and eight hex digits, as Amplify proposes it."""
    letters = "".join(one for one in project.resolve().name.lower() if one.isascii() and one.isalnum())
    return f"{letters.lstrip('0123456789') or 'auth'}{uuid.uuid4().hex[:8]}"


def update(project: Path, given: Flags, request: str | None, *, yes: bool) -> bool:
    """`update auth`. False when the answer was No."""
    manifest = load(project)
    groups, before = group_names(manifest.auth), current_admin(manifest)
    _check_own(project, manifest)
    if request is not None:
        wanted = headless.read(request, groups, new=False)
    elif given:
        wanted = flagged.changed(given, groups, before)
    else:
        need_terminal(flagged.UPDATE_FLAGS)
        wanted = ask_update(manifest)
    _warn(wanted, asked=request is None and not given)
    _tell_new_groups(wanted, groups)
    draft = Draft(project)
    update_auth(draft, wanted, groups)
    if not draft:
        typer.echo("Nothing to change: the definitions say that already.")
        return True
    if not _written(draft, yes=yes or request is not None):
        return False
    typer.secho("Successfully updated auth locally", fg="green")
    if wanted.admin is not None:
        what = "added" if before is None else "updated"
        typer.secho(f"Successfully {what} AdminQueries API locally", fg="green")
    _next_steps()
    return True


def _check_own(project: Path, manifest: Manifest) -> None:
    """Definitions in other files than their own are the user's to edit."""
    if not (project / AUTH).is_file():
        raise ProjectError("Auth has not been added to this project.", resolution="Run: poolhouse add auth")
    if current_admin(manifest) is not None and not (project / DEFINITION).is_file():
        raise ProjectError(
            f"The Admin Queries API is not defined in {DEFINITION}, so it cannot be edited safely.",
            resolution="Edit the call of define_admin_queries() by hand.",
        )


def remove(project: Path, what: str, *, delete_source: bool, yes: bool) -> bool:
    """`remove auth`, `remove admin-queries`. False when the answer was No."""
    draft = Draft(project)
    taken: Callable[..., None] = remove_auth if what == "auth" else remove_admin
    taken(draft, delete_source=delete_source)
    if not _written(draft, yes=yes, default=False):
        return False
    name = "auth" if what == "auth" else "AdminQueries API"
    typer.secho(f"Successfully removed {name} locally", fg="green")
    typer.echo("Users and groups are as they were: nothing happens to a backend before you push.")
    _next_steps()
    return True


def _warn(wanted: Wanted, *, asked: bool) -> None:
    """Questions have warned by themselves."""
    if wanted.admin is not None and wanted.admin.groups is None and not asked:
        warn_open()


def _written(draft: Draft, *, yes: bool, default: bool = True) -> bool:
    """Try it out, show it, ask, write it."""
    draft.rehearse()
    typer.echo()
    draft.show()
    typer.echo()
    if not agree("Write these changes?", yes=yes, default=default):
        typer.echo("Nothing was written.")
        return False
    draft.write()
    return True


def _next_steps() -> None:
    typer.echo(f"\nTo see it work: {_NEXT}")


def request_of(*, from_stdin: bool, file: Path | None) -> str | None:
    """The headless request, None when there is none. Raises UserError."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file} cannot be read ({error}).", resolution="Name a file with JSON.") from None
    if not from_stdin:
        return None
    if interactive():
        raise UserError(
            "--headless reads JSON from standard input, and that is your keyboard.",
            resolution="Pipe the request in, or name a file with --input.",
        )
    return sys.stdin.read()


def exclude(request: str | None, given: Flags) -> None:
    if request is not None and given:
        raise UserError("A headless request says everything.", resolution="Leave the other flags out.")
