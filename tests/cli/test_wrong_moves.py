"""What somebody does wrong in the first hour, done for real: every answer says what happened, why, and what to do.

The cases of docs/troubleshooting.md, in its order. What is refused on the wire has AWS's own words there.
"""

import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import botocore.auth
import httpx
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from cli.command import environment, run, started
from clients.development import ROOT_KEY
from testing.conftest import copied

from poolhouse.client import OperationError, RequestRefused, confirm_reset_password, generate_client, reset_password
from poolhouse.testing import Backend

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text()


def told(folder: Path, *arguments: str, given: dict[str, str] | None = None) -> str:
    """The refusal on stderr: an exit status of 1, no traceback, what to do, and nothing on stdout."""
    done = run(*arguments, cwd=folder, given=given)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    assert "Traceback" not in done.stderr
    assert "Do this: " in done.stderr
    return done.stderr


@pytest.mark.parametrize("command", [("dev",), ("check",), ("users", "list"), ("push", "--yes")])
def test_no_project(tmp_path: Path, command: tuple[str, ...]):
    """Nothing is left behind in the folder."""
    said = told(tmp_path, *command)
    assert "there is no amplify/backend.py" in said.lower()
    assert "poolhouse init DIR begins one" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["amplify", "amplify/auth", "..", "src/deep"])
def test_wrong_folder(project: Path, place: str):
    """The project that is near is named."""
    folder = project / place
    folder.mkdir(parents=True, exist_ok=True)
    for command in (("dev",), ("users", "list")):
        assert f"There is a project in {project}: run the command there" in told(folder, *command)
    assert not (folder / ".poolhouse").exists()


def test_a_project_in_typescript(tmp_path: Path):
    (tmp_path / "amplify").mkdir()
    (tmp_path / "amplify" / "backend.ts").touch()
    assert "poolhouse adopt" in told(tmp_path, "dev")


def test_a_misspelt_group_in_the_definitions(project: Path):
    """File and line, and the group that was meant."""
    path = project / "amplify" / "data" / "resource.py"
    path.write_text(path.read_text().replace('allow.group("ADMINS")', 'allow.group("ADMIN")'))
    said = told(project, "dev", "--port", "0")
    assert "amplify/data/resource.py:9" in said
    assert "The rule names the group 'ADMIN'" in said
    assert "Did you mean 'ADMINS'?" in said


def test_a_misspelt_group_on_the_command_line(project: Path):
    run("push", "--yes", cwd=project)
    run("users", "create", "ada@example.com", "--no-message", cwd=project)
    for command in (("users", "add-to-group", "ada@example.com", "Admin"), ("groups", "members", "Admin")):
        said = told(project, *command)
        assert "Group not found." in said
        assert "Did you mean 'ADMINS'?" in said


def test_a_misspelt_user_on_the_command_line(project: Path):
    """By what users are named, and the command that finds them."""
    run("push", "--yes", cwd=project)
    for command in (
        ("users", "show", "adda"),
        ("users", "add-to-group", "adda", "ADMINS"),
        ("users", "delete", "adda", "--yes"),
    ):
        said = told(project, *command)
        assert "User does not exist." in said
        assert "poolhouse users list --filter" in said


def test_the_port_is_taken(project: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = told(project, "dev", "--port", str(taken.getsockname()[1]))
    assert "Address already in use" in said
    assert "--port" in said


def test_a_database_of_a_later_version(project: Path):
    """It is told and left as it is."""
    run("push", "--yes", cwd=project)
    with sqlite3.connect(project / ".poolhouse" / "dev.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for command in (("dev", "--port", "0"), ("users", "list")):
        said = told(project, *command)
        assert "another version of Poolhouse" in said
        assert "9999" in said


def test_a_database_of_an_earlier_version(tmp_path: Path):
    """It is brought up to date by whatever opens it first."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, text

    from poolhouse.store import migrations

    path = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    said = told(tmp_path, "users", "list", "--database", f"sqlite:///{path}")
    assert "The database has no user pool" in said
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == migrations.HEAD
    engine.dispose()


def test_a_file_that_is_no_database(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello")
    said = told(tmp_path, "users", "list", "--database", "sqlite:///notes.txt")
    assert "notes.txt cannot be used (file is not a database)" in said


@pytest.mark.parametrize(("package", "command"), [("watchfiles", "dev"), ("libcst", "add auth --yes")])
def test_a_missing_package(project: Path, package: str, command: str):
    """As after an installation without its extra."""
    arguments = ["poolhouse", *command.split()]
    code = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = {arguments}; from poolhouse.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    said = f"poolhouse {arguments[1]} needs the packages of 'poolhouse[server]', and {package!r} is not installed."
    assert said in done.stderr
    assert "pip install 'poolhouse[server]'" in done.stderr


def test_an_unknown_setting(project: Path):
    assert "POOLHOUSE_PROT is no setting" in told(project, "users", "list", given={"POOLHOUSE_PROT": "1"})


# From here on a server refuses, and its words are AWS's: the page says what they mean.


@pytest.fixture(scope="session")
def poolhouse_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("wrong"))


def explained(words: str) -> None:
    """The page quotes what is seen, so that a search for it leads there."""
    assert words in PAGE


def keys(backend: Backend) -> Credentials:
    facts = backend._process.facts
    return Credentials(facts["access_key_id"], facts["secret_access_key"])


def test_the_wrong_region(poolhouse_backend: Backend):
    """The pool's id says which one is right."""
    root, pool = keys(poolhouse_backend), poolhouse_backend.pool.id
    where = {"endpoint_url": poolhouse_backend.url, "region_name": "eu-west-1"}
    client = boto3.client(
        "cognito-idp", aws_access_key_id=root.access_key, aws_secret_access_key=root.secret_key, **where
    )
    with pytest.raises(ClientError, match=f"User pool {pool} does not exist"):
        client.list_users(UserPoolId=pool)
    client.close()
    assert pool.startswith("us-east-1_")
    explained("User pool us-east-1_... does not exist.")


def test_an_expired_code(poolhouse_backend: Backend):
    backend, ada = poolhouse_backend, poolhouse_backend.user("ada")
    reset_password(backend.outputs, ada.username)
    code = backend.inbox.code(ada)
    backend.clock.advance(hours=2)
    with pytest.raises(RequestRefused, match="Invalid code provided, please request a code again"):
        confirm_reset_password(backend.outputs, ada.username, code, "Another-Horse-7")
    reset_password(backend.outputs, ada.username)
    confirm_reset_password(backend.outputs, ada.username, backend.inbox.code(ada), "Another-Horse-7")
    assert backend.sign_in(ada, "Another-Horse-7").access_token
    explained("Invalid code provided, please request a code again.")


def test_a_call_without_auth_mode(poolhouse_backend: Backend):
    """An admin's passes under the default `iam` too; a guest's and a member's do not."""
    backend = poolhouse_backend
    admin, member = backend.user(groups=["ADMINS"]), backend.user()
    wanted = {"userId": member.sub, "groupName": "ADMINS"}
    for session in (None, backend.sign_in(member)):
        client = generate_client(backend.outputs, session=session)
        with pytest.raises(OperationError, match="Permission denied"):
            client.mutations.add_user_to_group(**wanted)
    nobody = backend.http.post("/graphql", json={"query": "mutation { addUserToGroup }"})
    assert (nobody.status_code, nobody.json()["errors"][0]["message"]) == (
        401,
        "Valid authorization header not provided.",
    )
    assert backend.pool.groups_of(member) == []
    backend.sign_in(admin).client.mutations.add_user_to_group(**wanted)
    assert backend.pool.groups_of(member) == ["ADMINS"]
    for words in ("Permission denied", "Valid authorization header not provided."):
        explained(words)


@pytest.mark.parametrize("path", ["/graphql", "/"])
def test_a_front_end_on_another_origin(poolhouse_backend: Backend, path: str):
    """No wrong move: every origin may ask, and is told about refusals too."""
    headers = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    asked = {"access-control-request-headers": "authorization,content-type,x-amz-target,x-amz-user-agent"}
    answer = poolhouse_backend.http.options(path, headers=headers | asked)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-amz-target" in answer.headers["access-control-allow-headers"]
    refused = poolhouse_backend.http.post(path, json={}, headers=headers)
    assert refused.status_code >= 400
    assert refused.headers["access-control-allow-origin"] == "*"
    explained("another origin")


class Elsewhen(botocore.auth.SigV4Auth):
    """Signs as on a machine whose clock is off by `hours`."""

    hours = 0

    def add_auth(self, request: AWSRequest) -> None:
        moment = datetime.now(UTC) + timedelta(hours=self.hours)
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


def test_a_clock_off_by_an_hour(project: Path):
    """Both times are in the answer of `poolhouse dev`."""
    target = "AWSCognitoIdentityProviderService.ListUserPools"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    with started("dev", "--port", "0", cwd=project) as server:
        url = server.says(r"Server +(http://\S+)")[1]
        for hours, words in (-1, "Signature expired"), (1, "Signature not yet current"), (0, ""):
            request = AWSRequest("POST", f"{url}/", headers, b'{"MaxResults":1}')
            signer = Elsewhen(Credentials(*ROOT_KEY), "cognito-idp", "us-east-1")
            signer.hours = hours
            signer.add_auth(request)
            answer = httpx.post(f"{url}/", content=request.body, headers=dict(request.headers.items()))
            assert answer.json().get("message", "").startswith(words)
            assert ("5 min" in answer.text) is bool(words)
            assert words in PAGE
