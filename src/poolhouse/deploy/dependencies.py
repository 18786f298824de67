"""The packages that a function needs beside its own code, as files for Lambda's platform.

Packages of pure Python come from Poolhouse's own environment, where the function ran on the laptop: the same versions,
and no network. What is compiled, missing or pinned to something else is fetched by pip for Lambda's platform; nothing
is ever built.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from poolhouse.errors import ProjectError

ALWAYS: Final = "boto3"
_RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
_LINE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\(?\s*([^;()\[\]@]*?)\s*\)?)\s*(;.*)?")
_CLAUSE: Final = re.compile(r"(==|!=|<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)*)")
_UNWANTED: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
_OLD_SYSTEM: Final = ("manylinux2014_x86_64", "manylinux_2_17_x86_64")
_NEW_SYSTEM: Final = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", *_OLD_SYSTEM)


def collect(lines: Sequence[str], python: str, workplace: Path) -> dict[str, Path]:
    """Files by their place below the libraries' folder. `workplace` is an empty folder for what must be fetched.

    boto3 is among them even if no line asks for it. Raises ProjectError for what cannot be had.
    """
    wanted = [line for line in (raw.partition(" #")[0].strip() for raw in lines) if line and not line.startswith("#")]
    if not any(_name(line) == ALWAYS for line in wanted):
        wanted.append(ALWAYS)
    installed = _installed(wanted) if python == _RUNNING else None
    if installed is not None:
        return {place: path for package in installed for place, path in _files(package).items()}
    _fetch(wanted, python, workplace)
    return {
        path.relative_to(workplace).as_posix(): path
        for path in sorted(workplace.rglob("*"))
        if path.is_file() and _is_wanted(path.relative_to(workplace)) and not _is_installers(path, workplace)
    }


def _installed(lines: Iterable[str]) -> list[Distribution] | None:
    """The packages of these lines with all that they require; None when one of them cannot simply be copied.

    What an installed package requires was matched to it when it was installed, so only the lines are compared.
    """
    found: dict[str, Distribution] = {}
    asked = list(lines)
    waiting = asked.copy()
    while waiting:
        line = waiting.pop()
        if "extra" in line.partition(";")[2]:
            continue
        parsed = _LINE.fullmatch(line)
        if parsed is None:
            return None
        name, clauses, marker = _normal(parsed[1]), parsed[2], parsed[3] or ""
        if name in found and line not in asked:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if marker:
                continue
            return None
        if not _is_pure(package) or (line in asked and not _satisfies(package.version, clauses)):
            return None
        found[name] = package
        waiting += package.requires or ()
    return [found[name] for name in sorted(found)]


def _is_pure(package: Distribution) -> bool:
    wheel = package.read_text("WHEEL") or ""
    tags = re.findall(r"(?m)^Tag: (\S+)$", wheel)
    return bool(tags) and all(tag.endswith("-none-any") for tag in tags) and not _is_editable(package)


def _is_editable(package: Distribution) -> bool:
    return '"editable": true' in (package.read_text("direct_url.json") or "")


def _satisfies(version: str, clauses: str) -> bool:
    """Whether plain release numbers compare as the clauses ask; anything else is for pip to judge."""
    return all(_holds(version, clause.strip()) for clause in clauses.split(",") if clause.strip())


def _holds(version: str, clause: str) -> bool:
    parsed = _CLAUSE.fullmatch(clause)
    if parsed is None or not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version.removesuffix(".post0")):
        return False
    have, want = _numbers(version), _numbers(parsed[2])
    answers: Mapping[str, bool] = {
        "==": have == want,
        "!=": have != want,
        "<=": have <= want,
        ">=": have >= want,
        "<": have < want,
        ">": have > want,
    }
    return answers[parsed[1]]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"[0-9]+", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _files(package: Distribution) -> dict[str, Path]:
    """What the package consists of, without its commands and without what the installer wrote about itself."""
    return {
        file.as_posix(): Path(str(file.locate()))
        for file in package.files or ()
        if ".." not in file.parts and _is_wanted(Path(*file.parts))
    }


def _is_installers(path: Path, target: Path) -> bool:
    """Commands name the Python of this machine; a lock is uv's own."""
    return path.relative_to(target).parts[0] in {"bin", ".lock"}


def _is_wanted(place: Path) -> bool:
    return "__pycache__" not in place.parts and place.suffix != ".pyc" and place.name not in _UNWANTED


def _fetch(lines: Sequence[str], python: str, target: Path) -> None:
    listed = target.with_name(f"{target.name}.txt")
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    systems = _OLD_SYSTEM if python == "3.11" else _NEW_SYSTEM
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    command += ["--no-compile", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    command += [word for system in systems for word in ("--platform", system)]
    command += ["--target", str(target), "--requirement", str(listed)]
    if not _has_pip():
        command = _with_uv(python, systems[0], target, listed)
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    if done.returncode:
        raise ProjectError(
            f"The requirements could not be had for Lambda's platform (Python {python}): {_reason(done.stderr)}",
            resolution="Name packages that have wheels for it; Poolhouse builds none.",
        )


def _has_pip() -> bool:
    try:
        distribution("pip")
    except PackageNotFoundError:
        return False
    return True


def _with_uv(python: str, system: str, target: Path, listed: Path) -> list[str]:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise ProjectError(
            "The requirements have to be fetched, and neither pip nor uv is installed.",
            resolution="Install pip into the environment of Poolhouse.",
        )
    platform = "x86_64-manylinux2014" if system == _OLD_SYSTEM[0] else "x86_64-manylinux_2_28"
    command = [uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python-version", python]
    return [*command, "--python-platform", platform, "--target", str(target), "--requirement", str(listed)]


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-3:])


def _name(line: str) -> str:
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
    return _normal(found[0]) if found else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
