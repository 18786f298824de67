"""`poolhouse audit`: verified, listed and exported, on the screen and in pipes, on both databases."""

import asyncio
import json
import os
import pwd
import re
import socket

import pytest
from cli.command import run
from operations.audit.trail import attack

EMAIL = "ada@example.com"


@pytest.fixture
def poolhouse(applied):
    """Runs a command on a backend that a server has applied, and in which Ada was made and disabled."""
    project, database = applied

    def call(*arguments, status=0, stdin=None):
        result = run(*arguments, "--project", str(project), "--database", database, cwd=project, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        return result

    call("users", "create", EMAIL, "--no-message", "-a", "name=Ada")
    call("users", "disable", EMAIL)
    return call


def test_the_trail_of_a_project(poolhouse):
    """Listed with filters, exported as JSON Lines, verified; wrong usage is told."""
    listed = poolhouse("audit", "list").stdout.splitlines()
    assert re.split(r"\s{2,}", listed[0]) == ["ID", "WHEN", "KIND", "OPERATION", "WHO", "WHOM", "RESULT"]
    assert [line.split()[4] for line in listed[1:3]] == ["AdminDisableUser", "AdminCreateUser"]
    assert listed[1].endswith("ok")
    found = json.loads(poolhouse("audit", "list", "--operation", "AdminDisableUser", "--json").stdout)
    assert [(each["result"], each["body"]["way"], each["body"]["rule"]) for each in found] == [("ok", "cli", "root")]
    assert found[0]["body"]["typed_by"] == f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"
    assert json.loads(poolhouse("audit", "list", "--result", "AccessDeniedException", "--json").stdout) == []
    page = poolhouse("audit", "list", "--limit", "1")
    assert f"--before {json.loads(poolhouse('audit', 'list', '--limit', '1', '--json').stdout)[0]['id']}" in page.stderr
    assert poolhouse("audit", "list", "--since", "2100-01-01").stdout.count("\n") == 1
    exported = poolhouse("audit", "export")
    rows = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [row["operation"] for row in rows][-2:] == ["AdminCreateUser", "AdminDisableUser"]
    assert f"Exported {len(rows)} records." in exported.stderr
    assert poolhouse("audit", "export", "--until", "2000-01-01T00:00Z").stdout == ""
    assert "The audit trail holds" in poolhouse("audit", "verify").stdout
    assert json.loads(poolhouse("audit", "verify", "--json").stdout)["problem"] is None
    assert "2026-01-31" in poolhouse("audit", "list", "--since", "soon", status=2).stderr
    assert "PLACE:HASH" in poolhouse("audit", "verify", "--head", "1:x", status=2).stderr
    noted = f"999999:{'0' * 64}"
    assert "older state" in poolhouse("audit", "verify", "--head", noted, status=1).stderr


def test_what_no_operation_does(poolhouse):
    """Definitions, secrets and files of users: done with the database and the master key, and recorded all the same."""
    poolhouse("secret", "set", "API_KEY", stdin="a-hidden-value")
    poolhouse("secret", "get", "API_KEY")
    poolhouse("users", "export", "people.jsonl")
    poolhouse("users", "import", "people.jsonl")
    poolhouse("secret", "remove", "API_KEY")
    exported = poolhouse("audit", "export").stdout
    rows = {row["operation"]: row for row in map(json.loads, exported.splitlines())}
    named = ["PutSecretValue", "GetSecretValue", "DeleteSecret", "ExportUsers", "ImportUsers", "ApplyDefinitions"]
    assert set(named) <= set(rows)
    assert {rows[name]["subject"] for name in named[:3]} == {"API_KEY"}
    at = {name: rows[name]["body"].get("typed_by") for name in named}
    assert at == dict.fromkeys(named, at["ImportUsers"]) | {"ApplyDefinitions": None}
    assert at["ImportUsers"]
    assert any("group ADMINS" in change for change in rows["ApplyDefinitions"]["body"]["request"]["Changes"])
    assert "a-hidden-value" not in exported


def test_tampering_is_told(poolhouse, applied):
    """Exit code 1, the record, and what it means."""
    _, database = applied
    newest = "(SELECT max(id) FROM audit_events)"
    asyncio.run(attack(database, f"UPDATE audit_events SET result = 'x' WHERE id = {newest}"))
    told = poolhouse("audit", "verify", status=1)
    assert re.search(r"broken (at place \d+ )?\(record \d+\)\. .*does not say what was written", told.stderr)
    assert json.loads(poolhouse("audit", "verify", "--json", status=1).stdout)["problem"]["id"] > 0
