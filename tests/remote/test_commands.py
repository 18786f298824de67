"""`poolhouse users|groups|clients` on the database of a server in front of a pool at AWS: sent on, and on record."""

import base64
import json
import re

import pytest
from cli.command import run
from remote.world import OTHER_KEY, variables

PASSWORD = "Other-Horse-77"


@pytest.fixture
def front(fronts):
    """Nothing here depends on the database, and a command takes a second."""
    return fronts("sqlite", False)


@pytest.fixture
def poolhouse(front, far, tmp_path):
    """With the AWS configuration of whoever types; without a project, as the database is named."""
    given = {name: value for name, value in variables(far.running.url).items() if value is not None}
    given["POOLHOUSE_MASTER_KEY"] = base64.b64encode(OTHER_KEY).decode()

    def call(*arguments, stdin=None, status=0, **more):
        address = front.running.settings.database
        result = run(*arguments, "--database", address, cwd=tmp_path, given=given | more, stdin=stdin)
        assert result.returncode == status, result.stderr + result.stdout
        assert "Traceback" not in result.stderr
        assert PASSWORD not in result.stdout + result.stderr
        return result.stderr if status else result.stdout

    return call


def test_users(poolhouse, front, far):
    """Looked up and changed there; on record here before and after, as done at the command line."""
    user = far.person("EDITORS")
    assert user.email in poolhouse("users", "list", "--filter", f'email = "{user.email}"')
    shown = json.loads(poolhouse("users", "show", user.email, "--json"))
    assert (shown["Username"], shown["Groups"]) == (user.sub, ["EDITORS"])
    assert "Disabled" in poolhouse("users", "disable", user.sub)
    assert not far.admin("AdminGetUser", Username=user.sub)["Enabled"]
    became, sent = front.events(subject=user.sub, operation="AdminDisableUser")
    assert [event.result for event in (sent, became)] == ["sent", "ok"]
    assert became.body["way"] == "cli"


def test_pools(poolhouse, front, far):
    """The one at AWS is in the list without AWS being asked, and shown as AWS describes it."""
    nowhere = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:2"}
    _, line = poolhouse("pools", "list", **nowhere).splitlines()
    assert line.split() == [front.pool, "at", "AWS"]
    assert json.loads(poolhouse("pools", "list", "--json", **nowhere)) == [{"Id": front.pool, "AtAws": True}]
    shown = json.loads(poolhouse("pools", "show", "--json"))
    assert (shown["Id"], "PasswordStorage" in shown) == (front.pool, False)
    assert re.search(r"Passwords +at AWS", poolhouse("pools", "show"))


def test_an_own_pool_beside_it(poolhouse, front):
    """Which of the two is meant has to be said; the error names both with their ids."""
    own = front.running.signed("CreateUserPool", PoolName="beside").json()["UserPool"]["Id"]
    try:
        told = " ".join(poolhouse("users", "list", status=1).split())
        assert "There are several user pools." in told
        assert f"Say which with --pool ID: beside ({own}), at AWS ({front.pool})." in told
        listed = [line.split()[:2] for line in poolhouse("pools", "list").splitlines()[1:]]
        assert listed == [[own, "beside"], [front.pool, "at"]]
        assert poolhouse("users", "list", "--pool", own).count("\n") == 1
        assert "EDITORS" in poolhouse("groups", "list", "--pool", front.pool)
    finally:
        front.running.signed("DeleteUserPool", UserPoolId=own)


def test_new_ones(poolhouse, far):
    """A dry run asks AWS for the rules of the pool, and makes nothing."""
    email = far.person().email.replace("@", "-new@")
    assert "Would create" in poolhouse("users", "create", email, "--dry-run")
    assert "should be an email" in poolhouse("users", "create", "ada", "--dry-run", status=1)
    poolhouse("users", "create", email, "--no-message", "--temporary-password", stdin=f"{PASSWORD}\n")
    assert far.admin("AdminGetUser", Username=email)["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_groups_and_clients(poolhouse, front, far):
    user = far.person()
    assert "Did you mean 'EDITORS'?" in poolhouse("users", "add-to-group", user.sub, "EDITOR", status=1)
    assert "Added user" in poolhouse("users", "add-to-group", user.sub, "EDITORS")
    assert far.groups_of(user) == ["EDITORS"]
    assert front.running.client in poolhouse("clients", "show", front.running.client)


def test_what_is_not_for_it(poolhouse, front, far, tmp_path):
    """The command that does it at AWS is named; nothing is made."""
    (tmp_path / "users.csv").write_text("")
    told = poolhouse("users", "import", "users.csv", status=1)
    wanted = f"aws cognito-idp create-user-import-job --user-pool-id {front.pool} --region us-east-1"
    assert f"The user pool {front.pool} is at AWS" in told
    assert wanted in " ".join(told.split())
    told = poolhouse("users", "export", "out.csv", status=1)
    assert "aws cognito-idp list-users" in " ".join(told.split())
    assert not (tmp_path / "out.csv").exists()
    told = poolhouse("pools", "import-jobs", status=1)
    assert "aws cognito-idp list-user-import-jobs" in " ".join(told.split())


def test_trouble_on_the_way(poolhouse, far):
    """What happened, and what to do."""
    user = far.person()
    nowhere = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:2"}
    told = " ".join(poolhouse("users", "enable", user.sub, status=1, **nowhere).split())
    assert "AWS gave no answer to AdminGetUser." in told
    assert "Try again when AWS can be reached from here." in told
    key = far.function_key("add-user-to-group")
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    weak = dict(zip(names, (key.access_key, key.secret_key, key.token), strict=True))
    told = " ".join(poolhouse("groups", "list", status=1, **weak).split())
    assert "they lack the IAM permission cognito-idp:ListGroups" in told
    told = " ".join(poolhouse("groups", "list", status=1, POOLHOUSE_ACCOUNT_ID="111122223333").split())
    assert "POOLHOUSE_ACCOUNT_ID=000000000000" in told
