"""Environments by name: which names there are, what their stacks are called, which of them keep their users."""

import re
from pathlib import Path
from typing import Final

from poolhouse.define.apps import RULE, fits
from poolhouse.deploy.context import Environment
from poolhouse.errors import UserError

_UNPROTECTED: Final = frozenset({"dev", "sandbox"})
APP_TAG: Final = "poolhouse:app"
ENVIRONMENT_TAG: Final = "poolhouse:environment"


def environment(project: Path, name: str, app: str | None = None, *, region: str, account_id: str) -> Environment:
    """The environment `name` of the app, whose name is that of the project's folder unless it is given.

    Raises UserError for names that a stack, a bucket or a stage of an API cannot have.
    """
    if not fits(name):
        raise UserError(f"{name!r} cannot be the name of an environment: {RULE}.", resolution="Choose another --env.")
    return Environment(
        name=name,
        region=region,
        account_id=account_id or None,
        app=app_name(project, app),
        retain=is_protected(name),
    )


def is_protected(name: str) -> bool:
    """Whether the stack is guarded against deletion and keeps its user pool: all but `dev` and `sandbox`."""
    return name not in _UNPROTECTED


def app_name(project: Path, given: str | None = None) -> str:
    """What stacks and bucket of a project begin with. Raises UserError when the folder's name cannot serve."""
    name = given or folder_name(project)
    if not fits(name):
        raise UserError(
            f"{name!r} cannot be the name of an app: {RULE}.",
            resolution="Name it: define_backend(name=...), or --app NAME.",
        )
    return name


def folder_name(project: Path) -> str:
    """What an app is called that nobody named."""
    return re.sub(r"[^a-z0-9]+", "-", project.resolve().name.lower()).strip("-")


def bucket_name(environment: Environment) -> str:
    """The bucket of an app's packaged functions: one for each account and region, shared by its environments."""
    return f"{environment.app}-poolhouse-{environment.account_id}-{environment.region}"


def tags(environment: Environment) -> dict[str, str]:
    """What marks a stack as this app's: a stack without them is not touched."""
    return {APP_TAG: environment.app, ENVIRONMENT_TAG: environment.name}
