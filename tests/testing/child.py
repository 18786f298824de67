"""A user's pytest run, as a process of its own on a project of its own."""

import re
import subprocess
import sys
from pathlib import Path

from cli.command import environment

DOCS = Path(__file__).parents[2] / "docs" / "testing.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:#|//) (\S+)\n")
# The last two are plugins of our own tests, and importing them takes longer than a user's tests.
WITHOUT = [f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "hypothesispytest")]
INI = "[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"


def blocks(language: str) -> list[str]:
    """The examples of the page, in their order."""
    return [text for kind, text in _BLOCK.findall(DOCS.read_text(encoding="utf-8")) if kind == language]


def write_examples(project: Path, language: str) -> list[Path]:
    """Write the examples that begin with the name of their file."""
    written = []
    for text in blocks(language):
        if named := _NAME.match(text):
            path = project / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def pytest_in(project: Path, *arguments: str, folder: Path | None = None, ini: str = INI) -> "Outcome":
    """Run the project's tests; the temporary files lie beside the project."""
    if not (project / "pytest.ini").exists():
        (project / "pytest.ini").write_text(ini, encoding="utf-8")
    base = project.parent / f"{project.name}-temporary"
    command = [sys.executable, "-m", "pytest", *WITHOUT, "--basetemp", str(base), *arguments]
    ended = subprocess.run(
        command, cwd=folder or project, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return Outcome(ended.returncode, ended.stdout + ended.stderr)


class Outcome:
    """What it said, and how many passed, failed, ..."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text

    def counts(self) -> dict[str, int]:
        last = next(line for line in reversed(self.text.splitlines()) if " in " in line)
        return {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last.split(" in ")[0])}
