"""In front of a pool of the published emulator ministack, as far as that goes: made, asked and signed in to by boto3."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing

import boto3
import pytest
from acceptance.conftest import SETTINGS
from app.running import PASSWORD, serving
from botocore.config import Config
from emulator import ministack
from remote.world import OTHER_KEY, PERFORM, configured, write_project

REGION = ministack.REGION
ACCOUNT = "000000000000"
"""The one in which the emulator looks for what unsigned requests name."""


class Stage:
    """A pool of the emulator with a client for it, and the server in front."""

    def __init__(self, url: str, account: str) -> None:
        once = Config(retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
        self.cognito = boto3.client("cognito-idp", endpoint_url=url, region_name=REGION, config=once, **keys)
        self.pool = self.cognito.create_user_pool(PoolName="there")["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        self.client = self.cognito.create_user_pool_client(
            UserPoolId=self.pool, ClientName="app", ExplicitAuthFlows=flows
        )["UserPoolClient"]["ClientId"]
        for group in ("ADMINS", "EDITORS"):
            self.cognito.create_group(UserPoolId=self.pool, GroupName=group)

    def person(self, name: str, *groups: str) -> dict[str, str]:
        """His tokens."""
        named = {"UserPoolId": self.pool, "Username": name}
        self.cognito.admin_create_user(**named, MessageAction="SUPPRESS")
        self.cognito.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.cognito.admin_add_user_to_group(**named, GroupName=group)
        answer = self.cognito.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def groups_of(self, name: str) -> list[str]:
        found = self.cognito.admin_list_groups_for_user(UserPoolId=self.pool, Username=name)["Groups"]
        return [group["GroupName"] for group in found]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ministack.running(tmp_path_factory.mktemp("ministack")) as url:
        made = Stage(url, ACCOUNT)
        pool = {
            "user_pool_id": made.pool,
            "user_pool_client_id": made.client,
            "identity_pool_id": f"{REGION}:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
        }
        folder = write_project(tmp_path_factory.mktemp("front"), pool)
        database = f"sqlite:///{folder}/test.db"
        settings = dataclasses.replace(SETTINGS, region=REGION, database=database, master_key=OTHER_KEY)
        with closing(made.cognito), ExitStack() as started:
            with configured(url, (ACCOUNT, "test", "")):
                made.running = started.enter_context(serving(settings, folder))
            yield made


def perform(stage: Stage, token: str, operation: str, **request: str) -> dict[str, str]:
    given = {"operation": operation, "request": json.dumps({"UserPoolId": stage.pool, **request})}
    body = {"query": PERFORM.format(field="guarded"), "variables": given}
    answer = stage.running.http.post("/graphql", json=body, headers={"authorization": token})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return json.loads(told["data"]["guarded"]) if told["data"]["guarded"] else told["errors"][0]


@pytest.mark.parametrize("use", ["AccessToken", "IdToken"])
def test_a_member(stage, use):
    """Verified against the emulator's keys; done by the emulator; its errors as they are."""
    tokens = stage.person(f"admin-{use}", "ADMINS")
    stage.person(f"user-{use}")
    done = perform(stage, tokens[use], "AdminAddUserToGroup", Username=f"user-{use}", GroupName="EDITORS")
    assert done["code"] == "ok"
    assert stage.groups_of(f"user-{use}") == ["EDITORS"]
    missing = perform(stage, tokens[use], "AdminAddUserToGroup", Username="nobody", GroupName="EDITORS")
    assert missing["code"] == "UserNotFoundException"


def test_somebody_else(stage):
    tokens = stage.person("nobody-special")
    told = perform(stage, tokens["AccessToken"], "AdminDeleteUser", Username="nobody-special")
    assert told["errorType"] == "Unauthorized"
    assert stage.groups_of("nobody-special") == []


def test_admin_queries(stage):
    tokens = stage.person("chief")
    stage.cognito.create_group(UserPoolId=stage.pool, GroupName="Admins")
    stage.cognito.admin_add_user_to_group(UserPoolId=stage.pool, Username="chief", GroupName="Admins")
    refused = stage.running.http.get("/dev/listUsers", headers={"authorization": tokens["AccessToken"]})
    assert refused.status_code == 403
    again = stage.cognito.initiate_auth(
        ClientId=stage.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "chief", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["AccessToken"]
    listed = stage.running.http.get("/dev/listUsers", headers={"authorization": again})
    assert listed.status_code == 200, listed.text
    assert "chief" in [user["Username"] for user in listed.json()["Users"]]
