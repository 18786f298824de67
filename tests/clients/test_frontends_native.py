"""The files that `poolhouse init --frontend swift|android|flutter|python` writes.

Swift, Kotlin and Dart do not run here: what their files send is read out of them and sent, and the configuration that
they name is generated. The Python file runs.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cli.command import environment
from clients import generated
from clients.admin_queries_example import seed
from clients.development import Backend, User

from poolhouse.cli.starting import started
from poolhouse.client import sign_in

RICHARD = User("richard", "richard", seed.PASSWORD)
ALICE = User("alice", "alice", seed.PASSWORD)
FILES = {"swift": "swift", "android": "kt", "flutter": "dart"}
in_every_file = pytest.mark.parametrize("frontend", FILES)


def text_of(folder: Path, template: str, frontend: str) -> str:
    """The file that init writes for the platform."""
    started(folder, template, frontend).write()
    (path,) = (folder / "clients" / frontend).iterdir()
    assert path.suffix == f".{FILES[frontend]}"
    return path.read_text()


@pytest.fixture
def queries(sqlite_queries: Backend) -> Backend:
    seed.seed(sqlite_queries.root, sqlite_queries.pool_id)
    sqlite_queries.remove(RICHARD, "Editors")
    return sqlite_queries


def token(backend: Backend, user: User) -> dict[str, str]:
    return {"authorization": sign_in(backend.outputs, user.email, user.password).access_token}


@in_every_file
def test_the_mutation(sqlite_backend: Backend, tmp_path: Path, frontend: str) -> None:
    """The document of the file, with the variables that it gives, under the mode that the configuration says."""
    backend, text = sqlite_backend, text_of(tmp_path, "admin-actions", frontend)
    document = re.search(r"mutation [^{]*\{.*?\n *\}", text.replace("${'$'}", "$"), re.DOTALL)[0]
    given = re.findall(r"""["'](\w+)["'](?: to |: )\1\b""", text)
    assert given == ["userId", "groupName"]
    admin, member = backend.new_user("ADMINS"), backend.new_user()
    request = {"query": document, "variables": dict(zip(given, (member.sub, "ADMINS"), strict=True))}
    address = backend.outputs["data"]["url"]
    refused = httpx.post(address, json=request, headers=token(backend, member)).json()
    assert refused["errors"][0]["errorType"] == "Unauthorized"
    assert backend.groups_of(member) == []
    assert "errors" not in httpx.post(address, json=request, headers=token(backend, admin)).json()
    assert backend.groups_of(member) == ["ADMINS"]


@in_every_file
def test_the_admin_query(queries: Backend, tmp_path: Path, frontend: str) -> None:
    """The path, the API's name and the body of the file."""
    text = text_of(tmp_path, "admin-queries", frontend)
    path = re.search(r"""["'](/\w+)["']""", text)[1]
    (name,) = set(re.findall(r"""["'](AdminQueries)["']""", text))
    given = re.findall(r"""["'](\w+)["'](?: to |: )\1\b""", text)
    body = dict(zip(given, ("richard", "Editors"), strict=True))
    address = queries.outputs["custom"]["API"][name]["endpoint"] + path
    assert httpx.post(address, json=body, headers=token(queries, RICHARD)).status_code == 403
    assert queries.groups_of(RICHARD) == []
    assert httpx.post(address, json=body, headers=token(queries, ALICE)).status_code == 200
    assert queries.groups_of(RICHARD) == ["Editors"]


@in_every_file
@pytest.mark.parametrize("template", ["admin-actions", "admin-queries"])
def test_the_configuration(request: pytest.FixtureRequest, tmp_path: Path, template: str, frontend: str) -> None:
    """The format that the file names, with the names that it reads."""
    text = text_of(tmp_path, template, frontend)
    backend: Backend = request.getfixturevalue("sqlite_backend" if template == "admin-actions" else "sqlite_queries")
    wanted = re.search(r"--format (\S+)", text)[1]
    folder = generated.write(backend, wanted, base_url="https://10.0.2.2")
    if frontend == "flutter":
        constant = re.search(r"Amplify\.configure\((\w+)\)", text)[1]
        assert (folder / "amplify_outputs.dart").read_text().startswith(f"const {constant} = ")
        return
    document = json.loads((folder / "amplifyconfiguration.json").read_text())
    pool = document["auth"]["plugins"]["awsCognitoAuthPlugin"]["CognitoUserPool"]["Default"]
    assert (pool["PoolId"], pool["Endpoint"]) == (backend.pool_id, "10.0.2.2")
    apis = document["api"]["plugins"]["awsAPIPlugin"]
    kinds = {name: (api["endpointType"], api["authorizationType"]) for name, api in apis.items()}
    mode = "AMAZON_COGNITO_USER_POOLS"
    assert ("AdminQueries", ("REST", mode)) in kinds.items() or ("GraphQL", mode) in kinds.values()


@pytest.mark.parametrize("template", ["admin-actions", "admin-queries"])
def test_python(request: pytest.FixtureRequest, tmp_path: Path, template: str) -> None:
    """Refused for a member, done for an admin."""
    if template == "admin-actions":
        backend: Backend = request.getfixturevalue("sqlite_backend")
        admin, member, group = backend.new_user("ADMINS"), backend.new_user(), "ADMINS"
    else:
        backend, admin, member, group = request.getfixturevalue("queries"), ALICE, RICHARD, "Editors"
    started(tmp_path, template, "python").write()
    (tmp_path / "amplify_outputs.json").write_text(json.dumps(backend.outputs))

    def run_as(caller: User) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "add_to_group.py", caller.email, member.sub]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(), input=f"{caller.password}\n", capture_output=True, text=True,
            start_new_session=True, check=False,
        )  # fmt: skip

    refused = run_as(member)
    assert (refused.returncode, refused.stderr.rpartition("\n")[0].rpartition("\n")[2][:8]) == (1, "Refused:")
    assert backend.groups_of(member) == []
    assert run_as(admin).stdout == f"Added {member.sub} to {group}\n"
    assert backend.groups_of(member) == [group]
