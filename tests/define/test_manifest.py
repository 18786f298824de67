"""The Manifest as data: stable bytes, a round trip, and a JSON schema that says the same."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse import a, define_auth, define_backend, define_data, define_function, secret
from poolhouse.define import manifest
from poolhouse.define.grants import GRANT_NAMES

GOLDEN = (Path(__file__).parent / "golden.json").read_bytes().strip()
SCALARS = [
    "id",
    "string",
    "integer",
    "float",
    "boolean",
    "date",
    "time",
    "datetime",
    "timestamp",
    "email",
    "json",
    "phone",
    "url",
    "ipAddress",
]
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)


def test_equal_manifests_are_equal_bytes():
    """Defaults are written, so it does not matter whether a default was spelled out."""
    small = manifest.Manifest(version=1, auth=manifest.Auth())
    spelled = manifest.Manifest(
        version=1, name=str(b"app", "ascii"), auth=manifest.Auth(name=str(b"amplifyAuth", "ascii"))
    )
    assert manifest.encode(small) == manifest.encode(spelled)
    assert manifest.decode(b'{"version":1,"auth":{}}') == small


@pytest.mark.parametrize(
    "wrong", [b"{}", b'{"version":1,"more":2}', b'{"version":"1"}', b'{"version":1,"auth":[]}', b"x"]
)
def test_anything_else_is_refused(wrong):
    with pytest.raises(msgspec.DecodeError):
        manifest.decode(wrong)


def test_the_golden_manifest_fits_the_json_schema():
    schema = json.loads(msgspec.json.encode(manifest.json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(GOLDEN))
    broken = json.loads(GOLDEN) | {"unknown": 1}
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


def test_the_golden_manifest_round_trips():
    assert manifest.encode(manifest.decode(GOLDEN)) == GOLDEN


def test_a_document_of_the_first_version_is_read():
    """What came later is as it was then: the same backend, but for the version that wrote it."""
    older = manifest.decode((Path(__file__).parent / "golden_1.json").read_bytes())
    assert (older.version, manifest.VERSION) == (1, 3)
    assert msgspec.structs.replace(older, version=3) == manifest.decode(GOLDEN)


@st.composite
def fields(draw: Any, depth: int = 2) -> Any:
    kind = draw(st.sampled_from(["scalar", "enum", "ref", "custom"] if depth else ["scalar", "ref"]))
    if kind == "enum":
        return a.enum(draw(st.lists(NAMES.map(str.upper), min_size=1, max_size=3, unique=True)))
    if kind == "custom":
        return a.customType(draw(st.dictionaries(NAMES, fields(depth=depth - 1), min_size=1, max_size=3)))
    field = (
        a.ref(draw(st.sampled_from(["Kind", "Thing"])))
        if kind == "ref"
        else getattr(a, draw(st.sampled_from(SCALARS)))()
    )
    for method in draw(
        st.sampled_from([[], ["required"], ["array"], ["required", "array"], ["required", "array", "required"]])
    ):
        field = getattr(field, method)()
    return field


@pytest.fixture(scope="module")
def at(tmp_path_factory: Any) -> Any:
    """Call a definition as if from a file of a project."""
    root = tmp_path_factory.mktemp("project") / "amplify"
    (root / "auth").mkdir(parents=True)
    (root / "auth" / "handler.py").write_text("")
    names: dict[str, Any] = {}
    source = "def call(function, **options):\n    return function(**options)\n"
    exec(compile(source, str(root / "auth" / "resource.py"), "exec"), names)
    return names["call"]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    """Of the manifest's JSON schema, which takes as long to make as an example takes."""
    schema = json.loads(msgspec.json.encode(manifest.json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_is_built_round_trips(at, validator, data):
    """Random chains of builders: the Manifest decodes to an equal one, has stable bytes, and fits the JSON schema."""
    draw = data.draw
    groups = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    seconds, memory = draw(st.integers(1, 900)), draw(st.integers(128, 10240))
    environment = {
        "AB": draw(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
        "CD": secret("X"),
    }
    function = at(define_function, name="fn", timeout_seconds=seconds, memory_mb=memory, environment=environment)
    grants = draw(st.lists(st.sampled_from(GRANT_NAMES), min_size=1, max_size=4))
    auth = at(
        define_auth,
        login_with={"email": True},
        groups=groups,
        access=lambda allow: [allow.resource(function).to(grants)],
    )
    members: dict[str, Any] = {
        "Kind": a.enum(["A"]),
        "Thing": a.customType({"kind": a.ref("Kind"), "next": a.ref("Thing")}),
    }
    for number, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))):
        operation = a.query() if draw(st.booleans()) else a.mutation()
        members[f"op{number}{name}"] = (
            operation.arguments(draw(st.dictionaries(NAMES, fields(), max_size=3)))
            .returns(draw(fields()))
            .handler([a.handler.function(function)])
            .authorization(lambda allow: [allow.groups(groups), allow.guest()])
        )
    built = at(define_backend, auth=auth, data=at(define_data, schema=a.schema(members))).manifest()
    assert manifest.decode(manifest.encode(built)) == built
    assert manifest.encode(manifest.decode(manifest.encode(built))) == manifest.encode(built)
    validator.validate(json.loads(manifest.encode(built)))
