"""Manifest and environment in, template and assets out. Each resource family adds its own part; nothing is called."""

from pathlib import Path
from typing import Final

from poolhouse.define.manifest import Manifest
from poolhouse.errors import DefinitionError

from . import (
    domain,
    functions,
    graphql,
    groups,
    identity_pool,
    referenced,
    rest_api,
    stack_outputs,
    triggers,
    user_pool,
)
from .context import BUILD_FOLDER, Assembly, Asset, Context, Environment
from .packaging import ASSETS
from .template import Template, encode

__all__ = ["BUILD_FOLDER", "Assembly", "Asset", "Context", "Environment", "synthesise", "write"]

TEMPLATE_NAME: Final = "template.json"
RUNTIMES: Final = ("3.11", "3.12", "3.13", "3.14")
_FAMILIES: Final = (
    user_pool,
    domain,
    identity_pool,
    groups,
    functions,
    triggers,
    graphql,
    rest_api,
    stack_outputs,
)


def synthesise(manifest: Manifest, environment: Environment, project: Path | None = None) -> Assembly:
    """The template of a backend in one environment, and the files that it refers to.

    Without a project nothing is packaged: the functions' code is then named after the function instead of its content.
    Raises DefinitionError for what AWS cannot hold.
    """
    if environment.python not in RUNTIMES:
        raise DefinitionError(
            f"AWS Lambda runs no Python {environment.python}.", resolution=f"Use one of: {', '.join(RUNTIMES)}."
        )
    template = Template(f"{manifest.name}: user pool, functions and APIs, environment {environment.name}")
    context = Context(manifest, environment, template, project)
    if context.reference is not None:
        referenced.check_place(context.reference, environment.region, environment.account_id)
        context.note(
            f"The user pool {context.reference.user_pool_id} and its identity pool are not part of the stack: which "
            "credentials its people get is decided there."
        )
    for family in _FAMILIES:
        family.add(context)
    return Assembly(template.document(), tuple(context.assets), tuple(context.notes))


def write(assembly: Assembly, folder: Path, name: str = TEMPLATE_NAME) -> Path:
    """Write the template, readable and diffable, and answer its path. Equal bytes are left alone.

    Packages that no template in the folder names any more are removed.
    """
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    text = encode(assembly.template)
    if not path.is_file() or path.read_bytes() != text:
        path.write_bytes(text)
    named = [template.read_text(encoding="utf-8") for template in sorted(folder.glob("*template*.json"))]
    for package in (folder / ASSETS).glob("*.zip"):
        if not any(package.name in template for template in named):
            package.unlink()
    return path
