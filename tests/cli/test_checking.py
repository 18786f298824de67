"""`poolhouse check`: what it reports, and its exit codes."""

from pathlib import Path

import pytest
from admin_queries.stage import FUNCTION, write_project
from cli.command import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def without(project: Path, first: str, then: str) -> None:
    """Removes a part of the routes' source."""
    actions = next(project.rglob("actions.py"))
    head, _, tail = actions.read_text().partition(first)
    actions.write_text(head + then + tail.partition(then)[2])


def test_nothing_to_report(project: Path) -> None:
    done = run("check", "--strict", cwd=project)
    assert (done.returncode, done.stdout) == (0, "Every grant is used.\n")


def test_a_route_was_removed(project: Path) -> None:
    """It is reported and nothing is changed; the exit code says so where that is asked for."""
    without(project, '@get("/listUsers")', '@get("/listGroups")')
    said = f"{FUNCTION} no longer uses cognito-idp:ListUsers\n"
    for options, code in ([], 0), (["--strict"], 1):
        done = run("check", *options, "--project", str(project), cwd=project)
        assert (done.returncode, done.stdout) == (code, said)
    assert 'cognito-idp:ListUsers"' in run("manifest", cwd=project).stdout


def test_source_that_cannot_be_read(project: Path) -> None:
    """The file and the line are named, also for a file beside the handler."""
    guard = next(project.rglob("guard.py"))
    guard.write_text("def broken(:\n")
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert "guard.py:1" in done.stderr
    assert "Traceback" not in done.stderr
