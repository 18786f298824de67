"""What a person does at a terminal: from an empty folder to a REST call that succeeds."""

import json
import re
from pathlib import Path

import boto3
import httpx
from cli.command import run
from cli.terminal import DOWN, ENTER, INTERRUPT, SPACE, terminal

from poolhouse.client import sign_in

PASSWORD = "Correct-Horse-9"
RESTRICT = "to a specific Group"
GROUP = "Select the group to restrict access with:"
ADVANCED = "advanced settings"
WRITE = "Write these changes?"


def until_groups(screen) -> None:
    """The default flow up to the question about groups."""
    screen.answers("default authentication and security configuration?", ENTER)
    screen.answers("How do you want users to be able to sign in?", ENTER)


def two_groups(screen) -> None:
    screen.answers("Do you want to add User Pool Groups?", ENTER)
    screen.answers("Provide a name for your user pool group:", "Admins", ENTER)
    screen.answers("add another User Pool Group", "y")
    screen.answers("Provide a name for your user pool group:", "Editors", ENTER)
    screen.answers("add another User Pool Group", "n")
    screen.answers("Sort the user pool groups in order of preference", ENTER)


def definition(folder: Path) -> str:
    return (folder / "amplify" / "api" / "AdminQueries" / "resource.py").read_text()


def administrator(folder: Path) -> str:
    """The access token of a member of Admins; there is also a user richard@example.com."""
    outputs = json.loads((folder / "amplify_outputs.json").read_text())
    pool = {"UserPoolId": outputs["auth"]["user_pool_id"]}
    url = re.search(r"http://127\.0\.0\.1:\d+", (folder / "poolhouse_local.js").read_text())[0]
    root = boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIAPOOLHOUSEDEVROOT",
        aws_secret_access_key="poolhouse-development-secret-for-loopback",
    )
    for name in ("alice@example.com", "richard@example.com"):
        root.admin_create_user(**pool, Username=name, MessageAction="SUPPRESS")
        root.admin_set_user_password(**pool, Username=name, Password=PASSWORD, Permanent=True)
    root.admin_add_user_to_group(**pool, Username="alice@example.com", GroupName="Admins")
    return sign_in(outputs, "alice@example.com", PASSWORD).access_token


def test_from_an_empty_folder_to_a_call(tmp_path):
    """`init`, `add auth` with an arrow to a group, `push`, `dev`, and the administrator adds somebody to a group."""
    with terminal("init", cwd=tmp_path) as screen:
        screen.answers("What do you want to begin with?", DOWN, DOWN, ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        two_groups(screen)
        screen.answers("Do you want to add an admin queries API?", ENTER).answers(RESTRICT, ENTER)
        screen.answers(GROUP, DOWN, ENTER).answers(ADVANCED, "n").answers(WRITE, ENTER)
        assert screen.ends() == 0
    assert 'group="Editors"' in definition(tmp_path)
    with terminal("update", "auth", cwd=tmp_path) as screen:
        screen.answers("What do you want to do?", "admin queries", ENTER).answers(RESTRICT, ENTER)
        screen.answers(GROUP, "\x1b[A", ENTER).answers(ADVANCED, "n").answers(WRITE, ENTER)
        assert screen.ends() == 0
    with terminal("push", "--target", "local", cwd=tmp_path) as screen:
        screen.sees("create REST API AdminQueries").answers("Are you sure you want to continue?", "y").sees("Done.")
        screen.sees("Admin Queries")
        assert screen.ends() == 0
    with terminal("dev", "--port", "0", cwd=tmp_path) as screen:
        screen.sees("Admin Queries").sees("Outputs")
        url = re.search(r"Server\s+(http://\S+)", screen.text)[1]
        token = administrator(tmp_path)
        answer = httpx.post(
            f"{url}/dev/addUserToGroup",
            json={"username": "richard@example.com", "groupname": "Editors"},
            headers={"Authorization": token},
        )
        assert (answer.status_code, answer.json()["message"][:15]) == (200, "Success adding ")
        screen.types(INTERRUPT)
        assert screen.ends() == 0


def test_the_defaults_restrict_to_the_first_group(tmp_path):
    """Check 61: Enter at every question about the API."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        two_groups(screen)
        screen.answers("Do you want to add an admin queries API?", ENTER).answers(RESTRICT, ENTER)
        screen.answers(GROUP, ENTER).answers(ADVANCED, ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    assert 'group="Admins"' in definition(tmp_path)
    names = {path.name for path in (tmp_path / "amplify" / "backend" / "function").iterdir()}
    assert len(names) == 1
    assert re.fullmatch(r"AdminQueries[0-9a-f]{8}", names.pop())


def test_a_custom_group_is_made(tmp_path):
    """Check 62: a name with a hyphen is refused with Amplify's words; the next one becomes a group of the pool."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        screen.answers("Do you want to add User Pool Groups?", "no", ENTER)
        screen.answers("Do you want to add an admin queries API?", ENTER).answers(RESTRICT, ENTER)
        screen.sees("Enter a custom group").types(ENTER)
        screen.answers("Provide a group name:", "ops-team", ENTER)
        screen.sees("Resource name should be alphanumeric").types("\x15", "ops1", ENTER)
        screen.answers(ADVANCED, "n").answers(WRITE, ENTER)
        assert screen.ends() == 0
    assert 'group="ops1"' in definition(tmp_path)
    assert 'groups=["ops1"]' in (tmp_path / "amplify" / "auth" / "resource.py").read_text()
    assert run("manifest", cwd=tmp_path).returncode == 0


def test_no_restriction_makes_an_open_api_and_warns(tmp_path):
    """Check 63: No creates the API all the same, and says what that means."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        two_groups(screen)
        screen.answers("Do you want to add an admin queries API?", ENTER).answers(RESTRICT, "n")
        screen.sees("WARNING").sees("Every signed-in user will be able to call")
        screen.answers(ADVANCED, "n").answers(WRITE, ENTER)
        assert screen.ends() == 0
    assert "group=None" in definition(tmp_path)
    functions = json.loads(run("manifest", cwd=tmp_path).stdout)["functions"]
    assert functions[0]["environment"]["GROUP"] == "NONE"


def test_the_manual_flow_asks_for_everything(tmp_path):
    """Sign-in names, second factors, password policy, attributes and hosted sign-in become definitions."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        screen.answers("default authentication", "manual", ENTER).answers("authorization services", ENTER)
        screen.answers("friendly name", "\x15", "shopAuth", ENTER).answers("able to sign in?", "username", ENTER)
        screen.answers("add User Pool Groups?", "no", ENTER).answers("admin queries API?", "no", ENTER)
        screen.answers("login options:", DOWN, DOWN, ENTER).answers("MFA types:", ENTER)
        screen.answers("verification subject:", "\x15", "Welcome", ENTER).answers("verification message:", ENTER)
        screen.answers("default password policy", "y").answers("minimum password length", "\x15", "12", ENTER)
        screen.answers("character requirements", DOWN, DOWN, DOWN, SPACE, ENTER)
        screen.answers("required for signing up?", DOWN, SPACE, ENTER).answers("OAuth flow?", "yes", ENTER)
        screen.answers("domain name prefix", "shop", ENTER).answers("signin URI:", ENTER).answers("signin URI", "n")
        screen.answers("signout URI:", ENTER).answers("signout URI", "n").answers("OAuth flows enabled", ENTER)
        screen.answers("OAuth scopes", ENTER).sees("Google (not served yet)").types(ENTER)
        screen.answers("following capabilities?", ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    auth = json.loads(run("manifest", cwd=tmp_path).stdout)["auth"]
    assert (auth["name"], auth["preferred_username"], auth["verification"]["subject"]) == ("shopAuth", True, "Welcome")
    assert (auth["multifactor"]["mode"], auth["multifactor"]["totp"]) == ("OPTIONAL", True)
    assert auth["password_policy"]["minimum_length"] == 12
    assert auth["password_policy"]["require_symbols"] is False
    assert {one["name"] for one in auth["attributes"] if one["required"]} == {"email", "birthdate"}
    assert auth["hosted"]["callback_urls"] == ["http://localhost:3000/"]
    assert auth["hosted"]["domain_prefix"] == "shop"


def test_the_advanced_questions(tmp_path):
    """Several groups, further routes and the rules of define_admin_queries are offered."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        two_groups(screen)
        screen.answers("Do you want to add an admin queries API?", ENTER).answers(RESTRICT, ENTER)
        screen.answers(GROUP, ENTER).answers(ADVANCED, "y").answers("further groups may call it?", SPACE, ENTER)
        screen.answers("further routes do you want?", SPACE, ENTER).answers("filter in listUsers?", "y")
        screen.answers("other groups for single routes?", "n").answers("give to users, or take away?", ENTER)
        screen.answers("Protect users of stronger", "y").answers("never lose their last member?", SPACE, ENTER)
        screen.answers("Look the caller up", "y").answers("Hide role and pool", "n").answers(WRITE, ENTER)
        assert screen.ends() == 0
    told = json.loads(json.loads(run("manifest", cwd=tmp_path).stdout)["functions"][0]["environment"]["ADMIN_QUERIES"])
    assert told == {
        "assignable": True,
        "extra": ["createUser"],
        "filter": True,
        "groups": ["Admins", "Editors"],
        "live": True,
        "protectStronger": True,
        "protectedGroups": ["Admins"],
    }


def test_learning_more_asks_again(tmp_path):
    """The explanation is printed and the question comes back."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        screen.answers("Do you want to add User Pool Groups?", "learn", ENTER).sees("precedence")
        screen.sees("Do you want to add User Pool Groups?").types(INTERRUPT)
        assert screen.ends() == 130


def test_the_order_of_groups_is_chosen(tmp_path):
    """Space takes a line, an arrow carries it."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        until_groups(screen)
        screen.answers("Do you want to add User Pool Groups?", ENTER)
        screen.answers("name for your user pool group:", "Admins", ENTER).answers("add another", "y")
        screen.answers("name for your user pool group:", "Owners", ENTER).answers("add another", "n")
        screen.answers("Sort the user pool groups", SPACE, DOWN, SPACE, ENTER)
        screen.answers("admin queries API?", "no", ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    assert 'groups=["Owners", "Admins"]' in (tmp_path / "amplify" / "auth" / "resource.py").read_text()


def test_ctrl_c_writes_nothing(tmp_path):
    """In the middle of the questions, and before the last one: status 130 and an empty folder."""
    with terminal("add", "auth", cwd=tmp_path) as screen:
        screen.sees("default authentication").types(INTERRUPT)
        assert screen.ends() == 130
    with terminal("add", "auth", "--pool-group", "Admins", cwd=tmp_path) as screen:
        screen.sees(WRITE).types(INTERRUPT)
        assert screen.ends() == 130
        assert "Traceback" not in screen.text
    assert list(tmp_path.iterdir()) == []


def test_no_writes_nothing(tmp_path):
    """The answer No is status 1."""
    with terminal("add", "auth", "--pool-group", "Admins", cwd=tmp_path) as screen:
        screen.sees("+auth = define_auth(").answers(WRITE, "n").sees("Nothing was written.")
        assert screen.ends() == 1
    assert list(tmp_path.iterdir()) == []


def test_colours_and_no_color(tmp_path):
    """The diff is green on a terminal, and plain under NO_COLOR."""
    shown = {}
    for name, given in {"colours": {}, "plain": {"NO_COLOR": "1"}}.items():
        (tmp_path / name).mkdir()
        with terminal("add", "auth", "--yes", cwd=tmp_path / name, given=given) as screen:
            assert screen.ends() == 0
            shown[name] = screen.read
    assert "\x1b[32m+auth = define_auth(" in shown["colours"]
    assert "\x1b[" not in shown["plain"]


def test_the_walkthrough_takes_the_api_away(tmp_path):
    """No to the API removes its definition; everything else keeps the answers of before, and the source stays."""
    run("init", "--template", "admin-queries", "--yes", cwd=tmp_path)
    before = json.loads(run("manifest", cwd=tmp_path).stdout)
    with terminal("update", "auth", cwd=tmp_path) as screen:
        screen.answers("What do you want to do?", "walk", ENTER).answers("groups do you want to keep?", ENTER)
        screen.answers("add User Pool Groups?", "no", ENTER).answers("Sort the user pool groups", ENTER)
        screen.answers("admin queries API?", "no", ENTER).answers("login options:", ENTER)
        screen.answers("verification subject:", ENTER).answers("verification message:", ENTER)
        screen.answers("default password policy", "n").answers("required for signing up?", ENTER)
        screen.answers("OAuth flow?", "no", ENTER).answers("following capabilities?", ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    after = json.loads(run("manifest", cwd=tmp_path).stdout)
    assert (after["rest_apis"], after["functions"]) == ([], [])
    assert {**after["auth"], "grants": []} == {**before["auth"], "grants": []}
    assert list((tmp_path / "amplify" / "backend" / "function").glob("*/src/app.py"))


def test_groups_and_urls_are_edited(tmp_path):
    """A group goes, one comes; hosted sign-in gets another address."""
    urls = ["--callback-url", "http://localhost:3000/", "--logout-url", "http://localhost:3000/"]
    run("add", "auth", "--pool-group", "A", "--pool-group", "B", *urls, "--yes", cwd=tmp_path)
    with terminal("update", "auth", cwd=tmp_path) as screen:
        screen.answers("What do you want to do?", "pool groups", ENTER)
        screen.answers("groups do you want to keep?", SPACE, ENTER).answers("add User Pool Groups?", "yes", ENTER)
        screen.answers("user pool group:", "C", ENTER).answers("add another", "n")
        screen.answers("Sort the user pool groups", ENTER).answers(WRITE, ENTER)
        assert screen.ends() == 0
    with terminal("update", "auth", cwd=tmp_path) as screen:
        screen.answers("What do you want to do?", "redirect", ENTER)
        screen.answers("signin URIs do you want to keep?", ENTER).answers("another redirect signin URI", "y")
        screen.answers("redirect signin URI:", "https://example.com/", ENTER).answers(
            "another redirect signin URI", "n"
        )
        screen.answers("signout URIs do you want to keep?", ENTER).answers("another redirect signout URI", "n")
        screen.answers(WRITE, ENTER)
        assert screen.ends() == 0
    auth = json.loads(run("manifest", cwd=tmp_path).stdout)["auth"]
    assert [group["name"] for group in auth["groups"]] == ["B", "C"]
    assert auth["hosted"]["callback_urls"] == ["http://localhost:3000/", "https://example.com/"]
    assert auth["hosted"]["logout_urls"] == ["http://localhost:3000/"]
