"""Admin Queries of a pool that delegates: the packaged function answers as the local REST API does."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from acceptance.conftest import SETTINGS
from acceptance.world import Person as Account
from acceptance.world import World
from app.running import serving
from deploy.lambda_image import make_image, started

from poolhouse.crypto.tokens import claims_unverified
from poolhouse.define.project import load
from poolhouse.deploy.starter import HANDLER
from poolhouse.deploy.synthesis import Environment, synthesise

pytestmark = pytest.mark.xdist_group("delegation")

EXAMPLE = Path(__file__).parents[2] / "examples" / "admin-queries"
AUTH = """
from poolhouse import define_auth

auth = define_auth(
    login_with={"email": True, "preferred_username": True},
    groups=["Owners", "Admins", "Editors"],
    delegation=lambda allow: [
        allow.group("Admins").to(["getUser", "disableUser", "enableUser", "listUsers", "listGroups"]),
        allow.group("Admins").to(["addUserToGroup", "removeUserFromGroup"], assigns=["Editors"]),
        allow.group("Admins").to(["listGroupsForUser", "userGlobalSignOut"], members_of=["Editors"]),
        allow.protect(["Admins"]),
    ],
)
"""


class Stage(NamedTuple):
    """The local server, and the function of the zip; `ask` is one event and its answer."""

    world: World
    ask: Any

    def user(self, name: str, *groups: str) -> str:
        """Somebody with a chosen user name; the sub."""
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}, {"Name": "email_verified", "Value": "true"}]
        made = self.world.admin("AdminCreateUser", Username=name, UserAttributes=attributes, MessageAction="SUPPRESS")
        password = "Correct-Horse-9"
        self.world.admin("AdminSetUserPassword", Username=name, Password=password, Permanent=True)
        for group in groups:
            self.world.admin("AdminAddUserToGroup", Username=name, GroupName=group)
        return next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")

    def local(self, who: Account, method: str, path: str, body: dict[str, str] | None, query: dict[str, str]) -> Any:
        told = self.world.running.http.request(method, f"/dev{path}", json=body, params=query, headers=who.token)
        return told.status_code, told.json()

    def packed(self, who: Account, method: str, path: str, body: dict[str, str] | None, query: dict[str, str]) -> Any:
        claims = dict(claims_unverified(who.session.access_token))
        if groups := claims.get("cognito:groups"):
            claims["cognito:groups"] = ",".join(groups)
        event = {
            "httpMethod": method,
            "path": path,
            "body": None if body is None else json.dumps(body),
            "queryStringParameters": query or None,
            "requestContext": {"authorizer": {"claims": claims}},
        }
        kind, answer = self.ask(event)
        assert kind == "response", answer
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("admin-queries")
    shutil.copytree(EXAMPLE / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "amplify" / "auth" / "resource.py").write_text(AUTH)
    assembly = synthesise(load(folder), Environment(app="delegated"), folder)
    (function,) = [one for one in assembly.template["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
    told = {k: v for k, v in function["Properties"]["Environment"]["Variables"].items() if isinstance(v, str)}
    settings = dataclasses.replace(SETTINGS, database=f"sqlite:///{folder}/test.db")
    with serving(settings, folder) as running:
        variables = told | {
            "USERPOOL": running.pool or "",
            "AWS_ACCESS_KEY_ID": running.root.access_key,
            "AWS_SECRET_ACCESS_KEY": running.root.secret_key,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": running.url,
        }
        image = make_image(tmp_path_factory.mktemp("image"))
        with started(assembly.assets[0].path, image, HANDLER, variables) as ask:
            yield Stage(World(running), ask)


def test_the_same_answers(stage):
    """User names are chosen here, so that name and sub differ; refusals are told in the words of the rules."""
    admin = Account(stage.world, "ada@example.com", stage.user("ada", "Admins"))
    for name, *groups in (("olga", "Owners"), ("edi", "Editors"), ("nob",)):
        stage.user(name, *groups)
    expected = {}
    for method, path, body, query in (
        ("POST", "/addUserToGroup", {"username": "nob", "groupname": "Editors"}, {}),
        ("POST", "/addUserToGroup", {"username": "nob", "groupname": "Admins"}, {}),
        ("POST", "/addUserToGroup", {"username": "nob", "groupname": "Owners"}, {}),
        ("POST", "/removeUserFromGroup", {"username": "ada", "groupname": "Admins"}, {}),
        ("POST", "/disableUser", {"username": "olga"}, {}),
        ("POST", "/disableUser", {"username": "ada"}, {}),
        ("POST", "/disableUser", {"username": "edi"}, {}),
        ("POST", "/enableUser", {"username": "edi"}, {}),
        ("POST", "/confirmUserSignUp", {"username": "edi"}, {}),
        ("GET", "/getUser", None, {"username": "olga"}),
        ("GET", "/getUser", None, {"username": "ghost"}),
        ("GET", "/listGroupsForUser", None, {"username": "edi"}),
        ("GET", "/listGroupsForUser", None, {"username": "ada"}),
        ("GET", "/listUsersInGroup", None, {"groupname": "Editors"}),
        ("GET", "/listGroups", None, {}),
    ):
        local = stage.local(admin, method, path, body, query)
        assert stage.packed(admin, method, path, body, query) == local
        expected[path, (body or query).get("username")] = local[0]
    assert expected["/disableUser", "edi"] == 200
    assert expected["/disableUser", "olga"] == expected["/disableUser", "ada"] == 400
    assert expected["/listGroupsForUser", "edi"] == 200
    assert expected["/listGroupsForUser", "ada"] == 400
    members = stage.world.admin("ListUsersInGroup", GroupName="Admins")["Users"]
    assert [member["Enabled"] for member in members] == [True]
