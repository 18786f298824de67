"""The child process of a project load: imports the user's modules and tells what came of it, once, on a pipe."""

import importlib
import os
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Final

import msgspec

from poolhouse.errors import ProjectError, UserError

from . import census
from .backend import Backend
from .foreign import remedy
from .manifest import Manifest
from .places import FOLDER

FIRST: Final = f"{FOLDER}/backend.py"


class Mistake(msgspec.Struct, frozen=True):
    """A UserError on its way between the processes."""

    name: str
    message: str
    resolution: str
    location: str | None


class Outcome(msgspec.Struct, frozen=True):
    """What the child writes to its pipe, once."""

    manifest: Manifest | None = None
    mistake: Mistake | None = None


def evaluate(project: Path) -> Manifest:
    """Import `amplify.backend` into this process and return its Manifest; `load` does it in a child."""
    root = project.resolve()
    sys.path.insert(0, str(root))
    if not (root / FOLDER / "__init__.py").exists():
        _install_namespace(root / FOLDER)
    seen: census.Seen = {}
    token = census.ONGOING.set(seen)
    try:
        importlib.import_module(f"{FOLDER}.backend")
    finally:
        census.ONGOING.reset(token)
    backend = seen["backend"][0] if "backend" in seen else None
    if not isinstance(backend, Backend):
        raise ProjectError(
            f"{FIRST} does not call define_backend().",
            resolution="End it with define_backend(auth=auth, data=data).",
            location=FIRST,
        )
    return backend.manifest()


def _install_namespace(folder: Path) -> None:
    """Make the user's folder the package, even where a distribution of the same name is installed."""
    spec = ModuleSpec(FOLDER, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[FOLDER] = module_from_spec(spec)


def _attempt(project: Path) -> bytes:
    """The Outcome as JSON, whatever the user's modules do."""
    try:
        return msgspec.json.encode(Outcome(manifest=evaluate(project)))
    except UserError as error:
        mistake = Mistake(error.name, _sendable(error.message), _sendable(error.resolution), error.location)
    except BaseException as error:  # noqa: BLE001 - the user's own code may raise anything, SystemExit included
        mistake = _foreign(error, project.resolve())
    return msgspec.json.encode(Outcome(mistake=mistake))


def _sendable(text: str) -> str:
    """Text with lone surrogates written as escapes, because they have no UTF-8 form."""
    return text.encode("utf-8", "backslashreplace").decode()


def _foreign(error: BaseException, root: Path) -> Mistake:
    """An exception of the user's code, told with the lines of the project that it passed."""
    lines = _lines(error, root)
    path = ", from ".join(reversed(lines))
    where = f" at {path}" if path else ""
    return Mistake(
        name="ProjectError",
        message=_sendable(f"Reading {FIRST} failed{where}: {type(error).__name__}: {_words(error)}"),
        resolution=_sendable(remedy(error, root)),
        location=lines[-1] if lines else FIRST,
    )


def _words(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _lines(error: BaseException, root: Path) -> list[str]:
    """`file:line` of the user's frames, outermost first; a syntax error adds its own."""
    found: list[tuple[str, int | None]] = []
    step = error.__traceback__
    while step is not None:
        found.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        found.append((error.filename, error.lineno))
    paths = ((Path(file), line) for file, line in found)
    return [f"{path.relative_to(root).as_posix()}:{line}" for path, line in paths if _is_theirs(path, root)]


def _is_theirs(path: Path, root: Path) -> bool:
    """Whether the user wrote the file; an environment may lie inside of the project."""
    return path.is_relative_to(root) and "site-packages" not in path.parts


def main(arguments: list[str]) -> None:
    """The child: DIR, and the number of the descriptor to answer on."""
    project, descriptor = Path(arguments[0]), int(arguments[1])
    os.set_inheritable(descriptor, False)
    answer = _attempt(project)
    with suppress(ValueError, OSError):
        sys.stdout.flush()
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(answer)
