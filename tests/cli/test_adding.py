"""`add`, `update` and `remove` from scripts: flags, headless requests, mistakes; the user's own edits survive."""

import json
from pathlib import Path
from typing import get_args

import pytest
from cli.command import run

from poolhouse.cli.project_commands import FurtherRoute
from poolhouse.define.admin_queries import ExtraRoute

AUTH, API, BACKEND = "amplify/auth/resource.py", "amplify/api/AdminQueries/resource.py", "amplify/backend.py"


def done(*arguments: str, cwd: Path, stdin: str | None = None) -> str:
    result = run(*arguments, cwd=cwd, stdin=stdin)
    assert result.returncode == 0, result.stderr
    return result.stdout


def manifest(folder: Path) -> dict:
    return json.loads(done("manifest", cwd=folder))


def environment(folder: Path) -> dict:
    function = manifest(folder)["functions"][0]
    return {**function["environment"], "ADMIN_QUERIES": json.loads(function["environment"]["ADMIN_QUERIES"])}


def tree(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def source(folder: Path) -> dict[str, bytes]:
    return {path: text for path, text in tree(folder).items() if path.startswith("amplify/backend/function/")}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with Admin Queries for Admins, and edits of the user's own in every file."""
    folder = tmp_path / "shop"
    done("init", "shop", "--template", "admin-queries", "--yes", cwd=tmp_path)
    app = next((folder / "amplify" / "backend" / "function").glob("*/src/app.py"))
    app.write_text(app.read_text() + "\n\n# a route of our own\n")
    for path in (AUTH, API, BACKEND):
        text = (folder / path).read_text()
        (folder / path).write_text(f"{text}\n# mine: {path}\nOWN = 1\n")
    return folder


def test_flags_say_what_questions_ask(tmp_path):
    """Groups, who may call, rules, second factors and hosted sign-in."""
    flags = "--pool-group Admins --pool-group Editors --admin-group Admins --extra-route createUser --filter-users"
    more = "--assignable-groups below --live-groups --protected-group Admins --mfa optional --mfa-type totp --name shop"
    urls = "--callback-url http://localhost:3000/ --logout-url http://localhost:3000/ --sign-in username"
    shown = done("add", "auth", *flags.split(), *more.split(), *urls.split(), "--yes", cwd=tmp_path)
    assert "+auth = define_auth(" in shown
    auth = manifest(tmp_path)["auth"]
    assert [group["name"] for group in auth["groups"]] == ["Admins", "Editors"]
    assert (auth["name"], auth["multifactor"]["mode"], auth["preferred_username"]) == ("shop", "OPTIONAL", True)
    assert auth["hosted"]["logout_urls"] == ["http://localhost:3000/"]
    told = environment(tmp_path)["ADMIN_QUERIES"]
    assert told["extra"] == ["createUser"]
    assert (told["assignable"], told["filter"], told["live"], told["protectedGroups"]) == (True, True, True, ["Admins"])


def test_the_further_routes_are_those_of_the_definitions():
    """The flag's values are declared a second time, so that help needs no definitions."""
    assert [route.value for route in FurtherRoute] == list(get_args(ExtraRoute))


def test_another_group_takes_effect_and_code_stays(shop):
    """Check 64: the setting changes; the function's source, comments and own code do not."""
    before, code = tree(shop), source(shop)
    done("update", "auth", "--admin-group", "Editors", "--yes", cwd=shop)
    assert environment(shop)["GROUP"] == "Editors"
    assert source(shop) == code
    changed = {path for path, text in tree(shop).items() if before.get(path) != text}
    assert changed == {API}
    assert (shop / API).read_bytes() == before[API].replace(b'group="Admins"', b'group="Editors"')


def test_several_groups_and_back_to_everybody(shop):
    """One group, two, and none, each with the docstring and comments of the user."""
    done("update", "auth", "--admin-group", "Admins", "--admin-group", "support1", "--yes", cwd=shop)
    assert environment(shop)["ADMIN_QUERIES"]["groups"] == ["Admins", "support1"]
    assert [group["name"] for group in manifest(shop)["auth"]["groups"]] == ["Admins", "Editors", "support1"]
    result = run("update", "auth", "--everyone", "--yes", cwd=shop)
    assert "WARNING" in result.stderr
    assert environment(shop)["GROUP"] == "NONE"
    assert "# mine: amplify/api" in (shop / API).read_text()


def test_groups_are_added_and_taken_away(shop):
    """A group that a rule names cannot go."""
    done("update", "auth", "--pool-group", "Owners", "--without-group", "Editors", "--yes", cwd=shop)
    assert [group["name"] for group in manifest(shop)["auth"]["groups"]] == ["Admins", "Owners"]
    before = tree(shop)
    result = run("update", "auth", "--without-group", "Admins", "--yes", cwd=shop)
    assert result.returncode == 1
    assert "'Admins'" in result.stderr
    assert tree(shop) == before


def test_disabling_keeps_the_function_and_enabling_finds_it(shop):
    """Check 65: the API and its entry are gone, the user's source stays, and comes back under the same id."""
    code, name = source(shop), manifest(shop)["functions"][0]["name"]
    done("update", "auth", "--no-admin-queries", "--yes", cwd=shop)
    assert manifest(shop)["rest_apis"] == []
    assert source(shop) == code
    assert "OWN = 1" in (shop / API).read_text()
    (shop / API).unlink()
    done("update", "auth", "--admin-group", "Admins", "--yes", cwd=shop)
    assert manifest(shop)["functions"][0]["name"] == name
    assert source(shop) == code


def test_removing_auth_takes_the_api_along(tmp_path):
    """The definitions go, the source stays unless it is asked for."""
    done("init", "--template", "admin-queries", "--yes", cwd=tmp_path)
    done("remove", "auth", "--yes", cwd=tmp_path)
    assert manifest(tmp_path)["auth"] is None
    assert source(tmp_path)
    assert not (tmp_path / AUTH).exists()


def test_the_source_goes_when_it_is_asked_for(tmp_path):
    """And the diff names every file."""
    done("init", "--template", "admin-queries", "--yes", cwd=tmp_path)
    shown = done("remove", "admin-queries", "--delete-source", "--yes", cwd=tmp_path)
    assert "/src/app.py" in shown
    assert not source(tmp_path)


def test_auth_that_others_need_is_not_removed(project):
    """The data definition names a group of the pool: refused before anything is written."""
    before = tree(project)
    result = run("remove", "auth", "--yes", cwd=project)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert tree(project) == before


def request(permissions: dict, **more: object) -> str:
    pool = {"signinMethod": "EMAIL", "requiredSignupAttributes": ["EMAIL"], **more}
    pool["adminQueries"] = {"permissions": permissions}
    service = {"serviceName": "cognito", "includeIdentityPool": True, "userPoolConfiguration": pool}
    return json.dumps({"version": 1, "resourceName": "shopAuth", "serviceConfiguration": service})


def test_a_headless_request(tmp_path):
    """Amplify's shape, groupName honoured, on standard input without a question."""
    asked = request(
        {"restrictAccess": True, "groupName": "Admins"},
        userPoolGroups=[{"groupName": "Owners"}],
        requiredSignupAttributes=["EMAIL", "GIVEN_NAME"],
        mfa={"mode": "OPTIONAL", "mfaTypes": ["TOTP"], "smsMessage": ""},
        passwordPolicy={"minimumLength": 10, "additionalConstraints": ["REQUIRE_DIGIT"]},
        oAuth={
            "redirectSigninURIs": ["http://localhost:3000/"],
            "redirectSignoutURIs": ["http://localhost:3000/"],
            "oAuthGrantType": "CODE",
            "oAuthScopes": ["OPENID", "AWS.COGNITO.SIGNIN.USER.ADMIN"],
        },
    )
    done("add", "auth", "--headless", cwd=tmp_path, stdin=asked)
    auth = manifest(tmp_path)["auth"]
    assert environment(tmp_path)["GROUP"] == "Admins"
    assert [group["name"] for group in auth["groups"]] == ["Owners", "Admins"]
    assert auth["password_policy"]["minimum_length"] == 10
    assert auth["password_policy"]["require_symbols"] is False
    assert auth["hosted"]["scopes"] == ["openid", "aws.cognito.signin.user.admin"]
    assert {one["name"] for one in auth["attributes"] if one["required"]} == {"email", "given_name"}


def test_a_headless_request_without_restriction(tmp_path):
    """restrictAccess false makes an API for everybody, with the warning."""
    (tmp_path / "request.json").write_text(request({"restrictAccess": False}))
    result = run("add", "auth", "--input", "request.json", cwd=tmp_path)
    assert (result.returncode, "WARNING" in result.stderr) == (0, True)
    assert environment(tmp_path)["GROUP"] == "NONE"


def test_a_headless_update(shop):
    """The short form, and userPoolModification."""
    short = {"userPoolConfiguration": {"adminQueries": {"permissions": {"restrictAccess": False}}}}
    done("update", "auth", "--headless", cwd=shop, stdin=json.dumps(short))
    assert environment(shop)["GROUP"] == "NONE"
    pool = {"adminQueries": {"permissions": {"restrictAccess": True, "groupName": "Editors"}}}
    done(
        "update",
        "auth",
        "--headless",
        cwd=shop,
        stdin=json.dumps({"serviceModification": {"userPoolModification": pool}}),
    )
    assert environment(shop)["GROUP"] == "Editors"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "cannot be read"),
        ("{}", "one userPoolConfiguration"),
        ('{"colour": 1}', "colour"),
        (request({"restrictAccess": True}), "groupName"),
        (request({"restrictAccess": False, "groupName": "Admins"}), "groupName"),
        (request({"restrictAccess": True, "groupName": "ops-team"}), "alphanumeric"),
        (request({"restrictAccess": False}, refreshTokenPeriod=30), "refreshTokenPeriod"),
        (request({"restrictAccess": False}, requiredSignupAttributes=["SHOE_SIZE"]), "SHOE_SIZE"),
        (request({"restrictAccess": False}, addUserToGroup={"groupName": "A"}), "addUserToGroup"),
    ],
)
def test_headless_mistakes_are_told_and_nothing_is_written(tmp_path, text, told):
    """Unknown and unserved members by name, contradictions, names that no group can have."""
    result = run("add", "auth", "--headless", cwd=tmp_path, stdin=text)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "auth"], "--pool-group"),
        (["init"], "--template"),
        (["add", "auth", "--pool-group", "Admins"], "--yes"),
        (["add", "auth", "--admin-group", "A", "--everyone", "--yes"], "--everyone"),
        (["add", "auth", "--pool-group", "ops-team", "--yes"], "alphanumeric"),
        (["add", "auth", "--filter-users", "--yes"], "--admin-group"),
        (["add", "auth", "--mfa-type", "totp", "--yes"], "--mfa"),
        (["add", "auth", "--callback-url", "http://localhost/", "--yes"], "logout_urls"),
        (["add", "auth", "--input", "gone.json"], "gone.json"),
        (["update", "auth", "--everyone", "--yes"], "amplify/backend.py"),
        (["remove", "auth", "--yes"], "amplify/auth/resource.py"),
        (["remove", "admin-queries", "--yes"], "amplify/api/AdminQueries/resource.py"),
    ],
)
def test_mistakes_name_what_to_do_and_write_nothing(tmp_path, arguments, told):
    """Status 1, no traceback, an empty folder."""
    result = run(*arguments, cwd=tmp_path)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["add", "auth", "--mfa", "perhaps"], ["add", "auth", "--extra-route", "nothing"], ["push", "--target", "x"]],
)
def test_wrong_values_are_wrong_usage(tmp_path, arguments):
    """Status 2."""
    assert run(*arguments, cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_auth_is_added_once(shop):
    """The way on is named."""
    before = tree(shop)
    result = run("add", "auth", "--yes", cwd=shop)
    assert result.returncode == 1
    assert "poolhouse update auth" in result.stderr
    assert tree(shop) == before


def test_computed_groups_are_left_to_their_author(shop):
    """The change is printed for the hand, with file and line, and no file changes."""
    path = shop / AUTH
    path.write_text(path.read_text().replace('groups=["Admins", "Editors"]', 'groups=sorted({"Admins", "Editors"})'))
    before = tree(shop)
    result = run("update", "auth", "--admin-group", "ops1", "--yes", cwd=shop)
    assert result.returncode == 1
    assert 'Write it by hand: define_auth(groups=["Admins", "Editors", "ops1"])' in result.stderr
    assert f"{AUTH}:5" in result.stderr
    assert tree(shop) == before


def test_nothing_to_change(shop):
    """The same again is no change."""
    before = tree(shop)
    assert "Nothing to change" in done("update", "auth", "--admin-group", "Admins", "--yes", cwd=shop)
    assert tree(shop) == before


def test_own_files_beside_the_project_stay(tmp_path):
    """`add auth` in a folder with an app writes below amplify/ only."""
    (tmp_path / "package.json").write_text("{}")
    done("add", "auth", "--pool-group", "Admins", "--admin-group", "Admins", "--yes", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["amplify", "package.json"]
