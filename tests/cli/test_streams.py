"""Where output goes: terminals that cannot show everything, pipes that close, files that cannot be written."""

import json
import subprocess

import pytest
from cli.command import COMMAND, environment, run, started

NAME = "Zoë \x9b31m 王"
EMAIL = "zoe@example.com"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with an applied backend and a user with an awkward name."""
    from app.running import project as copied

    folder = copied(tmp_path_factory.mktemp("streams") / "project")
    with started("dev", "--project", str(folder), "--port", "0", cwd=folder) as server:
        server.says("is ready")
        assert server.end() == 0
    assert run("users", "create", EMAIL, "--no-message", "-a", f"name={NAME}", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_terminal(place, encoding):
    """Text that it cannot show is escaped; JSON stays JSON, with nothing in it that steers a terminal."""
    given = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for command in (["users", "list"], ["users", "show", EMAIL]):
        plain = run(*command, cwd=place, given=given)
        assert (plain.returncode, plain.stderr) == (0, "")
        assert "\x9b" not in plain.stdout
        shown = run(*command, "--json", cwd=place, given=given)
        assert shown.returncode == 0
        assert shown.stdout.isascii()
        json.loads(shown.stdout)
    user = json.loads(run("users", "show", EMAIL, "--json", cwd=place, given=given).stdout)
    assert {"Name": "name", "Value": NAME} in user["UserAttributes"]


def test_a_secret_comes_out_as_it_went_in(place):
    """Whatever the terminal can show."""
    given = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert run("secret", "set", "key", cwd=place, stdin="schlüssel\n").returncode == 0
    found = run("secret", "get", "key", cwd=place, given=given)
    assert (found.returncode, found.stdout) == (0, "schlüssel\n")


@pytest.mark.parametrize(
    "command", ["users list --json", "users export - --format jsonl", "users export - --format csv", "manifest"]
)
def test_a_pipe_that_closes(place, command):
    """Nobody reads: the command ends and says nothing of its insides."""
    line = f"exec {COMMAND[0]} {command} >&3"
    shell = ["bash", "-c", f"exec 3> >(exit 0); sleep 0.3; {line}"]
    ended = subprocess.run(shell, cwd=place, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.parametrize("command", ["users list", "users show zoe@example.com --json", "--help"])
def test_a_full_disk_behind_the_output(place, command):
    """What was not written is told, and the status says so; no lines of ours."""
    ended = subprocess.run(
        ["bash", "-c", f"exec {COMMAND[0]} {command} >/dev/full"],
        cwd=place,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "The output cannot be written (No space left on device)." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_files_that_cannot_be_written(place, tmp_path):
    """A mistake of the caller's is told as one."""
    missing = str(tmp_path / "missing" / "file.csv")
    source = tmp_path / "users.csv"
    source.write_text("cognito:username,cognito:mfa_enabled\n")
    for command in (["export", missing], ["import", str(source), "--report", missing]):
        ended = run("users", *command, cwd=place)
        assert (ended.returncode, "cannot be written" in ended.stderr) == (1, True), ended.stderr
        assert "Traceback" not in ended.stderr
