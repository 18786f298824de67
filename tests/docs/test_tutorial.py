"""The ten minutes: what the built page says, typed literally, ends where the page says it ends."""

import os
import sys
from pathlib import Path

import pytest
from docs.reader import Block, blocks, fits, follow
from fresh import free_port
from testing.child import WITHOUT


def test_the_page_is_followed(site: Path, tmp_path: Path):
    """The installation is this one; everything else is as for somebody new."""
    page = blocks((site / "tutorial.html").read_text())
    assert "pip install 'poolhouse[server]'" in page[0].text
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POOLHOUSE_", "AWS_", "PYTEST_"))}
    activated = {
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "POOLHOUSE_PORT": str(free_port()),
        "PYTEST_DEBUG_TEMPROOT": str(tmp_path),
        "PYTEST_ADDOPTS": " ".join(WITHOUT),
    }
    typed = follow(page[1:], tmp_path, kept | activated)
    assert (typed[0], typed[-1]) == ("poolhouse init hello --template admin-actions --yes", "pytest -q")


@pytest.mark.parametrize(
    ("shown", "output", "fitting"),
    [
        ("", "anything", True),
        ("a\n", "a\n\n", True),
        ("a ... c\n", "a b c", True),
        ("...\nlast\n", "first\nsecond\nlast", True),
        ("a\n", "b", False),
        ("a\n...\n", "b\nc", False),
        ("a.c", "abc", False),
    ],
)
def test_what_is_shown_is_compared(shown: str, output: str, fitting: bool):
    assert fits(shown, output) is fitting


def test_commands_and_their_output():
    block = Block("", "$ one\nsaid\n$ two\n")
    assert list(block.commands()) == [("one", "said\n"), ("two", "")]
