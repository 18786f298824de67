"""`poolhouse keys`: which keys there are, and a rotation that says what it does, asks, and is recorded."""

import json

import pytest
from cli.command import run, started


@pytest.fixture
def poolhouse(project, database):
    """Runs a command on an applied backend; with `status` one that ends otherwise."""
    with started("dev", "--project", str(project), "--port", "0", "--database", database, cwd=project) as server:
        server.says("is ready")
        assert server.end() == 0

    def call(*arguments, status=0):
        result = run(*arguments, "--project", str(project), "--database", database, cwd=project)
        assert result.returncode == status, result.stderr + result.stdout
        return result

    return call


def test_keys_are_listed_and_rotated(poolhouse):
    """A dry run and an unanswered question change nothing; then new keys sign and the old ones verify for a while."""
    before = json.loads(poolhouse("keys", "list", "--json").stdout)
    assert [(key["use"], key["signs"], key["until"]) for key in before] == [("access", True, None), ("id", True, None)]
    assert "nobody is signed out" in poolhouse("keys", "rotate", "--dry-run").stdout
    assert "--yes" in poolhouse("keys", "rotate", status=1).stderr
    assert json.loads(poolhouse("keys", "list", "--json").stdout) == before
    table = poolhouse("keys", "rotate", "--yes").stdout
    assert (table.count("signs"), table.count("verifies")) == (2, 2)
    after = json.loads(poolhouse("keys", "list", "--json").stdout)
    assert [key["kid"] for key in after if not key["signs"]] == [key["kid"] for key in before]
    assert all(key["until"] - key["created"] >= 25 * 3600 for key in after if not key["signs"])
    assert "KID" in poolhouse("keys", "list").stdout


def test_a_pool_that_is_not_there(poolhouse):
    for command in (("list",), ("rotate", "--yes"), ("rotate", "--dry-run")):
        assert "no user pool" in poolhouse("keys", *command, "--pool", "nobody", status=1).stderr
