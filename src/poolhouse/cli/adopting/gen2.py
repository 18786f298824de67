"""What an Amplify Gen 2 project says: its modules run with the user's own Node, with factories that only record."""

import os
import shutil
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from poolhouse.define.children import answer_of
from poolhouse.errors import ProjectError

TIME_LIMIT_SECONDS: Final = 60.0
_MAIN: Final = Path(__file__).with_name("recorder") / "main.cjs"


class Made(msgspec.Struct, frozen=True):
    """One call of a factory: its file, its exported name, and its argument as `values.cjs` tells it."""

    kind: str
    id: int
    file: str
    props: Any
    exported: str | None = None


class BackendCall(msgspec.Struct, frozen=True):
    file: str
    members: Any


class Note(msgspec.Struct, frozen=True):
    kind: Literal["left", "note"]
    file: str
    what: str
    reason: str


class Recording(msgspec.Struct, frozen=True):
    made: tuple[Made, ...]
    backend: BackendCall | None
    notes: tuple[Note, ...]


class _Failure(msgspec.Struct, frozen=True):
    message: str
    name: str | None
    file: str | None
    line: int | None


class _Answer(msgspec.Struct, frozen=True):
    made: tuple[Made, ...] = ()
    backend: BackendCall | None = None
    notes: tuple[Note, ...] = ()
    error: _Failure | None = None
    typescript: str | msgspec.UnsetType | None = msgspec.UNSET


def read(root: Path, entry: Path, node: Path | None) -> Recording:
    """Run the backend's file. Raises ProjectError for what Node, TypeScript or the project's own code says against it.

    The modules run without this process's environment, so with no credentials. What they print goes to standard error.
    """
    output, status = _run([str(_node(node)), str(_MAIN), str(root), str(entry)], root)
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except msgspec.DecodeError as broken:
        raise ProjectError(
            f"Node ended before the definitions were read (exit status {status}).",
            resolution="Its own message is above. Remove what ends the process; definitions only describe.",
            location=entry.relative_to(root).as_posix(),
        ) from broken
    if answer.typescript is not msgspec.UNSET:
        raise _no_typescript(root, answer.typescript)
    if answer.error is not None:
        raise _failed(answer.error)
    return Recording(answer.made, answer.backend, answer.notes)


def _node(given: Path | None) -> Path:
    if given is not None:
        if os.access(given, os.X_OK) and given.is_file():
            return given.resolve()
        raise ProjectError(f"{given} is not a program.", resolution="Name Node's program with --node PATH.")
    found = shutil.which("node")
    if found is None:
        raise ProjectError(
            "The definitions are TypeScript, and there is no node on the PATH to run them.",
            resolution="Install Node.js 20 or newer, or name its program with --node PATH.",
        )
    return Path(found)


def _no_typescript(root: Path, version: str | None) -> ProjectError:
    what = (
        "The project's packages have no TypeScript, which translates the definitions"
        if version is None
        else f"The project's TypeScript {version} cannot translate single files"
    )
    return ProjectError(f"{what}.", resolution=f"Run in {root}: npm install, or npm install --save-dev typescript@5")


def _failed(error: _Failure) -> ProjectError:
    where = error.file if error.line is None else f"{error.file}:{error.line}"
    said = error.message if error.name is None else f"{error.name}: {error.message}"
    return ProjectError(
        f"The definitions could not be read: {said.rstrip('.')}.",
        resolution="Mend that, or run npm install if a package is missing; then run the command again.",
        location=where,
    )


def _run(command: list[str], folder: Path) -> tuple[bytes, int]:
    """The child's answer from its own pipe, and its exit status; it and what it started are ended afterwards."""
    try:
        return answer_of(command, folder, TIME_LIMIT_SECONDS, env={})
    except TimeoutError:
        raise ProjectError(
            f"Reading the definitions took longer than {TIME_LIMIT_SECONDS:g} seconds.",
            resolution="Remove what waits or computes from the definitions; they only describe.",
        ) from None
    except OSError as error:
        raise ProjectError(
            f"{command[0]} cannot be started ({error.strerror}).", resolution="Name Node's program with --node PATH."
        ) from error
