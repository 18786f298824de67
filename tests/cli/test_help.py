"""What `--help` shows to somebody who never saw the command."""

import re
from typing import Any

import pytest
import typer.main
from cli.command import run

from poolhouse.cli.commands import app
from poolhouse.cli.headings import HEADINGS

ROOT: Any = typer.main.get_command(app)
GROUPS = sorted(name for name, command in ROOT.commands.items() if hasattr(command, "commands"))


def test_every_command_stands_under_one_heading():
    """A command that nobody lists would be found by nobody."""
    listed = [name for names in HEADINGS.values() for name in names]
    assert sorted(listed) == sorted(ROOT.commands)


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_sentences_are_whole(group, tmp_path):
    """On the narrow screen of a stranger, too; the headings stand in their order."""
    shown = run(*group.split(), "--help", cwd=tmp_path, given={"COLUMNS": "60"})
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "..." not in re.sub(r"COMMAND \[ARGS\]\.\.\.", "", shown.stdout)
    command = ROOT.commands[group] if group else ROOT
    assert all(re.search(rf"^  {name}  ", shown.stdout, re.MULTILINE) for name in command.commands)


def test_an_option_says_what_it_takes():
    """In a word of its own, not as a type of Python's."""
    for name in ("add", "update", "outputs", "generate"):
        inner = getattr(ROOT.commands[name], "commands", {"": ROOT.commands[name]})
        for command in inner.values():
            assert "list[" not in command.get_help(command.make_context(name, [], resilient_parsing=True))
