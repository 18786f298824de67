"""The README: its code is that of the project which its command makes, its figures are measured, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from cli.command import run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(?:python|ts)\n(?:#|//) (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SCREEN_LINES = 100


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that the README's first command makes. Its tests and its page run in other tests of this suite."""
    folder = tmp_path_factory.mktemp("readme")
    command = re.search(r"^\$ poolhouse (init .*?) &&", README, re.MULTILINE)
    done = run(*shlex.split(command[1]), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "shop"


@pytest.mark.parametrize(("name", "text"), BLOCK.findall(README), ids=lambda value: value if "/" in value else "")
def test_the_code_is_that_of_the_project(shop: Path, name: str, text: str):
    """Each line is in the file, in this order; the README leaves some out."""
    rest = (shop / name).read_text()
    for line in filter(None, map(str.strip, text.splitlines())):
        found, line_there, rest = rest.partition(line)
        assert line_there, f"{name} has no {line!r} there, after:\n{found[-200:]}"


def test_definition_client_and_test_are_shown():
    assert [name for name, _ in BLOCK.findall(README)] == [
        "amplify/data/resource.py",
        "amplify/auth/resource.py",
        "src/admin.ts",
        "tests/test_admin_actions.py",
    ]


def test_the_figures_are_those_of_the_page_on_performance():
    """Whoever measures anew writes both."""
    table = README.partition("## How fast")[2].partition("## Start")[0]
    measured = (ROOT / "docs" / "performance.md").read_text()
    figures = re.findall(r"\d[\d,.]*\d", table.partition("---")[2])
    assert len(figures) > 10
    assert [figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d,])", measured)] == []


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    own = [link for link in links if not link.startswith("https://")]
    assert [link for link in own if not (ROOT / link).exists()] == []


def test_it_stays_short():
    assert len(README.splitlines()) <= SCREEN_LINES
