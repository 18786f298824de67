"""Users of a pool on one server, pulled into the pool of another by the real command through the published boto3."""

import base64
import contextlib
import dataclasses
import json
import signal
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from app.conftest import settings_for
from app.running import project as copied
from app.running import serving
from cli.command import MASTER_KEY, run, started, wait_for
from pycognito.aws_srp import AWSSRP

from poolhouse.crypto import totp

ROWS = 1100
PASSWORD, WRONG = "Correct-Horse-9", "Wrong-Horse-9"
HEADER = "cognito:username,cognito:mfa_enabled,email,email_verified,name\n"
ROLE = "arn:aws:iam::000000000000:role/logs"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTROOTTESTROOT", "AWS_SECRET_ACCESS_KEY": "test-root-secret-test-root-secret"}
GIVEN = {"POOLHOUSE_MASTER_KEY": MASTER_KEY, "AWS_EC2_METADATA_DISABLED": "true", **KEYS}


def fill(old) -> None:
    """ROWS users by an import job; of the first six, each is different."""
    client, pool = old.aws("cognito-idp"), {"UserPoolId": old.pool}
    job = client.create_user_import_job(**pool, JobName="many", CloudWatchLogsRoleArn=ROLE)["UserImportJob"]
    rows = (f"u{number}@example.com,false,u{number}@example.com,true,Üser {number}\n" for number in range(ROWS))
    httpx.put(job["PreSignedUrl"], content=(HEADER + "".join(rows)).encode()).raise_for_status()
    client.start_user_import_job(**pool, JobId=job["JobId"])
    shown = lambda: client.describe_user_import_job(**pool, JobId=job["JobId"])["UserImportJob"]["Status"]  # noqa: E731
    assert wait_for(lambda: shown() == "Succeeded", 120)
    for number in range(4):
        client.admin_set_user_password(**pool, Username=f"u{number}@example.com", Password=PASSWORD, Permanent=True)
    client.admin_set_user_password(**pool, Username="u4@example.com", Password=PASSWORD, Permanent=False)
    client.admin_disable_user(**pool, Username="u3@example.com")
    role = "arn:aws:iam::000000000000:role/editors"
    client.create_group(**pool, GroupName="EDITORS", Description="Who edits", Precedence=7, RoleArn=role)
    for number in range(130):
        client.admin_add_user_to_group(**pool, Username=f"u{number}@example.com", GroupName="EDITORS")
    client.admin_add_user_to_group(**pool, Username="u1@example.com", GroupName="ADMINS")


def state(server) -> list:
    """Everything of users, groups and memberships that a pull copies."""
    client, pool = server.aws("cognito-idp"), {"UserPoolId": server.pool}
    users = [user for page in client.get_paginator("list_users").paginate(**pool) for user in page["Users"]]
    groups = client.list_groups(**pool)["Groups"]
    kept = ("Username", "Attributes", "UserStatus", "Enabled")
    described = ("GroupName", "Description", "Precedence")
    members = {}
    for group in groups:
        pages = client.get_paginator("list_users_in_group").paginate(**pool, GroupName=group["GroupName"])
        members[group["GroupName"]] = sorted(user["Username"] for page in pages for user in page["Users"])
    people = sorted(
        [
            {name: user[name] for name in kept} | {"created": round(user["UserCreateDate"].timestamp())}
            for user in users
        ],
        key=lambda user: user["Username"],
    )
    for user in people:
        user["Attributes"] = sorted((entry["Name"], entry["Value"]) for entry in user["Attributes"])
    return [people, [{name: group.get(name) for name in described} for group in groups], members]


def arguments(old, new_database: str, *more: str) -> list[str]:
    return ["pull-users", "--from", old.pool, "--endpoint-url", old.url, "--database", new_database, *more]


def count(server) -> int:
    return server.aws("cognito-idp").describe_user_pool(UserPoolId=server.pool)["UserPool"]["EstimatedNumberOfUsers"]


def name_of(server, username: str) -> str:
    known = server.aws("cognito-idp").admin_get_user(UserPoolId=server.pool, Username=username)["UserAttributes"]
    return next(entry["Value"] for entry in known if entry["Name"] == "name")


def app_client(server) -> str:
    client = server.aws("cognito-idp")
    made = client.create_user_pool_client(UserPoolId=server.pool, ClientName="pull", ExplicitAuthFlows=FLOWS)
    return made["UserPoolClient"]["ClientId"]


def sign_in(server, client: str, name: str, password: str):
    parameters = {"USERNAME": name, "PASSWORD": password}
    return server.public("InitiateAuth", ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def by_srp(server, client: str, name: str, password: str) -> dict:
    """The published pycognito."""
    aws = server.aws("cognito-idp")
    return AWSSRP(
        username=name, password=password, pool_id=server.pool, client_id=client, client=aws
    ).authenticate_user()


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    folder = copied(tmp_path_factory.mktemp("old"))
    with serving(settings_for(f"sqlite:///{folder}/old.db"), folder) as running:
        fill(running)
        yield running


def with_trigger(folder, old, client: str) -> None:
    """What the command writes, and the line that it shows."""
    more = ("--project", str(folder), "--write-trigger", "--client-id", client)
    ran = run(*arguments(old, "unused", *more), cwd=folder, given=GIVEN)
    assert ran.returncode == 0, ran.stderr
    assert 'triggers={"user_migration": user_migration}' in ran.stdout
    resource = folder / "amplify/auth/resource.py"
    text = resource.read_text().replace("define_auth(", 'define_auth(triggers={"user_migration": user_migration},', 1)
    resource.write_text("from amplify.auth.user_migration.resource import user_migration\n" + text)


def ask_for_totp(old, name: str) -> None:
    """A second factor of one user of the old pool, whose first password is shown to it."""
    aws, client = old.aws("cognito-idp"), app_client(old)
    token = sign_in(old, client, name, PASSWORD).json()["AuthenticationResult"]["AccessToken"]
    factors = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    aws.set_user_pool_mfa_config(UserPoolId=old.pool, **factors)
    secret = aws.associate_software_token(AccessToken=token)["SecretCode"]
    aws.verify_software_token(AccessToken=token, UserCode=totp.code(base64.b32decode(secret), int(time.time()) // 30))
    wish = {"Enabled": True, "PreferredMfa": True}
    aws.admin_set_user_mfa_preference(UserPoolId=old.pool, Username=name, SoftwareTokenMfaSettings=wish)
    assert sign_in(old, client, name, PASSWORD).json()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


@pytest.fixture
def authenticator(old):
    """u2 has an authenticator at the old pool."""
    yield lambda: ask_for_totp(old, "u2@example.com")
    old.aws("cognito-idp").set_user_pool_mfa_config(UserPoolId=old.pool, MfaConfiguration="OFF")


class Between(BaseHTTPRequestHandler):
    """Passes requests on to `url`."""

    url, asked = "", 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).asked += 1
        refusal = self.refused()
        if refusal:
            return self._answer(400, refusal)
        answer = httpx.post(self.url, content=body, headers=dict(self.headers))
        return self._answer(answer.status_code, answer.content)

    def refused(self) -> bytes:
        raise NotImplementedError

    def _answer(self, status: int, body: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # of a client that was killed
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        return


class Throttling(Between):
    """The first two are told to come again."""

    def refused(self) -> bytes:
        return b'{"__type": "TooManyRequestsException", "message": "Too many requests"}' if self.asked <= 2 else b""


class Holding(Between):
    """Pages of users after the fifth wait for the end of the test."""

    ended, pages = threading.Event(), 0

    def refused(self) -> bytes:
        if self.headers["x-amz-target"].endswith(".ListUsers"):
            type(self).pages += 1
            if self.pages > 5 and self.ended.wait(120):
                return b"{}"
        return b""


@contextlib.contextmanager
def between(old, kind: type[Between]):
    """The address of a server of this kind in front of the old one."""
    kind.url, kind.asked = old.url, 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def throttled(old):
    with between(old, Throttling) as url:
        yield url


@pytest.fixture
def held(old):
    Holding.ended, Holding.pages = threading.Event(), 0
    with between(old, Holding) as url:
        yield url
        Holding.ended.set()


def pull_killed(old, new, asked, held, folder) -> dict:
    """A pull that is killed in the middle, and the counts of the one that goes on."""
    slow = [held if word == old.url else word for word in asked]
    with started(*slow, cwd=folder, given=GIVEN) as pulling:
        assert wait_for(lambda: count(new) >= 180, 60)
        assert pulling.end(signal.SIGKILL) == -signal.SIGKILL
    assert 180 <= count(new) < ROWS
    ran = run(*asked, "--json", cwd=folder, given=GIVEN)
    assert ran.returncode == 0, ran.stderr
    assert "Going on with the pull" in ran.stderr
    return json.loads(ran.stdout)["counts"]


def check_first_sign_ins(new) -> None:
    client = app_client(new)
    wrong = sign_in(new, client, "u0@example.com", WRONG)
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Incorrect username or password.")
    assert sign_in(new, client, "u0@example.com", PASSWORD).status_code == 200
    assert "AuthenticationResult" in by_srp(new, client, "u0@example.com", PASSWORD)
    assert sign_in(new, client, "u2@example.com", PASSWORD).status_code == 200
    assert sign_in(new, client, "u3@example.com", PASSWORD).json()["message"] == "User is disabled."
    assert sign_in(new, client, "u4@example.com", PASSWORD).json()["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    guesses = [sign_in(new, client, "u1@example.com", f"{WRONG}{n}").json()["message"] for n in range(6)]
    assert guesses == ["Incorrect username or password."] * 5 + ["Password attempts exceeded"]


def test_kill_resume_and_first_sign_in(old, held, project, database, authenticator):
    """Killed in the middle it goes on; the state is equal; old passwords work once shown, by SRP from then on; a
    second pull changes what changed and nobody who has arrived.
    """
    with_trigger(project, old, app_client(old))
    with serving(dataclasses.replace(settings_for(database), max_workers=2), project) as new:
        asked = [*arguments(old, database, "--pool", new.pool), "--project", str(project)]
        counts = pull_killed(old, new, asked, held, project)
        assert (counts["added"], counts["memberships_added"], counts["roles_left_out"]) == (ROWS, 131, 2)
        assert state(new) == state(old)
        authenticator()
        check_first_sign_ins(new)
        old.aws("cognito-idp").set_user_pool_mfa_config(UserPoolId=old.pool, MfaConfiguration="OFF")
        before = name_of(old, "u0@example.com")
        again = [{"Name": "name", "Value": database[-200:]}]
        for name in ("u0@example.com", "u5@example.com"):
            old.aws("cognito-idp").admin_update_user_attributes(
                UserPoolId=old.pool, Username=name, UserAttributes=again
            )
        ran = run(*asked, cwd=project, given=GIVEN)
        assert f"Pulled users: 0 added, 1 updated, {ROWS - 4:,} unchanged, 3 arrived, 0 failed." in ran.stdout
        assert name_of(new, "u0@example.com") == before != database[-200:]


def test_throttling_and_a_dry_run(old, throttled, project, tmp_path):
    """Too many requests are asked again; a dry run says what would happen and leaves nothing."""
    database = f"sqlite:///{tmp_path}/new.db"
    with serving(settings_for(database), project) as new:
        where = ["--pool", new.pool, "--endpoint-url", throttled, "--dry-run", "--json"]
        ran = run(*arguments(old, database, *where), cwd=project, given=GIVEN)
        assert ran.returncode == 0, ran.stderr
        counts = json.loads(ran.stdout)["counts"]
        assert (counts["added"], counts["groups_added"], counts["memberships_added"]) == (ROWS, 1, 131)
        assert count(new) == 0


@pytest.fixture
def other(old):
    """An empty pool on the old server that differs from the example's."""

    def other(**members) -> str:
        return old.aws("cognito-idp").create_user_pool(PoolName="other", **members)["UserPool"]["Id"]

    return other


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, "The old pool signs in by username, this one by email"),
        (
            {"UsernameAttributes": ["email"], "Schema": [{"Name": "rank", "AttributeDataType": "String"}]},
            "This pool has no custom:rank.",
        ),
    ],
)
def test_pools_that_do_not_fit(old, other, members, told, project, tmp_path):
    """Refused before anything is read; an attribute may be left behind."""
    database, pool = f"sqlite:///{tmp_path}/new.db", other(**members)
    with serving(settings_for(database), project) as new:
        asked = ["pull-users", "--from", pool, "--endpoint-url", old.url, "--database", database, "--pool", new.pool]
        ran = run(*asked, cwd=project, given=GIVEN)
        assert (ran.returncode, told in ran.stderr) == (1, True), ran.stderr
        ran = run(*asked, "--without", "custom:rank", cwd=project, given=GIVEN)
        assert ran.returncode == (0 if members else 1), ran.stderr


def test_a_page_that_is_forgotten(old, other, project, tmp_path):
    """The list is read from its start; the pull is in the audit trail."""
    database, pool = tmp_path / "new.db", other(UsernameAttributes=["email"])
    with serving(settings_for(f"sqlite:///{database}"), project) as new:
        journal = {"run": "x", "started": 1, "newest": 0, "token": "forgotten", "counts": {"added": 60}}
        with contextlib.closing(sqlite3.connect(database)) as opened, opened:
            fact = (f"pull:{new.pool}:{pool}", json.dumps(journal).encode())
            opened.execute("INSERT INTO facts (name, value) VALUES (?, ?)", fact)
        asked = ["pull-users", "--from", pool, "--endpoint-url", old.url, "--database", f"sqlite:///{database}"]
        ran = run(*asked, "--pool", new.pool, cwd=project, given=GIVEN)
        assert (ran.returncode, "reading it from its start" in ran.stderr) == (0, True), ran.stderr
        with contextlib.closing(sqlite3.connect(database)) as opened:
            rows = opened.execute("SELECT operation, subject FROM audit_events WHERE operation = 'PullUsers'")
            assert rows.fetchall() == [("PullUsers", pool)]


WRONG_USE = [
    (["--write-trigger"], "Add --client-id"),
    (["--client-id", "x"], "belong to --write-trigger"),
    (["--from", "nonsense"], "no id of a user pool"),
    (["--profile", "nobody"], "profile"),
    (["--from", "us-east-1_AbCdEfGhI"], "User pool us-east-1_AbCdEfGhI does not exist."),
]


def test_wrong_use(old, project, tmp_path):
    """One sentence each, and nothing in the pool."""
    database = f"sqlite:///{tmp_path}/new.db"
    with serving(settings_for(database), project) as new:
        for more, told in WRONG_USE:
            ran = run(*arguments(old, database, "--pool", new.pool, *more), cwd=project, given=GIVEN)
            assert (ran.returncode, told in ran.stderr) == (1, True), ran.stderr
        assert count(new) == 0


def test_a_trigger_that_is_there(old, project):
    """It may have been edited, so it is not written over."""
    asked = arguments(
        old, "unused", "--project", str(project), "--write-trigger", "--client-id", "x", "--client-secret"
    )
    assert "poolhouse secret set OLD_POOL_CLIENT_SECRET" in run(*asked, cwd=project, given=GIVEN).stdout
    handler = project / "amplify/auth/user_migration/handler.py"
    handler.write_text("# mine")
    ran = run(*asked, cwd=project, given=GIVEN)
    assert (ran.returncode, "There is amplify/auth/user_migration" in ran.stderr) == (1, True)
    assert handler.read_text() == "# mine"
