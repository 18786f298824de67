"""A small backend that is pushed to the emulator by the real command, and what is there afterwards."""

import contextlib
import json
from pathlib import Path

import boto3
from cli.command import run
from emulator import ministack

AUTH = """\
from poolhouse import define_auth

auth = define_auth(login_with={"email": True%s}, groups=%s)
"""
BACKEND = """\
from poolhouse import define_backend

from amplify.auth.resource import auth

backend = define_backend(auth=auth)
"""


def define(folder: Path, groups: list[str], more: str = "") -> None:
    (folder / "amplify" / "auth" / "resource.py").write_text(AUTH % (more, groups))


def client(given: dict[str, str], service: str):
    return boto3.client(
        service,
        region_name=ministack.REGION,
        endpoint_url=given["AWS_ENDPOINT_URL"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="test",
    )


def status(given: dict[str, str], stack: str = "shop-dev") -> str:
    """What CloudFormation says; empty when there is no stack."""
    with contextlib.suppress(client(given, "cloudformation").exceptions.ClientError):
        return str(client(given, "cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    return ""


def push(folder: Path, given: dict[str, str], *more: str):
    return run("push", "--target", "aws", "--yes", *more, cwd=folder, given=given)


def pushed(folder: Path, given: dict[str, str], *more: str) -> str:
    result = push(folder, given, *more)
    assert result.returncode == 0, result.stderr + result.stdout
    return str(result.stdout)


def pool_of(folder: Path) -> str:
    return str(json.loads((folder / "amplify_outputs.json").read_text())["auth"]["user_pool_id"])
