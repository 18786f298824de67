"""The packaged functions run from their zips alone, under AWS's runtime client, against a real user pool."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from deploy.lambda_image import invoke, make_image

from poolhouse.define.manifest import Function
from poolhouse.define.project import load
from poolhouse.deploy.starter import GROUPS_VARIABLE, HANDLER
from poolhouse.deploy.synthesis import Assembly, Environment, synthesise
from poolhouse.testing import Process

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    return make_image(tmp_path_factory.mktemp("image"))


def packed(name: str, folder: Path) -> Assembly:
    shutil.copytree(EXAMPLES / name / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    return synthesise(load(folder), Environment(app=name), folder)


@pytest.fixture(scope="module")
def actions(tmp_path_factory) -> tuple[Path, Assembly]:
    folder = tmp_path_factory.mktemp("actions")
    return folder, packed("admin-actions", folder)


@pytest.fixture(scope="module")
def server(actions, tmp_path_factory) -> Iterator[Process]:
    process = Process(actions[0], tmp_path_factory.mktemp("log") / "server.log", seed=None, secrets={})
    yield process
    process.stop()


@pytest.fixture
def environment(server) -> dict[str, str]:
    """The variables of the function's role and of its pool, which CloudFormation would give."""
    server.reset()
    for name in ("ada", "bob"):
        server.admin.admin_create_user(
            UserPoolId=server.facts["user_pool_id"], Username=f"{name}@example.com", MessageAction="SUPPRESS"
        )
    return {
        "AWS_ACCESS_KEY_ID": server.facts["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": server.facts["secret_access_key"],
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
        "AMPLIFY_AUTH_USERPOOL_ID": server.facts["user_pool_id"],
    }


def test_the_admin_action_runs_from_its_zip(actions, image, environment, server):
    """boto3 and the generated env module come from the zip; the user is in the group afterwards."""
    event = {"arguments": {"userId": "bob@example.com", "groupName": "ADMINS"}}
    kind, answer = invoke(actions[1].assets[0].path, image, HANDLER, event, environment)
    assert (kind, answer["ResponseMetadata"]["HTTPStatusCode"]) == ("response", 200)
    found = server.admin.list_users_in_group(UserPoolId=server.facts["user_pool_id"], GroupName="ADMINS")
    assert len(found["Users"]) == 1


@pytest.mark.parametrize("has_secrets", [False, True])
def test_a_narrowed_grant_is_kept_by_the_package(actions, image, environment, server, parameters, has_secrets):
    """IAM cannot see the group: boto3 refuses another one as the pool would, and the membership is not made.

    Reading secrets makes no session of boto3 that the handler would get, and that nothing watches.
    """
    pool = server.facts["user_pool_id"]
    server.admin.create_group(UserPoolId=pool, GroupName="EDITORS")
    told = environment | {GROUPS_VARIABLE: json.dumps({"AdminAddUserToGroup": ["EDITORS"]})}
    if has_secrets:
        parameters[1].update({f"/poolhouse/shop/dev/N{n}": f"secret {n}" for n in range(11)})
        told |= {name: value for name, value in secrets_of(parameters[0]).items() if "ACCESS_KEY" not in name}
    event = {"arguments": {"userId": "bob@example.com", "groupName": "ADMINS"}}
    kind, answer = invoke(actions[1].assets[0].path, image, HANDLER, event, told)
    assert (kind, answer["errorType"]) == ("error", "ClientError")
    assert "AccessDeniedException" in answer["errorMessage"]
    assert "EDITORS only, not ADMINS" in answer["errorMessage"]
    assert server.admin.list_users_in_group(UserPoolId=pool, GroupName="ADMINS")["Users"] == []
    event["arguments"]["groupName"] = "EDITORS"
    assert invoke(actions[1].assets[0].path, image, HANDLER, event, told)[0] == "response"
    assert len(server.admin.list_users_in_group(UserPoolId=pool, GroupName="EDITORS")["Users"]) == 1


def test_the_admin_queries_function_runs_from_its_zip(image, environment, server, tmp_path):
    """Its requirement, powertools, is in the zip; a stranger to the group is refused by the same code."""
    package = packed("admin-queries", tmp_path).assets[0].path
    told = {**environment, "USERPOOL": server.facts["user_pool_id"], "GROUP": "ADMINS", "ADMIN_QUERIES": "{}"}
    claims = {"cognito:groups": "ADMINS", "username": "ada", "sub": "1"}
    event = {"httpMethod": "GET", "path": "/listGroups", "requestContext": {"authorizer": {"claims": claims}}}
    kind, answer = invoke(package, image, HANDLER, event, told)
    assert (kind, answer["statusCode"]) == ("response", 200), answer
    assert [group["GroupName"] for group in json.loads(answer["body"])["Groups"]] == ["ADMINS"]
    claims["cognito:groups"] = "OTHERS"
    assert invoke(package, image, HANDLER, event, told)[1]["statusCode"] == 403


class _ParameterStore(BaseHTTPRequestHandler):
    """Answers GetParameters with what the test put into `known`."""

    known: dict[str, str]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AmazonSSM.GetParameters"
        assert request["WithDecryption"] is True
        assert len(request["Names"]) <= 10
        found = [{"Name": name, "Value": self.known[name]} for name in request["Names"] if name in self.known]
        body = json.dumps({"Parameters": found, "InvalidParameters": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The test's output is for the test."""


@pytest.fixture
def parameters() -> Iterator[tuple[str, dict[str, str]]]:
    known: dict[str, str] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Store", (_ParameterStore,), {"known": known}))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", known
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """A function that looks at its surroundings while it is imported: its sibling, shared code, its secrets."""
    from poolhouse.deploy.packaging import packaged

    project = tmp_path_factory.mktemp("project")
    folder = project / "amplify" / "jobs" / "one"
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(
        "import os\nfrom amplify.shared.words import GREETING\nfrom sibling import NAME\n"
        "from amplify_env.one import env\n"
        "SECRETS = [os.environ[f'S{n}'] for n in range(11)]\n"
        "def handler(event, context):\n    return [GREETING, NAME, env.S10, SECRETS]\n"
    )
    (folder / "sibling.py").write_text("NAME = 'sibling'\n")
    (project / "amplify" / "shared").mkdir()
    (project / "amplify" / "shared" / "words.py").write_text("GREETING = 'hello'\n")
    function = Function(name="one", entry="amplify/jobs/one/handler.py")
    return packaged(function, project, variables=[f"S{n}" for n in range(11)]).path


def secrets_of(url: str) -> dict[str, str]:
    names = {f"S{n}": f"/poolhouse/shop/dev/N{n}" for n in range(11)}
    return {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_ENDPOINT_URL_SSM": url,
        "POOLHOUSE_SECRETS": json.dumps(names),
    }


def test_secrets_are_there_before_the_handlers_module_is(package, image, parameters):
    """Eleven of them are read in two requests, since the Parameter Store takes ten names at once."""
    url, known = parameters
    known.update({f"/poolhouse/shop/dev/N{n}": f"secret {n}" for n in range(11)})
    answer = invoke(package, image, HANDLER, {}, secrets_of(url))
    assert answer == ("response", ["hello", "sibling", "secret 10", [f"secret {n}" for n in range(11)]])


def test_a_secret_that_is_not_set_is_named(package, image, parameters):
    kind, answer = invoke(package, image, HANDLER, {}, secrets_of(parameters[0]))
    assert kind == "error"
    assert "/poolhouse/shop/dev/N0 is not set" in answer["errorMessage"]
