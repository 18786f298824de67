"""docs/acceptance.md cannot rot: every check is there once, and every test that it names exists."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (?!check|-)(?P<check>[^|]+) \| (?P<what>[^|]+) \| (?P<proof>.*) \|$", re.MULTILINE)
LETTERED = {"A": 20, "F": 10, "S": 18, "R": 25, "Q": 18, "C": 15}
NUMBERED = {"The user pool": 90, "Admin Queries": 65, "Attacks": 50}
# How a row may say why it has no test.
EXCUSES = ("Issue ", "Issues ", "Later than ", "Does not apply: ", "Not served yet", "No test runs it", "Measured by ")


def page() -> str:
    return (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")


def sections() -> dict[str, list[re.Match[str]]]:
    """Rows by the first words of their heading."""
    parts = re.split(r"^## ", page(), flags=re.MULTILINE)[1:]
    return {part.split("\n")[0]: list(ROW.finditer(part)) for part in parts}


@functools.cache
def declared_tests(path: Path) -> frozenset[str]:
    """The names of the test functions that pytest would collect from the file's top level."""
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    functions = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def missing(text: str) -> list[str]:
    """The named tests that do not exist."""
    return [f"{path}::{name}" for path, name in REFERENCE.findall(text) if name not in declared_tests(ROOT / path)]


def test_every_named_test_exists():
    """Renamed and removed tests are noticed here."""
    assert len(REFERENCE.findall(page())) > 300
    assert missing(page()) == []


@pytest.mark.parametrize(
    "reference",
    [
        "`tests/acceptance/test_page.py::test_gone`",
        "`tests/gone.py::test_x`",
        "`tests/acceptance/test_page.py::missing`",
    ],
)
def test_a_wrong_name_is_noticed(reference):
    """A test, a file, and a function that is no test."""
    assert missing(f"x {reference} y") == [reference.strip("`")]


def test_nothing_looks_like_a_test_and_is_not_read():
    """Whatever mentions a test is in the form that is checked."""
    assert page().count("::") == len(REFERENCE.findall(page()))


def test_every_check_has_one_row():
    """None is missing and none is there twice."""
    rows = sections()
    lettered = [
        row["check"] for heading, found in rows.items() for row in found if re.fullmatch(r"[A-Z]\d+", row["check"])
    ]
    assert sorted(lettered) == sorted(f"{letter}{n}" for letter, last in LETTERED.items() for n in range(1, last + 1))
    for start, last in NUMBERED.items():
        found = next(found for heading, found in rows.items() if heading.startswith(start))
        assert [row["check"] for row in found] == [str(n) for n in range(1, last + 1)]


def test_every_row_has_a_test_or_says_why_not():
    """No row is empty."""
    rows = [row for found in sections().values() for row in found]
    bare = [row for row in rows if not REFERENCE.search(row["proof"])]
    assert [row["check"] for row in bare if not row["proof"].startswith(EXCUSES)] == []
