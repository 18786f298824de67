"""`adopt` from end to end: which generation it is, what it says, and the files that say the same in Python."""

from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from poolhouse.cli.adding import BACKEND
from poolhouse.cli.drafts import Draft
from poolhouse.cli.starting import ignore_made
from poolhouse.define.manifest import Manifest
from poolhouse.errors import ProjectError

from . import gen1, gen1_files, gen2, gen2_files
from .report import Finding, Report

_BACKENDS: Final = ("backend.ts", "backend.mts", "backend.js", "backend.mjs")
_GEN1: Final = Path("amplify", "backend", "backend-config.json")


class Adoption(NamedTuple):
    """What `adopt` would write, and its report."""

    generation: int
    draft: Draft
    report: Report
    manifest: Manifest
    texts: dict[str, str | None]


class Told(msgspec.Struct, frozen=True):
    """The answer of --json."""

    generation: int
    project: str
    written: bool
    files: dict[str, str]
    findings: tuple[Finding, ...]


def adopt(folder: Path, out: Path | None, node: Path | None) -> Adoption:
    """Read the project and try the definitions out. Raises UserError; nothing is written here."""
    root = _root(folder)
    target = (out or root).resolve()
    if (target / BACKEND).exists():
        raise ProjectError(f"There is a project in {target} already.", resolution="Choose another folder with --out.")
    draft, report = Draft(target), Report()
    entry = next((root / "amplify" / name for name in _BACKENDS if (root / "amplify" / name).is_file()), None)
    if entry is not None:
        recording = gen2.read(root, entry, node)
        gen2_files.write(draft, recording, report)
        for note in recording.notes:
            (report.left if note.kind == "left" else report.note)(note.file, note.what, note.reason)
    else:
        gen1_files.write(draft, gen1.read(root, report), report)
    _refuse_existing(draft)
    ignore_made(draft)
    return Adoption(1 if entry is None else 2, draft, report, draft.rehearse(), draft.texts())


def _root(folder: Path) -> Path:
    """The folder that holds amplify/, which may be named itself. Raises ProjectError when there is no project."""
    resolved = folder.resolve()
    root = resolved if (resolved / "amplify").is_dir() or resolved.name != "amplify" else resolved.parent
    gen2_there = any((root / "amplify" / name).is_file() for name in _BACKENDS)
    if gen2_there and (root / _GEN1).is_file():
        raise ProjectError(
            f"{root} holds a Gen 1 project ({_GEN1.as_posix()}) and a Gen 2 project (amplify/backend.ts).",
            resolution="Copy the one that you mean into a folder of its own.",
        )
    if not gen2_there and not (root / _GEN1).is_file():
        raise ProjectError(
            f"There is no Amplify project in {root}: neither {_GEN1.as_posix()} nor amplify/backend.ts.",
            resolution="Name the folder that holds amplify/.",
        )
    return root


def _refuse_existing(draft: Draft) -> None:
    """No file of the user is ever written over."""
    for path in draft.overwritten():
        raise ProjectError(
            f"{path} exists already, and differs from what would be written.",
            resolution="Move it away, or choose another folder with --out.",
        )
