"""`poolhouse groups add-members` and `remove-members` as a person uses them: in a project, on both databases."""

import json

import pytest
from cli.command import run

PEOPLE = [f"user{number}@example.com" for number in range(3)]


@pytest.fixture
def poolhouse(applied):
    """Runs a command on an applied backend with three users; `status` is how it has to end."""
    project, database = applied

    def call(*arguments, stdin=None, status=0):
        result = run(*arguments, "--project", str(project), "--database", database, cwd=project, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        return result

    lines = [json.dumps({"username": name, "attributes": {"email_verified": "true"}}) for name in PEOPLE]
    call("users", "import", "-", "--format", "jsonl", stdin="\n".join(lines))
    return call


def test_a_file_of_members_comes_and_goes(poolhouse, tmp_path):
    """Tried out, carried out, repeated and taken back; every line is told, and each change is on record."""
    names, report = tmp_path / "names.txt", tmp_path / "report.txt"
    names.write_text("\n".join([*PEOPLE[:2], "nobody@example.com"]))
    add = ("groups", "add-members", "ADMINS", str(names))
    tried = poolhouse(*add, "--dry-run", status=1)
    assert tried.stdout == "Would add 2 to group ADMINS, skipped 0, failed 1.\n"
    assert "line 3: User does not exist." in tried.stderr
    assert members(poolhouse) == 0
    done = poolhouse(*add, "--report", str(report), status=1)
    assert done.stdout == "Added 2 to group ADMINS, skipped 0, failed 1.\n"
    assert [line.split("]")[0] for line in report.read_text().splitlines()] == ["[SUCCEEDED", "[SUCCEEDED", "[FAILED"]
    assert members(poolhouse) == 2
    again = json.loads(poolhouse(*add, "--json", status=1).stdout)
    assert (again["added"], again["skipped"], again["failed"]) == (0, 2, 1)
    assert again["failures"][0]["line"] == 3
    records = poolhouse("audit", "list", "--operation", "AdminAddUserToGroup", "--json", status=0).stdout
    assert records.count('"AdminAddUserToGroup"') >= 2
    removed = poolhouse("groups", "remove-members", "ADMINS", "-", stdin=PEOPLE[0])
    assert removed.stdout == "Removed 1 from group ADMINS, skipped 0, failed 0.\n"
    assert members(poolhouse) == 1


def members(poolhouse) -> int:
    return len(json.loads(poolhouse("groups", "members", "ADMINS", "--json").stdout))


def test_mistakes_are_told(poolhouse, tmp_path):
    """A group, a file and a column that are not there: what to do, status 1, and nothing on record."""
    table = tmp_path / "people.csv"
    table.write_text(f"email\n{PEOPLE[0]}\n")
    assert "no column" in poolhouse("groups", "add-members", "ADMINS", str(table), status=1).stderr
    assert "No such file" in poolhouse("groups", "add-members", "ADMINS", "no.txt", status=1).stderr
    unknown = poolhouse("groups", "add-members", "ADMIN", "-", stdin=PEOPLE[0], status=1).stderr
    assert "Group not found" in unknown
    assert "ADMINS" in unknown
    poolhouse("groups", "add-members", "ADMINS", str(table), "--format", "xml", status=2)
    assert members(poolhouse) == 0
