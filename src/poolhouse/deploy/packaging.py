"""A function as a zip file that Lambda runs: its folder, the project's modules that it imports, its requirements.

The file is named by what is in it, so that equal contents are uploaded once. Nothing of the user's code is run.
"""

import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

from poolhouse.define.environment import write_env_module
from poolhouse.define.handlers import handler_path
from poolhouse.define.manifest import Function
from poolhouse.errors import ProjectError

from . import dependencies, starter
from .context import BUILD_FOLDER, RUNNING, Asset
from .imports import Imported, follow

ASSETS: Final = "assets"
REQUIREMENTS: Final = "requirements.txt"
DEFINITIONS: Final = "resource.py"
_MOST_BYTES: Final = 250 * 1024 * 1024
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PACKED: Final = frozenset({".gz", ".zip", ".whl", ".png", ".jpg"})


def packaged(
    function: Function,
    project: Path,
    *,
    variables: Sequence[str] = (),
    python: str = RUNNING,
    delegation: Mapping[str, str] | None = None,
) -> Asset:
    """The function's zip, in `amplify/.build/assets`. `variables` are the names in its generated `env` module.

    `delegation` are texts by file name: the rules that the function keeps, and the code that keeps them.
    Raises ProjectError for requirements that cannot be had, for imports that nothing provides, and for what is larger
    than Lambda takes.
    """
    root = project.resolve()
    with tempfile.TemporaryDirectory() as place:
        workplace = Path(place)
        files = _contents(function, root, workplace, variables, python, delegation or {})
        _check_size(function, files)
        digest = _digest(files)
        path = root / BUILD_FOLDER / ASSETS / f"{digest}.zip"
        if not path.is_file():
            _write(path, files)
    return Asset(function.name, digest, path)


def _contents(
    function: Function,
    root: Path,
    workplace: Path,
    variables: Sequence[str],
    python: str,
    delegation: Mapping[str, str],
) -> dict[str, Path]:
    """Every file by its place in the zip."""
    entry = root / function.entry
    generated = workplace / "generated"
    write_env_module(generated, function.name, variables)
    roots = (entry.parent, root, generated, root / starter.GENERATED)
    imported = follow([entry], roots)
    own = _own_files(entry, imported)
    libraries = workplace / "libraries"
    libraries.mkdir()
    needed = dependencies.collect(_requirements(entry, root), python, libraries)
    _check_foreign(function, imported, needed)
    module = handler_path(root, function.entry, function.handler).rpartition(".")[0]
    folder = PurePosixPath(function.entry).parent.as_posix()
    start = starter.source(folder, module.replace("/", "."), function.handler, is_delegated=bool(delegation))
    return (
        {f"{starter.LIBRARIES}/{name}": path for name, path in needed.items()}
        | {path.relative_to(root).as_posix(): path for path in own if path.is_relative_to(root)}
        | {f"{starter.GENERATED}/{path.relative_to(generated).as_posix()}": path for path in generated.rglob("*.py")}
        | _written(workplace, {f"{starter.MODULE}.py": start, **delegation})
    )


def _written(folder: Path, texts: Mapping[str, str]) -> dict[str, Path]:
    """The texts as files, by their names."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return {name: folder / name for name in texts}


def _own_files(entry: Path, imported: Imported) -> set[Path]:
    """The whole folder of the handler, data files included, and single modules from elsewhere.

    Definitions (`resource.py`) are for Poolhouse, and go along only where the function imports them.
    """
    folder = entry.parent
    kept = {path for path in folder.rglob("*") if path.is_file() and _goes_along(path.relative_to(folder))}
    return {path for path in kept if path.name != DEFINITIONS} | imported.files


def _goes_along(place: Path) -> bool:
    hidden = any(part.startswith(".") for part in place.parts)
    return not (hidden or place.suffix == ".pyc" or {"__pycache__", "node_modules"} & set(place.parts))


def _requirements(entry: Path, root: Path) -> list[str]:
    """Those beside the entry, or those of the whole backend."""
    for path in (entry.parent / REQUIREMENTS, root / "amplify" / REQUIREMENTS):
        if path.is_file():
            return path.read_text(encoding="utf-8").splitlines()
    return []


def _check_foreign(function: Function, imported: Imported, needed: Mapping[str, Path]) -> None:
    """On the laptop a function finds everything that Poolhouse is installed with; on Lambda it would fail to start."""
    provided = {PurePosixPath(name).parts[0].partition(".")[0] for name in needed}
    missing = sorted(imported.foreign.keys() - provided)
    if missing:
        path = imported.foreign[missing[0]]
        raise ProjectError(
            f"The function {function.name} imports {missing[0]}, which would not be there on AWS Lambda.",
            resolution=f"Add its package to {REQUIREMENTS} beside {PurePosixPath(function.entry).name}.",
            location=str(path),
        )


def _check_size(function: Function, files: Mapping[str, Path]) -> None:
    size = sum(path.stat().st_size for path in files.values())
    if size > _MOST_BYTES:
        raise ProjectError(
            f"The function {function.name} has {size // 2**20} MB with its requirements; AWS Lambda takes 250 MB.",
            resolution="Remove requirements or data files.",
        )


def _digest(files: Mapping[str, Path]) -> str:
    """Of names and contents: the same on every machine, whichever zlib compresses there."""
    digest = sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{sha256(files[name].read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _write(path: Path, files: Mapping[str, Path]) -> None:
    """Sorted, of one time and one mode; under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    draft = path.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(draft, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            is_packed = files[name].suffix in _PACKED
            entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as into, files[name].open("rb") as source:
                shutil.copyfileobj(source, into)
    draft.replace(path)
