"""The typed Python client's REST calls: mypy knows routes, parameters, bodies and the answers of Admin Queries."""

import json
import subprocess
import sys

import pytest

from poolhouse.define.manifest import Function, Manifest, RestApi, RestRoute
from poolhouse.outputs import python_stub


def function(name: str, **environment: str) -> Function:
    return Function(name=name, entry=f"amplify/{name}.py", environment=environment)


def manifest(**options: object) -> Manifest:
    admin = RestApi(name="AdminQueries", routes=(RestRoute(path="/{proxy+}", method="ANY", function="admin"),))
    routes = (
        RestRoute(path="/orders/{id}", method="GET", function="shop"),
        RestRoute(path="/orders", method="ANY", function="shop"),
        RestRoute(path="/files/{class}/{rest+}", method="PUT", function="shop"),
        RestRoute(path="/ping", method="HEAD", function="shop"),
    )
    shop = RestApi(name="shop", routes=routes)
    odd = RestApi(name="my-api", routes=routes)
    told = {"ADMIN_QUERIES": json.dumps(options)} if options else {}
    return Manifest(version=1, functions=(function("shop"), function("admin", **told)), rest_apis=(admin, shop, odd))


GOOD = """
from typing import Any
from typing_extensions import assert_type
from amplify_client import generate_client

rest = generate_client("amplify_outputs.json", ca_file="ca.pem").rest
admin = rest.AdminQueries
assert_type(admin.post("/addUserToGroup", body={"username": "u", "groupname": "g"})["message"], str)
page = admin.get("/listUsers", query={"limit": 10, "token": None, "filter": "status = \\"Enabled\\""})
assert_type(page["Users"][0]["Attributes"][0]["Value"], str)
assert_type(page.get("NextToken"), str | None)
assert_type(admin.get("/listUsers")["Users"][0]["Enabled"], bool)
assert_type(admin.get("/getUser", query={"username": "u"}).get("PreferredMfaSetting"), str | None)
assert_type(admin.get("/listGroups")["Groups"][0].get("Precedence"), int | None)
assert_type(admin.post("/createUser", body={"username": "u", "resend": True})["User"]["UserStatus"], str)
assert_type(admin.request("POST", "/myOwnRoute", body={}), Any)
assert_type(rest.shop.get("/orders/{id}", parameters={"id": "17"}), Any)
rest.shop.delete("/orders", query={"before": 2020})
rest.shop.put("/files/{class}/{rest+}", parameters={"class": "a", "rest": "b/c"}, body=[1])
"""
BAD = """
from amplify_client import generate_client
rest = generate_client("amplify_outputs.json").rest
rest.AdminQueries.post("/addUserToGroup", body={"username": "u"})
rest.AdminQueries.post("/addUserToGrop", body={"username": "u", "groupname": "g"})
rest.AdminQueries.get("/listUsersInGroup")
rest.AdminQueries.post("/deleteUser", body={"username": "u"})
rest.AdminQueries.get("/listUsers")["Users"][0]["UserAttributes"]
rest.shop.get("/orders/{id}")
rest.shop.put("/orders/{id}", parameters={"id": "1"})
rest.shops
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("typed")
    stub = python_stub(manifest(filter=True, extra=["createUser"]))
    for name, source in (("amplify_client", stub), ("good", GOOD), ("bad", BAD)):
        (folder / f"{name}.py").write_text(source)
    options = ["--strict", "--follow-imports=silent", "--cache-dir=cache"]
    command = [sys.executable, "-m", "mypy", *options, "amplify_client.py", "good.py", "bad.py"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert not found.stderr
    lines = [line.split(":") for line in found.stdout.splitlines() if " error: " in line]
    return [(name, int(line)) for name, line, *_ in lines]


def test_right_use_is_accepted(complaints: list[tuple[str, int]]) -> None:
    """Pages, bodies, path parameters, routes of one's own, and options that are switched on."""
    assert [place for place in complaints if place[0] != "bad.py"] == []


def test_wrong_use_is_found(complaints: list[tuple[str, int]]) -> None:
    """Missing members, misspelt and switched-off routes, wrong answers, missing parameters, wrong methods."""
    assert [line for name, line in complaints if name == "bad.py"] == [4, 5, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("described", [manifest(), Manifest(version=1)])
def test_module_runs(described: Manifest) -> None:
    """A name that is no Python name is left to getattr(); nothing but what is switched on is known."""
    source = python_stub(described)
    exec(compile(source, "amplify_client.py", "exec"), {"__name__": "amplify_client"})
    assert "my-api" not in source
    assert "/createUser" not in source
