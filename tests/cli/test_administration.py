"""`poolhouse users|groups|pools|clients` as a person uses them: in a project, on both databases."""

import json

import bcrypt
import pytest
from cli.command import run, started
from cli.terminal import terminal

PASSWORD = "Correct-Horse-9"
EMAIL = "ada@example.com"


@pytest.fixture
def poolhouse(applied):
    """Runs a command on an applied backend; with `ok` the output of one that has to work."""
    project, database = applied

    def call(*arguments, stdin=None, status=0):
        result = run(*arguments, "--project", str(project), "--database", database, cwd=project, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        assert PASSWORD not in result.stdout + result.stderr
        return result

    return call


def test_life_of_a_user(poolhouse):
    """Created, given a password from a pipe, put into a group, disabled, shown, deleted; a dry run changes nothing."""
    steps = [
        ("Would create", "create", EMAIL, "--dry-run"),
        ("Created user", "create", EMAIL, "--no-message", "-a", "name=Ada"),
        ("Would set", "set-password", EMAIL, "--dry-run"),
        ("Would add", "add-to-group", EMAIL, "ADMINS", "--dry-run"),
        ("Added user", "add-to-group", EMAIL, "ADMINS"),
        ("Would disable", "disable", EMAIL, "--dry-run"),
        ("Disabled", "disable", EMAIL),
        ("Signed out", "sign-out", EMAIL),
    ]
    for said, *arguments in steps:
        assert poolhouse("users", *arguments).stdout.startswith(said)
    assert "Set the password" in poolhouse("users", "set-password", EMAIL, "--permanent", stdin=f"{PASSWORD}\n").stdout
    user = json.loads(poolhouse("users", "show", EMAIL, "--json").stdout)
    assert (user["UserStatus"], user["Enabled"], user["Groups"]) == ("CONFIRMED", False, ["ADMINS"])
    assert EMAIL in poolhouse("groups", "members", "ADMINS").stdout
    assert "Enabled" in poolhouse("users", "enable", EMAIL).stdout
    assert "Removed user" in poolhouse("users", "remove-from-group", EMAIL, "ADMINS").stdout
    assert "confirm" in poolhouse("users", "delete", EMAIL, status=1).stderr
    assert "Deleted" in poolhouse("users", "delete", EMAIL, "--yes").stdout
    assert "UserNotFoundException" in poolhouse("users", "show", EMAIL, status=1).stderr
    for command in ("enable", "disable", "confirm", "reset-password", "sign-out"):
        assert "UserNotFoundException" in poolhouse("users", command, "nobody", status=1).stderr


def test_mistakes_are_told(poolhouse):
    """What is wrong, what to do, status 1, and 2 for wrong usage; nothing is made."""
    assert "should be an email" in poolhouse("users", "create", "ada", status=1).stderr
    assert "should be an email" in poolhouse("users", "create", "ada", "--dry-run", status=1).stderr
    assert "Choose one of" in poolhouse("users", "list", "--pool", "nope", status=1).stderr
    assert "not long enough" in wrong_password(poolhouse)
    poolhouse("users", "create", "x@example.com", "-a", "name", status=2)
    poolhouse("pools", "set", status=2)
    poolhouse("pools", "set", "--password-storage", "md5", status=2)
    poolhouse("groups", "create", "X", "--precedence", "-1", status=2)
    assert "GroupExistsException" in poolhouse("groups", "create", "ADMINS", status=1).stderr
    assert "already" in poolhouse("groups", "create", "ADMINS", "--dry-run", status=1).stderr
    assert "ResourceNotFoundException" in poolhouse("clients", "show", "nope", status=1).stderr
    assert "ResourceNotFoundException" in poolhouse("users", "import-report", "import-no", status=1).stderr
    assert [user["Username"] for user in json.loads(poolhouse("users", "list", "--json").stdout)["Users"]] == ["x"] * 0


def wrong_password(poolhouse) -> str:
    poolhouse("users", "create", EMAIL, "--no-message")
    refused = poolhouse("users", "set-password", EMAIL, stdin="short\n", status=1).stderr
    assert "empty" in poolhouse("users", "set-password", EMAIL, stdin="\n", status=1).stderr
    poolhouse("users", "delete", EMAIL, "-y")
    return refused


def test_groups_pools_and_clients(poolhouse):
    """Listed and shown, as text and as JSON; groups are made and deleted."""
    assert "Created group" in poolhouse("groups", "create", "EDITORS", "--precedence", "4").stdout
    assert "4" in poolhouse("groups", "show", "EDITORS").stdout
    names = [group["GroupName"] for group in json.loads(poolhouse("groups", "list", "--json").stdout)]
    assert names == ["ADMINS", "EDITORS"]
    assert "Deleted" in poolhouse("groups", "delete", "EDITORS", "--yes").stdout
    pool = json.loads(poolhouse("pools", "list", "--json").stdout)[0]
    assert json.loads(poolhouse("pools", "show", pool["Name"], "--json").stdout)["Id"] == pool["Id"]
    client = json.loads(poolhouse("clients", "list", "--json").stdout)[0]["ClientId"]
    assert "ALLOW_USER_SRP_AUTH" in poolhouse("clients", "show", client).stdout
    assert poolhouse("pools", "import-jobs").stdout.startswith("ID")


def test_password_storage(poolhouse):
    """Refused while a client names SRP; then it is changed with the client, and shown."""
    setting = ("pools", "set", "--password-storage", "argon2id")
    assert "ALLOW_USER_SRP_AUTH" in poolhouse(*setting, status=1).stderr
    assert "Would give" in poolhouse(*setting, "--change-clients", "--dry-run").stdout
    assert json.loads(poolhouse("pools", "show", "--json").stdout)["PasswordStorage"] == "srp"
    assert "Gave app client" in poolhouse(*setting, "--change-clients").stdout
    assert json.loads(poolhouse("pools", "show", "--json").stdout)["PasswordStorage"] == "argon2id"
    client = json.loads(poolhouse("clients", "list", "--json").stdout)[0]["ClientId"]
    flows = json.loads(poolhouse("clients", "show", client, "--json").stdout)["ExplicitAuthFlows"]
    assert ("ALLOW_USER_SRP_AUTH" in flows, "ALLOW_USER_PASSWORD_AUTH" in flows) == (False, True)
    assert "already" in poolhouse(*setting).stdout


def test_users_go_out_and_come_in(poolhouse, tmp_path):
    """Imported with a hash, exported with an explicit flag only, deleted, and back as they were."""
    out, report = tmp_path / "out.jsonl", tmp_path / "report.txt"
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    lines = [
        {"group": {"name": "EDITORS"}},
        {"username": EMAIL, "password_hash": hashed, "groups": ["EDITORS"], "attributes": {"name": "\x1b[31mA"}},
        {"username": "bob"},
    ]
    text = "\n".join(map(json.dumps, lines))
    assert "Would import 2, skipped 0, failed 1." in importing(poolhouse, text, "--dry-run", status=1)
    assert "Imported 2, skipped 0, failed 1." in importing(poolhouse, text, "--report", str(report), status=1)
    assert "[FAILED] Line Number 3 - Username should be an email." in report.read_text()
    assert json.loads(importing(poolhouse, text, "--json", status=1))["skipped"] == 2
    assert "\x1b" not in poolhouse("users", "show", EMAIL).stdout
    assert "not in the file" in poolhouse("users", "export", str(out)).stderr
    assert hashed not in out.read_text()
    assert "exists" in poolhouse("users", "export", str(out), "--include-password-hashes", status=1).stderr
    poolhouse("users", "export", str(out), "--include-password-hashes", "--overwrite")
    assert hashed in out.read_text()
    assert out.stat().st_mode & 0o777 == 0o600
    before = json.loads(poolhouse("users", "show", EMAIL, "--json").stdout)
    poolhouse("users", "delete", EMAIL, "-y")
    assert "Imported 1, skipped 2, failed 0." in poolhouse("users", "import", str(out)).stdout
    after = json.loads(poolhouse("users", "show", EMAIL, "--json").stdout)
    changed = {"UserLastModifiedDate": None}
    assert after | changed == before | changed
    poolhouse("users", "export", str(tmp_path / "out.csv"), "--include-password-hashes", status=2)
    assert (tmp_path / "out.csv").exists() is False


def importing(poolhouse, text, *arguments, status=0) -> str:
    return poolhouse("users", "import", "-", "--format", "jsonl", *arguments, stdin=text, status=status).stdout


def test_files_that_are_none(poolhouse, tmp_path):
    """A missing file, one of another kind, and a place that cannot be written."""
    table = tmp_path / "people.csv"
    table.write_text("who,what\n1,2\n")
    assert "'who'" in poolhouse("users", "import", str(table), status=1).stderr
    assert "No such file" in poolhouse("users", "import", str(tmp_path / "no.csv"), status=1).stderr
    poolhouse("users", "import", str(tmp_path / "no.txt"), status=2)
    assert "cannot be written" in poolhouse("users", "export", str(tmp_path / "no" / "x.csv"), status=1).stderr


def test_pages_of_users(poolhouse):
    """As many as asked for, the rest behind a token, all with 0, some with a filter."""
    lines = "\n".join(json.dumps({"username": f"u{number}@example.com"}) for number in range(65))
    importing(poolhouse, lines)
    first = json.loads(poolhouse("users", "list", "--limit", "63", "--json").stdout)
    rest = json.loads(poolhouse("users", "list", "--after", first["PaginationToken"], "--json").stdout)
    assert (len(first["Users"]), len(rest["Users"]), "PaginationToken" in rest) == (63, 2, False)
    assert len(json.loads(poolhouse("users", "list", "--limit", "0", "--json").stdout)["Users"]) == 65
    assert "--after" in poolhouse("users", "list").stderr
    found = poolhouse("users", "list", "--filter", 'email = "u7@example.com"').stdout
    assert len(found.splitlines()) == 2


def test_no_database(tmp_path):
    """A mistyped name makes no empty database."""
    result = run("users", "list", "--database", f"sqlite:///{tmp_path}/no.db", cwd=tmp_path)
    assert (result.returncode, "There is no database" in result.stderr) == (1, True)
    assert not (tmp_path / "no.db").exists()


def test_on_a_terminal(project):
    """The password is asked for twice and not shown; a deletion is asked about; an import shows its progress."""
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        server.says("is ready")
        assert server.end() == 0
    assert typed(project, ["users", "create", EMAIL, "--no-message"], []) == 0
    answers = [("Password", PASSWORD), ("epeat", PASSWORD)]
    assert typed(project, ["users", "set-password", EMAIL, "--permanent"], answers, hidden=PASSWORD) == 0
    people = project / "people.jsonl"
    people.write_text('{"username": "bob@example.com"}\n')
    assert typed(project, ["users", "import", str(people)], [("100%", "")]) == 0
    assert typed(project, ["users", "delete", EMAIL], [("for good", "n")]) == 1
    assert typed(project, ["users", "delete", EMAIL], [("for good", "y")]) == 0


def typed(project, arguments, answers, hidden="\0") -> int:
    """The status of a command whose prompts are answered on a terminal."""
    with terminal(*arguments, cwd=project) as screen:
        for prompt, answer in answers:
            screen.sees(prompt)
            if answer == hidden:
                screen.hides()
            screen.types(f"{answer}\n")
        status = screen.ends()
        assert hidden not in screen.read
        return status
