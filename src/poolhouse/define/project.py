"""Reads a project: runs `amplify/backend.py` in a process of its own and brings back the Manifest or the mistake.

The server never imports user code, and every load starts from clean modules.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from poolhouse import errors
from poolhouse.errors import ProjectError, UserError

from .children import answer_of
from .evaluation import FIRST, Mistake, Outcome
from .manifest import Manifest

TIME_LIMIT_SECONDS: Final = 10.0
_CHILD: Final = "import sys; from poolhouse.define.evaluation import main; main(sys.argv[1:])"


def load(project: Path, *, time_limit_seconds: float = TIME_LIMIT_SECONDS) -> Manifest:
    """The Manifest of the project in this folder.

    Raises the UserError that the definitions raise; ProjectError when there is no backend, when other code of the user
    fails, and when it takes too long. Blocks: call it from a thread where an event loop runs. What the user's modules
    print goes to standard error.
    """
    root = project.resolve()
    if not (root / FIRST).is_file():
        raise ProjectError(
            f"There is no {FIRST} in {root}.",
            resolution=elsewhere(root),
        )
    answer, status = _run_child(root, time_limit_seconds)
    try:
        outcome = msgspec.json.decode(answer, type=Outcome)
    except msgspec.DecodeError as broken:
        raise ProjectError(
            f"{FIRST} ended its process (exit status {status}) before its definitions were read.",
            resolution="Remove what ends or replaces the process; definitions only describe.",
            location=FIRST,
        ) from broken
    if outcome.manifest is not None:
        return outcome.manifest
    assert outcome.mistake is not None
    raise _revived(outcome.mistake)


def elsewhere(folder: Path) -> str:
    """What to do in a folder that holds no project: where there is one nearby, or how to begin one."""
    root = folder.resolve()
    if (root / "amplify" / "backend.ts").is_file():
        return "This is a project of Amplify in TypeScript: take it over with poolhouse adopt."
    above = [parent for parent in root.parents if (parent / FIRST).is_file()]
    below = sorted(found.parent.parent for found in root.glob(f"*/{FIRST}"))
    if near := [*above, *below]:
        return f"There is a project in {near[0]}: run the command there, or add --project {near[0]}."
    return "Run the command in your project's folder or name it with --project; poolhouse init DIR begins one."


def _run_child(root: Path, time_limit_seconds: float) -> tuple[bytes, int]:
    """Run the child and read its pipe to the end; the whole process group is ended afterwards, whatever happened."""
    try:
        return answer_of([sys.executable, "-B", "-P", "-c", _CHILD, str(root)], root, time_limit_seconds)
    except TimeoutError:
        raise ProjectError(
            f"Reading {FIRST} took longer than {time_limit_seconds:g} seconds.",
            resolution="Remove what waits or computes from the definitions; they only describe.",
            location=FIRST,
        ) from None


def _revived(mistake: Mistake) -> UserError:
    """The same class as in the child, when it is one of ours."""
    found = getattr(errors, mistake.name, ProjectError)
    kind = found if isinstance(found, type) and issubclass(found, UserError) else ProjectError
    return kind(mistake.message, resolution=mistake.resolution, location=mistake.location)
