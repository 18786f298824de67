"""The wheel with `server` in an empty environment: a project begins, is checked, runs, and answers a signed call."""

import json
import os
import subprocess
from pathlib import Path

import httpx
from cli.command import Running
from distribution.alone import required

SIGNED = """
import boto3, json, sys
outputs = json.load(open("amplify_outputs.json"))
client = boto3.client(
    "cognito-idp", endpoint_url=sys.argv[1], region_name=outputs["auth"]["aws_region"],
    aws_access_key_id="AKIAPOOLHOUSEDEVROOT", aws_secret_access_key="poolhouse-development-secret-for-loopback",
)
print([group["GroupName"] for group in client.list_groups(UserPoolId=outputs["auth"]["user_pool_id"])["Groups"]])
"""
OF_TESTS = ("pytest", "playwright", "mypy", "hypothesis", "ruff")


def clean(commands: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POOLHOUSE_", "AWS_", "PYTHON"))}
    return {**kept, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}


def run(commands: Path, *arguments: str, cwd: Path) -> str:
    command = [str(commands / arguments[0]), *arguments[1:]]
    done = subprocess.run(command, cwd=cwd, env=clean(commands), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_package_of_the_tests_is_asked_for(wheel: Path):
    assert not set(required(wheel, "all")) & set(OF_TESTS)


def test_a_project_from_the_wheel(server: Path, tmp_path: Path):
    """`init`, `check`, `dev` until it is ready, and a call that is signed with the root key."""
    assert run(server, "poolhouse", "--version", cwd=tmp_path).startswith("poolhouse ")
    run(
        server,
        "poolhouse",
        "init",
        "shop",
        "--template",
        "admin-actions",
        "--frontend",
        "react",
        "--yes",
        cwd=tmp_path,
    )
    shop = tmp_path / "shop"
    assert run(server, "poolhouse", "check", "--strict", cwd=shop) == "Nothing to report.\n"
    process = subprocess.Popen(
        [str(server / "poolhouse"), "dev", "--port", "0"],
        cwd=shop, env=clean(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    running = Running(process, [process.stdout, process.stderr])
    try:
        url = running.says(r"Server +(http://\S+)")[1]
        assert httpx.get(f"{url}/health/ready").status_code == 200
        assert run(server, "python", "-c", SIGNED, url, cwd=shop) == "['ADMINS']\n"
        assert json.loads((shop / "amplify_outputs.json").read_text())["data"]["url"] == f"{url}/graphql"
    finally:
        status = running.end()
    assert status == 0
