"""`poolhouse --version`, the manual page, and completion in three shells."""

import importlib.util
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from cli.command import COMMAND, environment, run

from poolhouse.cli.commands import app
from poolhouse.define import manifest
from poolhouse.store import migrations

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference.py"


@pytest.fixture(scope="module")
def page() -> str:
    spec = importlib.util.spec_from_file_location("reference_of_commands", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.manual()


def test_the_parts(tmp_path: Path):
    """Each name with its version, a line for each."""
    lines = run("--version", cwd=tmp_path).stdout.splitlines()
    told = dict(line.split(" ") for line in lines)
    assert list(told) == ["poolhouse", "Python", "SQLite", "OpenSSL", "boto3", "Manifest", "database-schema"]
    assert told["Python"] == sys.version.split(" ")[0]
    assert told["SQLite"] == sqlite3.sqlite_version
    assert (told["Manifest"], told["database-schema"]) == (str(manifest.VERSION), migrations.HEAD)
    assert all(re.match(r"\d", text) for text in told.values())


def test_every_command_is_in_the_manual(page: str):
    """With every option, and nothing that roff would take for a request."""
    sections = dict(part.split("\n", 1) for part in page.split(".SS ")[1:])
    plain = {name: text.replace("\\-", "-") for name, text in sections.items()}
    for path, command in commands(typer.main.get_command(app), "poolhouse"):
        text = plain[path.replace("-", "\\-")]
        for parameter in command.params:
            if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False):
                assert all(f"{flag}" in text for flag in parameter.opts), (path, parameter.opts)
    requests = {line.split(" ")[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".SS", ".TP", ".B"}


def commands(command, path: str):
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}")
    if not getattr(command, "commands", None):
        yield path, command


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "COMPREPLY"), ("zsh", "#compdef"), ("fish", "complete --command")]
)
def test_completion(tmp_path: Path, shell: str, words: str):
    """Typer's own: a script for each shell."""
    wanted = {"_POOLHOUSE_COMPLETE": f"source_{shell}"}
    done = subprocess.run(COMMAND, cwd=tmp_path, env=environment(wanted), capture_output=True, text=True, check=False)
    assert "poolhouse" in done.stdout
    assert words in done.stdout


def test_what_bash_completes(tmp_path: Path):
    asked = {"_POOLHOUSE_COMPLETE": "complete_bash", "COMP_WORDS": "poolhouse che", "COMP_CWORD": "1"}
    done = subprocess.run(COMMAND, cwd=tmp_path, env=environment(asked), capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["check"]
