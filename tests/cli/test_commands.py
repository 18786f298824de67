"""The commands that end by themselves."""

import base64
import json
import time

import pytest
from cli.command import run, started


def test_help_and_version(tmp_path):
    """Help names the commands, version the version; both say nothing on standard error."""
    result = run("--help", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert all(name in result.stdout for name in ("dev", "serve", "generate", "manifest", "secret"))
    assert run("--version", cwd=tmp_path).stdout.startswith("poolhouse ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["dev", "--port", "x"],
        ["dev", "--port", "70000"],
        ["serve", "--workers", "0"],
        ["dev", "--no-such-option"],
    ],
)
def test_wrong_usage_is_status_2(tmp_path, arguments):
    """A wrong command line is told and does nothing."""
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_is_json(project):
    """`manifest` prints what the definitions make, twice the same."""
    first, second = (run("manifest", "--project", str(project), cwd=project).stdout for _ in range(2))
    assert first == second
    assert [function["name"] for function in json.loads(first)["functions"]] == ["add-user-to-group"]


def test_a_master_key_is_thirty_two_random_bytes(tmp_path):
    """Two keys differ and each is 32 bytes in base64."""
    keys = [run("generate", "master-key", cwd=tmp_path).stdout.strip() for _ in range(2)]
    assert keys[0] != keys[1]
    assert [len(base64.b64decode(key)) for key in keys] == [32, 32]


def test_outputs_before_any_start_are_refused(project):
    """What was never applied has no ids to write."""
    result = run("generate", "outputs", "--project", str(project), "--out-dir", str(project / "out"), cwd=project)
    assert result.returncode == 1
    assert "never applied" in result.stderr
    assert not (project / "out").exists()


def test_outputs_twice_are_the_same_bytes(project):
    """C12: generating twice gives identical files, in another folder as well."""
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        server.says("is ready")
        assert server.end() == 0
    contents = []
    for folder in ("one", "two", "two"):
        result = run("generate", "outputs", "--project", str(project), "--out-dir", str(project / folder), cwd=project)
        assert result.returncode == 0, result.stderr
        names = sorted(path.name for path in (project / folder).iterdir())
        assert "amplify_outputs.json" in names
        contents.append([(project / folder / name).read_bytes() for name in names])
    assert contents[0] == contents[1] == contents[2]


def test_a_secret_through_its_life(project, database):
    """Set from a pipe, listed, read, replaced by a new version, removed."""

    def secret(*arguments, stdin=None):
        return run("secret", *arguments, "--project", str(project), "--database", database, cwd=project, stdin=stdin)

    assert "version 1" in secret("set", "API_TOKEN", stdin="first\n").stdout
    assert "version 2" in secret("set", "API_TOKEN", stdin="second line 1\nline 2\n").stdout
    assert secret("list").stdout == "API_TOKEN\n"
    assert secret("get", "API_TOKEN").stdout == "second line 1\nline 2\n"
    assert secret("remove", "API_TOKEN").returncode == 0
    assert secret("list").stdout == ""
    for missing in (secret("get", "API_TOKEN"), secret("remove", "API_TOKEN")):
        assert missing.returncode == 1
        assert "no secret API_TOKEN" in missing.stderr


@pytest.mark.parametrize("name", ["A/B", "", "a b", "x" * 129, "Ä", "a\nb", "$HOME"])
def test_the_name_rule_of_secrets(project, name):
    """C15: `secret set A/B` and other odd names are refused, and nothing is stored."""
    result = run("secret", "set", "--project", str(project), "--", name, cwd=project, stdin="x")
    assert result.returncode == 1
    assert "InvalidSecretNameError" in result.stderr
    assert not (project / ".poolhouse").exists()


def test_an_empty_secret_is_refused(project):
    """Nothing is no value."""
    result = run("secret", "set", "A", "--project", str(project), cwd=project, stdin="\n")
    assert result.returncode == 1
    assert "empty" in result.stderr


def test_a_secret_under_a_foreign_master_key_is_refused(project):
    """What the server could not read is not written."""
    assert run("secret", "set", "A", "--project", str(project), cwd=project, stdin="x").returncode == 0
    (project / ".poolhouse" / "master.key").unlink()
    result = run("secret", "set", "A", "--project", str(project), cwd=project, stdin="y")
    assert result.returncode == 1
    assert "master key is not the one" in result.stderr


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_had(project, url):
    """A wrong or unreachable address is told without a traceback, and without the password in it."""
    result = run("secret", "list", "--project", str(project), "--database", url, cwd=project)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


def test_an_unknown_setting_is_told(project):
    """A misspelt variable is no silent default."""
    result = run("secret", "list", "--project", str(project), cwd=project, given={"POOLHOUSE_REGOIN": "x"})
    assert result.returncode == 1
    assert "POOLHOUSE_REGOIN is no setting" in result.stderr


def test_help_is_quick(tmp_path):
    """Help needs neither the server nor a database: well under a second even on a busy machine."""
    began = time.monotonic()
    assert run("--help", cwd=tmp_path).returncode == 0
    assert time.monotonic() - began < 5
