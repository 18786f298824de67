"""The typed Python client: the module imports, and mypy knows the backend's operations."""

import subprocess
import sys

import pytest

from poolhouse.define.manifest import CustomType, Data, EnumType, Field, HandlerRef, Manifest, Operation, TypeRef
from poolhouse.outputs import python_stub

TEXT = TypeRef(name="String", required=True)
POINT = CustomType(
    name="Point",
    fields=(
        Field(name="x", type=TypeRef(name="Int", required=True)),
        Field(name="color", type=TypeRef(name="Color", kind="enum")),
        Field(name="next", type=TypeRef(name="Point", kind="custom")),
    ),
    used_as=("output", "input"),
)
ODD = CustomType(name="Odd", fields=(Field(name="from", type=TEXT), Field(name="n", type=TypeRef(name="Float"))))

ONLY = CustomType(name="PlainOnlyInput", fields=(Field(name="n", type=TypeRef(name="ID")),), used_as=("input",))


def operation(name: str, kind: str = "query", returns: TypeRef | None = None, **arguments: TypeRef) -> Operation:
    fields = tuple(Field(name=argument, type=type_) for argument, type_ in arguments.items())
    handlers = (HandlerRef(function="fn", asynchronous=returns is None),)
    return Operation(name=name, kind=kind, arguments=fields, returns=returns, handlers=handlers)


BACKEND = Manifest(
    version=1,
    data=Data(
        operations=(
            operation("addUserToGroup", "mutation", TypeRef(name="AWSJSON"), userId=TEXT, groupName=TEXT),
            operation("later", "mutation"),
            operation(
                "points",
                "query",
                TypeRef(name="Point", kind="custom", array=True, array_required=True),
                near=TypeRef(name="Point", kind="custom"),
                ids=TypeRef(name="ID", required=True, array=True, array_required=True),
            ),
            operation("odd", "query", TypeRef(name="Odd", kind="custom"), **{"from": TEXT, "auth_mode": TEXT}),
            operation(
                "plain",
                "query",
                TypeRef(name="Boolean"),
                auth_mode=TEXT,
                only=TypeRef(name="PlainOnlyInput", kind="custom"),
            ),
            operation("class", "query", TypeRef(name="Boolean", required=True)),
        ),
        types=(POINT, ODD, ONLY),
        enums=(EnumType(name="Color", values=("RED", "BLUE")),),
    ),
)
GOOD = """
from typing import Any
from typing_extensions import assert_type
from amplify_client import Point, generate_client

client = generate_client("amplify_outputs.json")
assert_type(client.mutations.add_user_to_group(userId="u", groupName="ADMINS"), str | None)
assert_type(client.mutations.addUserToGroup(userId="u", groupName="ADMINS", auth_mode="userPool"), str | None)
assert_type(client.queries.points(ids=["a"], near={"x": 1, "color": "RED"}), list[Point | None])
later = client.mutations.later()
assert later and later["success"]
odd = client.queries.odd(**{"from": "x", "auth_mode": "y"})
assert_type(client.queries.plain(auth_mode="x", only={"n": "1"}), bool | None)
assert odd and assert_type(odd["from"], str)
"""
BAD = """
from amplify_client import generate_client
client = generate_client("amplify_outputs.json")
client.mutations.add_user_to_group(userId="u")
client.mutations.add_user_to_group(userId=1, groupName="ADMINS")
client.mutations.add_user_to_grop(userId="u", groupName="ADMINS")
client.queries.points(ids=["a"], near={"x": 1, "color": "GREEN"})
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    """(file, line) of every error that mypy finds in the client and in the two files that use it."""
    folder = tmp_path_factory.mktemp("typed")
    for name, source in (("amplify_client", python_stub(BACKEND)), ("good", GOOD), ("bad", BAD)):
        (folder / f"{name}.py").write_text(source)
    files = ["amplify_client.py", "good.py", "bad.py"]
    options = ["--strict", "--follow-imports=silent", "--cache-dir=cache"]
    command = [sys.executable, "-m", "mypy", *options, *files]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert not found.stderr
    lines = [line.split(":") for line in found.stdout.splitlines() if " error: " in line]
    return [(name, int(line)) for name, line, *_ in lines]


def test_right_use_is_accepted(complaints: list[tuple[str, int]]) -> None:
    """Operations in both spellings, optional arguments, enums, nested objects and Python keywords."""
    assert [(name, line) for name, line in complaints if name != "bad.py"] == []


def test_wrong_use_is_found(complaints: list[tuple[str, int]]) -> None:
    """A missing argument, a wrong type, a misspelt operation, an undeclared enum value."""
    assert [line for name, line in complaints if name == "bad.py"] == [4, 5, 6, 7]


@pytest.mark.parametrize("described", [BACKEND, Manifest(version=1)])
def test_module_runs_and_is_stable(described: Manifest) -> None:
    """The text is a module without side effects, equal for equal manifests."""
    source = python_stub(described)
    names: dict[str, object] = {"__name__": "amplify_client"}
    exec(compile(source, "amplify_client.py", "exec"), names)
    assert callable(names["generate_client"])
    assert source == python_stub(described)
