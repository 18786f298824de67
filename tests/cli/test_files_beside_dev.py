"""Clients' files that are written while `dev` runs name the server that runs, on whatever port that is."""

import json
import re

import pytest
from cli.command import run, started


def named(path) -> set[str]:
    return set(re.findall(r"http://[\w.]+:\d+", path.read_text()))


def test_the_server_that_runs_is_named(project):
    """By `push`, `pull` and `generate outputs`, unless they are told another address."""
    where = ("--project", str(project), "--out-dir", str(project / "out"))
    commands = (("push", "--yes"), ("pull",), ("generate", "outputs", "--format", "json"))
    written = project / "out" / "amplify_outputs.json"
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        url = server.says(r"Server +(\S+)")[1]
        for command in commands:
            assert run(*command, *where, cwd=project).returncode == 0
            assert named(written) == {url}
        assert run("pull", *where, "--port", "4999", cwd=project).returncode == 0
        assert named(written) == {"http://127.0.0.1:4999"}
        given = {"POOLHOUSE_PUBLIC_URL": "http://localhost:4998"}
        assert run("pull", *where, cwd=project, given=given).returncode == 0
        assert named(written) == {"http://localhost:4998"}
    assert run("pull", *where, cwd=project).returncode == 0
    assert named(written) == {"http://127.0.0.1:4500"}


def test_a_second_server_says_that_it_is_one(project):
    """Both serve; the files name the later one, and it says whose place it took."""
    dev = ("dev", "--project", str(project), "--port", "0")
    with started(*dev, cwd=project) as first:
        url = first.says(r"Server +(\S+)")[1]
        with started(*dev, cwd=project) as second:
            own = second.says(r"Server +(\S+)")[1]
            assert second.says(r"Another dev runs on this database, at (\S+)\. ")[1] == url
    data = json.loads((project / "amplify_outputs.json").read_text())["data"]
    assert data["url"] == f"{own}/graphql"


@pytest.mark.parametrize(
    ("arguments", "told", "do"),
    [
        (("--host", "203.0.113.9"), "Port 4500 on 203.0.113.9 cannot be used", "Name an address of this machine"),
        (("--database", "mysql://u:pw-Horse@x/y"), "POOLHOUSE_DATABASE must be sqlite:///FILE or", "Set the variables"),
    ],
)
def test_an_address_that_cannot_be_had(project, arguments, told, do):
    """What to do fits what is wrong; a password is not repeated."""
    result = run("dev", "--project", str(project), *arguments, cwd=project)
    assert result.returncode == 1
    assert told in result.stderr
    assert f"Do this: {do}" in result.stderr
    assert "Horse" not in result.stderr


def test_a_folder_with_a_space_can_be_typed(tmp_path):
    shown = run("init", "my shop", "--template", "empty", "--yes", cwd=tmp_path).stdout
    assert "  cd 'my shop'\n" in shown
