"""What a project's stacks at AWS begin with, and whether it has been there under another name already."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from botocore.exceptions import ClientError

from poolhouse.cli.aws_account import Reached
from poolhouse.cli.aws_options import Where
from poolhouse.define.evaluation import FIRST
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.deploy.context import BUILD_FOLDER
from poolhouse.deploy.push import environments, stacks
from poolhouse.errors import AwsError, PushRefused

_PUSHED: Final = "pushed.json"
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})


def named(where: Where, manifest: Manifest | None = None) -> Where:
    """With the app's name: that of --app, or of define_backend(name=...); without either the folder's counts.

    Without a manifest the definitions are read, where there are any. Raises what loading them raises.
    """
    if where.app:
        return where
    if manifest is None and (where.project / FIRST).is_file():
        manifest = load(where.project)
    return where._replace(app=manifest.app if manifest else None)


def remember(where: Where, reached: Reached) -> None:
    """Which app this folder was pushed as, for each environment: `amplify/.build/pushed.json`."""
    known = _remembered(where.project) | {where.env: reached.environment.app}
    path = where.project / BUILD_FOLDER / _PUSHED
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known, order="sorted"), indent=2) + b"\n")


def check_first(where: Where, reached: Reached, manifest: Manifest) -> None:
    """For a stack that is still to be made: raises PushRefused where this project has one under another name.

    What the account does not let this person look at could not have been pushed by him, and is passed over.
    """
    for app in _other_names(where, reached, manifest):
        other = dataclasses.replace(reached.environment, app=app)
        if not _is_there(reached, other.prefix, environments.tags(other)):
            continue
        raise PushRefused(
            f"There is no stack {reached.stack}, but {other.prefix}, by another name of this project. A push would "
            "make a second stack, with a second user pool and nobody in it.",
            resolution=f"Keep it with --app {app} (or define_backend(name={app!r})). If it is another project's, or a "
            "second stack is meant, add --new-stack.",
        )


def _other_names(where: Where, reached: Reached, manifest: Manifest) -> Iterator[str]:
    remembered = _remembered(where.project).get(where.env)
    names = dict.fromkeys([remembered, manifest.app, environments.folder_name(where.project)])
    yield from (name for name in names if name and name != reached.environment.app)


def _is_there(reached: Reached, name: str, tags: dict[str, str]) -> bool:
    try:
        found = stacks.find(reached.account, name)
    except AwsError as refused:
        cause = refused.__cause__
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _DENIED:
            return False
        raise
    if found is None or found.state in {"absent", "never-created"}:
        return False
    return all(found.tags.get(tag) == value for tag, value in tags.items())


def _remembered(project: Path) -> dict[str, str]:
    path = project / BUILD_FOLDER / _PUSHED
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, msgspec.ValidationError) as broken:
        raise PushRefused(
            f"{BUILD_FOLDER / _PUSHED} cannot be read: {broken}.",
            resolution="Remove it, or restore it: it says which stacks this folder was pushed as.",
        ) from broken
