"""`adopt` of Gen 1 projects: the page's project, older and edited ones, and files that hold anything."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from cli.command import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse.cli.adopting.adoption import adopt
from poolhouse.define.manifest import PasswordPolicy, Verification
from poolhouse.define.project import load
from poolhouse.errors import ProjectError, UserError

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests/adopt/gen1/admin-queries"
EXAMPLE = ROOT / "examples/admin-queries"
BACKEND = "amplify/backend"
INPUTS = f"{BACKEND}/auth/adminpanel5c1d7e90/cli-inputs.json"
FUNCTION = "AdminQueries1f4e2a7c"
TEMPLATE = f"{BACKEND}/function/{FUNCTION}/{FUNCTION}-cloudformation-template.json"
STRICT = [f"Requires {kind}" for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")]


@pytest.fixture
def gen1(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "gen1"))


def edit(project: Path, path: str, **changes: object) -> None:
    """Change members of cognitoConfig, or of the function's properties."""
    document = json.loads((project / path).read_text())
    held = document["cognitoConfig"] if path == INPUTS else document["Resources"]["LambdaFunction"]["Properties"]
    held.update(changes)
    (project / path).write_text(json.dumps(document))


def adopted(project: Path):
    return adopt(project, project.parent / "out", None)


def findings(project: Path) -> dict[str, str]:
    return {finding.what: finding.reason for finding in adopted(project).report.findings}


def test_the_pages_project_gives_the_example(gen1, tmp_path):
    """With the questions that the page does not print answered as the example has it, the manifests are equal."""
    ours = Verification()
    edit(
        gen1,
        INPUTS,
        passwordPolicyCharacters=STRICT,
        emailVerificationSubject=ours.subject,
        emailVerificationMessage=ours.body,
    )
    result = run("adopt", str(gen1), "--out", "out", "--yes", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert load(tmp_path / "out") == load(EXAMPLE)


def test_answers_that_the_page_does_not_print_are_kept(gen1):
    """Amplify's own defaults for passwords and words differ from ours, so they are written down; nothing else differs."""
    manifest = adopted(gen1).manifest
    assert manifest.auth is not None
    assert manifest.auth.verification.subject == "Your verification code"
    assert manifest.auth.password_policy == PasswordPolicy(
        require_lowercase=False, require_uppercase=False, require_numbers=False, require_symbols=False
    )
    auth = msgspec.structs.replace(manifest.auth, verification=Verification(), password_policy=PasswordPolicy())
    assert msgspec.structs.replace(manifest, auth=auth) == load(EXAMPLE)


def test_the_functions_source_is_ours_and_node_s_is_reported(gen1):
    adoption = adopted(gen1)
    source = f"{BACKEND}/function/{FUNCTION}/src"
    for path in (EXAMPLE / source).glob("*.py"):
        assert adoption.texts[f"{source}/{path.name}"] == path.read_text()
    assert "in Python" in findings(gen1)["3 files for Node.js"]


def test_older_projects_keep_the_same_in_parameters_json(gen1):
    """Before cli-inputs.json the members stood alone, with lists as text."""
    config = json.loads((gen1 / INPUTS).read_text())["cognitoConfig"]
    before = adopted(gen1).manifest
    (gen1 / INPUTS).unlink()
    config |= {"usernameAttributes": "", "triggers": "{}", "hostedUIProviderMeta": "[]", "mfaTypes": "SMS Text Message"}
    (gen1 / INPUTS).with_name("parameters.json").write_text(json.dumps(config))
    assert adopted(gen1).manifest == before


@pytest.mark.parametrize(
    ("group", "told", "environment"),
    [("NONE", None, "NONE"), ("Editors", "adminQueryGroup Admins", "Editors")],
)
def test_what_the_function_is_told_decides_who_may_call(gen1, group, told, environment):
    """`update auth` of Amplify changed the answer and left the function as it was."""
    edit(gen1, TEMPLATE, Environment={"Variables": {"GROUP": group}})
    if told is None:
        edit(gen1, INPUTS, adminQueryGroup="NONE")
    adoption = adopted(gen1)
    assert adoption.manifest.functions[0].environment["GROUP"] == environment
    assert told is None or told in findings(gen1)


def test_nobody_is_let_in_because_a_file_is_silent(gen1):
    edit(gen1, TEMPLATE, Environment={"Variables": {}})
    edit(gen1, INPUTS, adminQueryGroup=None)
    with pytest.raises(ProjectError, match="which group may call"):
        adopted(gen1)


def test_a_group_that_amplify_only_named_is_made(gen1):
    edit(gen1, TEMPLATE, Environment={"Variables": {"GROUP": "Owners"}})
    auth = adopted(gen1).manifest.auth
    assert auth is not None
    assert [group.name for group in auth.groups] == ["Admins", "Editors", "Owners"]
    assert "the group Owners is added to the pool" in findings(gen1)


def test_sign_in_second_factors_and_hosted_pages(gen1):
    hosted = {"AllowedOAuthFlows": ["code"], "CallbackURLs": ["http://localhost:3000/"]}
    edit(
        gen1,
        INPUTS,
        usernameAttributes=["email, phone_number"],
        requiredAttributes=["email", "family_name"],
        mfaConfiguration="OPTIONAL",
        mfaTypes=["SMS Text Message", "TOTP"],
        hostedUI=True,
        hostedUIDomainName="panel-101500",
        oAuthMetadata=json.dumps(
            hosted | {"LogoutURLs": ["http://localhost:3000/out"], "AllowedOAuthScopes": ["email", "openid"]}
        ),
        authProvidersUserPool=["Google"],
    )
    auth = adopted(gen1).manifest.auth
    assert auth is not None
    assert auth.hosted is not None
    assert (auth.login, auth.preferred_username) == (("email", "phone_number"), False)
    assert (auth.hosted.domain_prefix, auth.hosted.scopes) == ("panel-101500", ("email", "openid"))
    assert (auth.multifactor.mode, auth.multifactor.totp, auth.multifactor.sms) == ("OPTIONAL", True, True)
    assert [one.name for one in auth.attributes if one.required] == ["email", "phone_number", "family_name"]
    assert "the provider Google" in findings(gen1)


def test_everything_that_stays_behind_is_named_with_its_file(gen1):
    config = json.loads((gen1 / BACKEND / "backend-config.json").read_text())
    config["storage"] = {"files": {"service": "S3"}}
    config["function"]["other"] = {"service": "Lambda"}
    (gen1 / BACKEND / "backend-config.json").write_text(json.dumps(config))
    edit(gen1, INPUTS, triggers='{"PostConfirmation": ["add-to-group"]}', userpoolClientRefreshTokenValidity=7)
    template = (gen1 / TEMPLATE).read_text()
    (gen1 / TEMPLATE).write_text(template.replace("cognito-idp:ListGroups", "cognito-idp:AdminDeleteUser"))
    found = {finding.what: finding.file for finding in adopted(gen1).report.findings}
    assert found["storage files"] == found["function other"] == f"{BACKEND}/backend-config.json"
    assert found["the trigger PostConfirmation (add-to-group)"] == INPUTS
    assert found["userpoolClientRefreshTokenValidity"] == INPUTS
    assert found["cognito-idp:AdminDeleteUser"] == TEMPLATE


def test_nothing_is_written_without_a_yes(gen1, tmp_path):
    """A dry run shows and writes nothing; without a terminal there is nobody to ask; JSON never asks."""
    before = sorted(gen1.rglob("*"))
    dry = run("adopt", str(gen1), "--dry-run", cwd=tmp_path)
    assert (dry.returncode, "Nothing was written." in dry.stdout) == (0, True)
    assert run("adopt", str(gen1), cwd=tmp_path).returncode == 1
    assert "asks no questions" in run("adopt", str(gen1), "--json", cwd=tmp_path).stderr
    told = json.loads(run("adopt", str(gen1), "--json", "--dry-run", cwd=tmp_path).stdout)
    assert (told["generation"], told["written"], "amplify/backend.py" in told["files"]) == (1, False, True)
    assert sorted(gen1.rglob("*")) == before


@pytest.mark.parametrize("path", ["amplify/backend.py", "amplify/auth/resource.py"])
def test_no_file_of_the_user_is_written_over(gen1, tmp_path, path):
    file = gen1 / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# mine\n")
    result = run("adopt", str(gen1), "--yes", cwd=tmp_path)
    assert result.returncode == 1
    assert "already" in result.stderr
    assert file.read_text() == "# mine\n"
    assert [one.name for one in gen1.rglob("*.py")] == [file.name]


def test_a_folder_without_a_project_and_an_imported_pool_are_refused(gen1, tmp_path):
    with pytest.raises(ProjectError, match="no Amplify project"):
        adopt(tmp_path, None, None)
    config = json.loads((gen1 / BACKEND / "backend-config.json").read_text())
    config["auth"]["adminpanel5c1d7e90"]["serviceType"] = "imported"
    (gen1 / BACKEND / "backend-config.json").write_text(json.dumps(config))
    with pytest.raises(ProjectError, match="imported"):
        adopted(gen1)


FILES = sorted(path.relative_to(FIXTURE).as_posix() for path in FIXTURE.rglob("*.json") if path.name != "package.json")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, above: tuple = ()) -> list[tuple]:
    """Where a value can be put in a document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, one in pairs for place in places(one, (*above, key)))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere_is_read_or_told(tmp_path, data):
    """Whatever one place of one file holds: an adoption, or a mistake of the user's with a way out; never a fault."""
    path = data.draw(st.sampled_from(FILES))
    document = json.loads((FIXTURE / path).read_text())
    *above, last = data.draw(st.sampled_from(places(document)[1:]))
    held = document
    for key in above:
        held = held[key]
    held[last] = data.draw(JSON | st.sampled_from(["", "a,b", "../..", "NONE", "{", -1, 10**30, []]))
    project = tmp_path / "any"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(FIXTURE, project)
    (project / path).write_text(json.dumps(document), encoding="utf-8", errors="surrogatepass")
    resolution = "none needed"
    try:
        adopt(project, tmp_path / "out", None)
    except UserError as error:
        resolution = error.resolution
    assert resolution


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff\xfe{}", b"null", b'{"auth": 1}'])
def test_files_that_are_not_json_are_named(gen1, text):
    (gen1 / BACKEND / "backend-config.json").write_bytes(text)
    with pytest.raises(ProjectError) as told:
        adopted(gen1)
    assert told.value.location == f"{BACKEND}/backend-config.json"
