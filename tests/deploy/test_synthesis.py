"""Whole templates: what CloudFormation's own rules say of them, snapshots, the same bytes everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from deploy.referenced import MANIFEST, THERE
from deploy.renew import SNAPSHOTS, TESTS, templates
from deploy.rich import ENVIRONMENT, FUNCTIONS, RICH, SECRET
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.define.manifest import VERSION, Auth, Function, Grant, Group, Manifest, SecretRef, UserPoolId
from poolhouse.deploy.synthesis import Environment, synthesise, write
from poolhouse.deploy.template import encode
from poolhouse.errors import DefinitionError

REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")
TEXTS = st.text(min_size=1, max_size=40).filter(lambda text: "{{resolve:" not in text)


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return templates()


def test_cfn_lint_finds_nothing(made, tmp_path):
    """Every template satisfies CloudFormation's resource schemas and cfn-lint's rules, warnings included."""
    found = shutil.which("cfn-lint", path=str(Path(sys.executable).parent))
    assert found, "cfn-lint is not installed"
    referenced = encode(synthesise(MANIFEST, THERE).template)
    for name, text in {**made, "referenced": referenced}.items():
        (tmp_path / f"{name}.json").write_bytes(text)
    command = [found, "--regions", "us-east-1", "eu-central-1", "--template", *map(str, tmp_path.glob("*.json"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", ["rich", "admin-actions", "admin-queries"])
def test_a_template_equals_its_snapshot(made, name):
    """Byte for byte. Where the change is meant: python tests/deploy/renew.py"""
    assert made[name] == (SNAPSHOTS / f"{name}.json").read_bytes()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_process_makes_the_same_bytes(made, seed):
    """Neither the order of sets nor that of dicts reaches a template; and neither store nor operations are seen."""
    code = (
        "import sys; from deploy.renew import templates; sys.stdout.buffer.write(b''.join(templates().values()));"
        "assert not [name for name in sys.modules if name.startswith(('poolhouse.store', 'poolhouse.operations'))]"
    )
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": paths, "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert done.stdout == b"".join(made.values())


def names(most: int = 3):
    return st.lists(st.text("abAB09-_ ", min_size=1, max_size=70), max_size=most, unique=True)


@st.composite
def manifests(draw) -> Manifest:
    functions = tuple(
        Function(
            name=name,
            entry="amplify/handler.py",
            environment=draw(
                st.dictionaries(
                    st.text("abcAB_", min_size=2, max_size=6),
                    TEXTS | st.just(SecretRef(name="HIDDEN")) | st.just(UserPoolId()),
                    max_size=3,
                )
            ),
        )
        for name in draw(names())
    )
    called = st.sampled_from([function.name for function in functions]) if functions else st.nothing()
    grants = st.builds(
        Grant,
        function=called,
        names=st.just(()),
        actions=st.just(("cognito-idp:ListUsers", "cognito-idp:ListUserPools")),
    )
    auth = Auth(
        groups=tuple(Group(name=name, precedence=place) for place, name in enumerate(draw(names()))),
        grants=tuple(draw(st.lists(grants, max_size=3))),
        triggers=draw(st.dictionaries(st.sampled_from(["pre_sign_up", "custom_message"]), called, max_size=2)),
    )
    return Manifest(version=VERSION, name=draw(TEXTS), auth=auth, functions=functions)


@given(manifests(), TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_reference_resolves_and_nothing_goes_in_circles(manifest, app):
    """Logical ids are legal and never shared; every one that is named exists; creation has an order."""
    template = synthesise(manifest, Environment(app=app)).template
    known = {*template["Resources"], *template.get("Parameters", {})}
    for logical_id in known:
        assert re.fullmatch(r"[A-Za-z0-9]{1,255}", logical_id)
    edges = {
        name: {one for one in referred(resource) if not one.startswith("AWS::")}
        for name, resource in template["Resources"].items()
    }
    for name, targets in edges.items():
        assert targets <= known, name
    assert in_order(edges)


@given(manifests())
@settings(max_examples=30, deadline=None)
def test_each_definition_has_its_own_resource(manifest):
    """Names that read alike, or differ only in what a logical id cannot hold, stay apart."""
    found = synthesise(manifest, Environment()).template["Resources"].values()
    kinds = [resource["Type"] for resource in found]
    assert kinds.count("AWS::Lambda::Function") == len(manifest.functions)
    assert kinds.count("AWS::Cognito::UserPoolGroup") == len(manifest.auth.groups)
    physical = [one["Properties"]["FunctionName"] for one in found if one["Type"] == "AWS::Lambda::Function"]
    assert len(set(physical)) == len(physical)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in physical)


def referred(value: object) -> set[str]:
    """The logical ids that a part of a template names."""
    if isinstance(value, list):
        return set().union(*map(referred, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(referred, value.values()), set(value.get("DependsOn", [])))
    if set(value) == {"Ref"}:
        return {value["Ref"]}
    if set(value) == {"Fn::GetAtt"}:
        return {value["Fn::GetAtt"][0]}
    if set(value) == {"Fn::Sub"}:
        text, given_ = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
        return found | {name.partition(".")[0] for name in REFERENCE.findall(text) if name not in given_}
    return found


def in_order(edges: dict[str, set[str]]) -> bool:
    waiting = {name: {one for one in targets if one in edges} for name, targets in edges.items()}
    while waiting:
        ready = {name for name, targets in waiting.items() if not targets & waiting.keys()}
        if not ready:
            return False
        waiting = {name: targets for name, targets in waiting.items() if name not in ready}
    return True


def test_the_rich_template_has_an_order_and_no_secret():
    """A trigger that is told its pool does not make the two wait for each other; a secret is a parameter's name."""
    assembly = synthesise(RICH, ENVIRONMENT)
    edges = {name: referred(resource) for name, resource in assembly.template["Resources"].items()}
    assert in_order(edges)
    function = next(
        one for name, one in assembly.template["Resources"].items() if name.startswith("FunctionAddUserToG")
    )
    told = function["Properties"]["Environment"]["Variables"]
    assert json.loads(told["POOLHOUSE_SECRETS"]) == {
        "KEY": f"/poolhouse/shop/prod/{SECRET}",
        "OTHER_KEY": f"/poolhouse/shop/prod/{SECRET}",
    }
    assert "KEY" not in told


def test_notes_name_every_rule_that_aws_does_not_enforce():
    notes = synthesise(RICH, ENVIRONMENT).notes
    assert notes[0].startswith("delegation (rules for Ops-Co) is enforced by the packages of add-user-to-group, Admin")
    assert any("ADMINS" in note and "last member" in note for note in notes)
    assert any("AdminQueries0a1b2c3d may also perform AdminListGroupsForUser on this pool" in note for note in notes)
    assert any("What post-confirmation asks of the GraphQL API" in note for note in notes)
    assert any("add-user-to-group" in note and "Ops-Co" in note for note in notes)
    admitted = "Behind the authorizer of AdminQueries, its function's own code admits members of ADMINS only."
    assert admitted in notes
    auth = msgspec.structs.replace(RICH.auth, password_storage="argon2id")
    assert any("argon2id" in note for note in synthesise(msgspec.structs.replace(RICH, auth=auth), ENVIRONMENT).notes)


def test_text_that_aws_would_replace_is_refused():
    """A group or a letter cannot read the account's secrets into the template."""
    auth = msgspec.structs.replace(
        RICH.auth, groups=(*RICH.auth.groups, Group(name="{{resolve:ssm:/secret}}", precedence=9))
    )
    with pytest.raises(DefinitionError, match="resolve"):
        synthesise(msgspec.structs.replace(RICH, auth=auth), ENVIRONMENT)


def test_a_runtime_that_lambda_has_not_is_refused():
    with pytest.raises(DefinitionError, match=r"3\.9"):
        synthesise(RICH, Environment(python="3.9"))


@pytest.mark.parametrize(
    ("environment", "words"),
    [({"LAMBDA_TASK_ROOT": "/x"}, "LAMBDA_TASK_ROOT"), ({"LONG": "x" * 4093}, "4097 bytes")],
)
def test_an_environment_that_lambda_refuses_is_refused_before_it_gets_there(environment, words):
    function = Function(name="one", entry="amplify/handler.py", environment=environment)
    with pytest.raises(DefinitionError, match=words):
        synthesise(Manifest(version=VERSION, functions=(function,)), ENVIRONMENT)


def test_a_template_is_written_once(tmp_path):
    """Equal bytes leave the file's time alone, so that nothing that watches it wakes up."""
    assembly = synthesise(Manifest(version=VERSION, functions=FUNCTIONS[1:2]), ENVIRONMENT)
    path = write(assembly, tmp_path / "amplify" / ".build")
    assert (path.name, json.loads(path.read_bytes())) == ("template.json", assembly.template)
    os.utime(path, (1, 1))
    assert write(assembly, path.parent).stat().st_mtime == 1


def test_packages_stay_as_long_as_a_template_names_them(tmp_path):
    """Another environment's template counts; an older state of the code does not."""
    (tmp_path / "assets").mkdir()
    for name in ("old.zip", "shop-prod-addUserToGroup.zip", "other.zip"):
        (tmp_path / "assets" / name).touch()
    (tmp_path / "template.dev.json").write_text('"other.zip"')
    assembly = synthesise(Manifest(version=VERSION, functions=FUNCTIONS[1:2]), ENVIRONMENT)
    assert write(assembly, tmp_path, "template.prod.json").name == "template.prod.json"
    kept = {path.name for path in (tmp_path / "assets").iterdir()}
    assert kept == {"shop-prod-addUserToGroup.zip", "other.zip"}


def test_a_backend_without_users_has_no_pool():
    """A function alone is a function, its role and its log."""
    template = synthesise(Manifest(version=VERSION, functions=FUNCTIONS[1:2]), ENVIRONMENT).template
    kinds = sorted(resource["Type"] for resource in template["Resources"].values())
    assert kinds == ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup"]
