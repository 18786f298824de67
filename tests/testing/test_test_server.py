"""`poolhouse test-server`: what it prints, whose environment it ignores, how it ends, and tests in JavaScript."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cli.command import COMMAND, environment, family, gone
from cli.command import run as command
from clients.development import MODULES
from clients.javascript import NODE
from testing.child import write_examples


@contextlib.contextmanager
def serving(
    project: Path, *arguments: str, given: dict[str, str] | None = None
) -> Iterator[tuple[dict, subprocess.Popen]]:
    """Its one line, and the process."""
    process = subprocess.Popen(
        [*COMMAND, "test-server", "--project", str(project), *arguments],
        env=environment(given),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line), process
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
        process.stderr.close()


def test_it_says_where_everything_is(project: Path) -> None:
    """One line, with what a client and an administrator need; the project's own files stay as they are."""
    with serving(project) as (facts, process):
        assert sorted(facts) == [
            "access_key_id", "identity_pool_id", "outputs", "region",
            "secret_access_key", "url", "user_pool_client_id", "user_pool_id",
        ]  # fmt: skip
        assert json.loads(Path(facts["outputs"]).read_text())["auth"]["user_pool_id"] == facts["user_pool_id"]
        assert httpx.get(f"{facts['url']}/health/ready").status_code == 200
        assert not (project / ".poolhouse").exists()
        assert not (project / "amplify_outputs.json").exists()
    assert process.returncode == 0
    assert not Path(facts["outputs"]).exists()


def test_it_ends_with_its_parent(project: Path) -> None:
    """Killed or not: the end of its input is enough, and no worker stays."""
    code = (
        "import json, os, signal, subprocess, sys\n"
        f"child = subprocess.Popen({[*COMMAND, 'test-server', '--project', str(project)]!r}, "
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    pid = int(ended.stdout)
    assert gone([pid, *family(pid)])


def test_without_a_parent_it_goes_on(project: Path) -> None:
    """Started in the background, where its input is nothing at all."""
    process = subprocess.Popen(
        [*COMMAND, "test-server", "--project", str(project)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    url = json.loads(process.stdout.readline())["url"]
    assert httpx.get(f"{url}/health/ready").status_code == 200
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_settings_of_the_environment_do_not_reach_it(project: Path, tmp_path: Path) -> None:
    """Neither the database nor the mail server that they name."""
    elsewhere = tmp_path / "precious.db"
    given = {
        "POOLHOUSE_DATABASE": f"sqlite:///{elsewhere}",
        "POOLHOUSE_SMTP_URL": "smtp://mail.example.com",
        "POOLHOUSE_REGION": "eu-west-1",
    }
    with serving(project, given=given) as (facts, _):
        assert facts["region"] == "us-east-1"
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--secret", "TOKEN"), "--secret TOKEN has no value"),
        (("--secret", "a b=c"), "no name for a secret"),
        (("--seed", "nothing.json"), "nothing.json cannot be read"),
    ],
)
def test_what_it_cannot_do_is_told(project: Path, arguments: tuple[str, ...], said: str) -> None:
    """And it serves nothing."""
    ended = command("test-server", *arguments, cwd=project)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert said in ended.stderr


def test_a_seed_that_the_pool_refuses_ends_it(project: Path) -> None:
    """With what is wrong and what to do, after the server itself had started."""
    (project / "seed.json").write_text('{"users": [{"username": "ada@example.com", "groups": ["ADMIN"]}]}')
    ended = command("test-server", "--seed", "seed.json", cwd=project)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "ada@example.com is to be in ADMIN, which is no group" in ended.stderr
    assert "ADMINS" in ended.stderr


def test_the_javascript_of_the_page_runs(project: Path) -> None:
    """node:test with aws-amplify and the AWS SDK, as printed."""
    (path,) = write_examples(project, "js")
    (project / "node_modules").symlink_to(MODULES)
    path_variable = f"{Path(COMMAND[0]).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [NODE, "--test", str(path)],
        cwd=project,
        env=environment({"PATH": path_variable}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "pass 2" in ended.stdout
