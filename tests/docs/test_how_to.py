"""How-to pages whose files and tests run as they are printed."""

import re
import shlex
from pathlib import Path

import pytest
from cli.command import run
from testing.child import pytest_in
from typer.main import get_command

from poolhouse.cli.commands import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE = re.compile(r"^```python\n# (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = ["postgresql.md", "upgrading.md", "security-model.md", "triggers.md", "troubleshooting.md"]


def test_triggers(tmp_path: Path):
    """The page's files in the project that it names."""
    text = (DOCS / "triggers.md").read_text()
    template = re.search(r"`poolhouse (init --template \S+)`", text)[1]
    assert run(*shlex.split(template), "--yes", cwd=tmp_path).returncode == 0
    for name, content in FILE.findall(text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    ended = pytest_in(tmp_path, "-q")
    assert (ended.code, ended.counts()) == (0, {"passed": 4}), ended.text


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str):
    """Every command that a page names, with its options."""
    root = get_command(app)
    for line in re.findall(r"(?:^|`)poolhouse ([a-z][^`\n]*)", (DOCS / page).read_text(), re.MULTILINE):
        words, command = line.split(), root
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert command is not root, line
        known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known, line
