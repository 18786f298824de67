"""An environment with the built wheel and the packages that its extras ask for, and nothing else; without a network."""

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

BIN = Path(sys.prefix) / "bin"


def built(folder: Path, root: Path, *kinds: str) -> list[Path]:
    """Wheel and source archive of the tree, in this order unless `kinds` says otherwise."""
    wanted = [option for kind in kinds or ("wheel", "sdist") for option in ("-t", kind)]
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *wanted]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nhatchling comes with: make lock setup"
    return [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]


def required(wheel: Path, *extras: str) -> dict[str, Distribution]:
    """Every distribution that the wheel asks for with these extras, directly or not, as this environment has it."""
    wanted = _metadata(wheel).get_all("Requires-Dist") or []
    return _closed([(Requirement(text), set(extras)) for text in wanted])


def _closed(waiting: list[tuple[Requirement, set[str]]]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    while waiting:
        asked, extras = waiting.pop()
        if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            there = distribution(asked.name)
            assert asked.specifier.contains(there.version, prereleases=True), f"{asked}: {there.version} is installed"
            if there.name not in found or asked.extras:
                found[there.name] = there
                waiting += [(Requirement(text), asked.extras) for text in there.requires or []]
    return found


def _metadata(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def environment(folder: Path, wheel: Path, *extras: str, beside: Sequence[str] = ()) -> Path:
    """The folder with its commands. The packages are links: they are those that the lock has put here.

    `beside` are distributions that a user would have there too.
    """
    uv = str(BIN / "uv")
    subprocess.run([uv, "venv", "--quiet", "--offline", "--python", sys.executable, str(folder)], check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    for one in (required(wheel, *extras) | _closed([(Requirement(name), set()) for name in beside])).values():
        for top in {file.parts[0] for file in one.files or () if ".." not in file.parts}:
            if not (packages / top).exists():
                (packages / top).symlink_to(one.locate_file(top))
    python = str(folder / "bin" / "python")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, str(wheel)], check=True
    )
    return folder / "bin"
