"""The eleven routes: what they answer, and what they have changed afterwards."""

import re
from datetime import datetime
from uuid import uuid4

import pytest
from admin_queries.stage import READS, WRITES, Stage

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_user_is_added_to_a_group_twice(stage: Stage) -> None:
    """Check 1 and 2: adding again is no mistake."""
    alice, richard = stage.member("Admins", "Editors"), stage.person()
    for _ in range(2):
        answer = stage.post(alice, "addUserToGroup", {"username": richard.email, "groupname": "Editors"})
        assert (answer.status_code, answer.json()) == (200, {"message": f"Success adding {richard.email} to Editors"})
    assert stage.groups_of(richard) == {"Editors"}


def test_a_user_is_removed_from_a_group(stage: Stage) -> None:
    """Check 4; removing again is no mistake either."""
    alice, richard = stage.member("Admins"), stage.person("Editors")
    for _ in range(2):
        answer = stage.post(alice, "removeUserFromGroup", {"username": richard.sub, "groupname": "Editors"})
        assert (answer.status_code, answer.json()) == (200, {"message": f"Removed {richard.sub} from Editors"})
    assert stage.groups_of(richard) == set()


def test_a_sign_up_is_confirmed(stage: Stage) -> None:
    """Check 5; a second time the user pool says no."""
    alice, email = stage.member("Admins"), stage.sign_up()
    answer = stage.post(alice, "confirmUserSignUp", {"username": email})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Confirmed {email} registration"})
    assert stage.admin("AdminGetUser", Username=email)["UserStatus"] == "CONFIRMED"
    again = stage.post(alice, "confirmUserSignUp", {"username": email})
    assert again.status_code == 400
    assert "CONFIRMED" in again.json()["message"]


def test_a_user_is_disabled_and_enabled(stage: Stage) -> None:
    """Check 6."""
    alice, richard = stage.member("Admins"), stage.person()
    answer = stage.post(alice, "disableUser", {"username": richard.email})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Disabled {richard.email}"})
    assert stage.user(richard)["Enabled"] is False
    answer = stage.post(alice, "enableUser", {"username": richard.email})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Enabled {richard.email}"})
    assert stage.user(richard)["Enabled"] is True


def test_one_user_is_shown(stage: Stage) -> None:
    """Check 8: the SDK's own member is left out, and times are text, of the very moments that the pool tells."""
    alice, richard = stage.member("Admins"), stage.person()
    answer = stage.get(alice, "getUser", username=richard.email)
    shown = answer.json()
    assert answer.status_code == 200
    assert shown.keys() == {
        "Username",
        "UserAttributes",
        "UserCreateDate",
        "UserLastModifiedDate",
        "Enabled",
        "UserStatus",
    }
    assert shown["Username"] == richard.sub
    assert {"Name": "email", "Value": richard.email} in shown["UserAttributes"]
    held = stage.user(richard)
    for member in ("UserCreateDate", "UserLastModifiedDate"):
        assert ISO.fullmatch(shown[member])
        assert datetime.fromisoformat(shown[member]).timestamp() == pytest.approx(held[member], abs=0.0011)


def test_the_groups_of_a_user_are_shown_without_details(stage: Stage) -> None:
    """Check 21."""
    richard, name = stage.person("Editors"), f"Described-{uuid4().hex}"
    stage.admin("CreateGroup", GroupName=name, Description="They help", Precedence=9)
    stage.admin("AdminAddUserToGroup", Username=richard.sub, GroupName=name)
    answer = stage.get(stage.member("Admins"), "listGroupsForUser", username=richard.email)
    stage.admin("DeleteGroup", GroupName=name)
    assert answer.status_code == 200
    assert sorted(answer.json()["Groups"], key=len) == [
        {"GroupName": "Editors"},
        {"GroupName": name, "Description": "They help"},
    ]


def test_the_members_of_a_group(stage: Stage) -> None:
    """Check 23: members only, as list members are shown."""
    richard = stage.person("Support")
    answer = stage.get(stage.member("Admins"), "listUsersInGroup", groupname="Support", limit="60")
    shown = {user["Username"]: user for user in answer.json()["Users"]}
    assert answer.status_code == 200
    assert shown.keys() == stage.members("Support")
    assert {"Attributes", "UserCreateDate", "Enabled", "UserStatus"} < shown[richard.sub].keys()


def test_users_sign_themselves_out(stage: Stage) -> None:
    """Check 26 and 28: no group is needed, and refresh tokens are revoked."""
    for groups in (("Admins",), ()):
        alice = stage.person(*groups)
        refresh = alice.session._tokens["RefreshToken"]
        answer = stage.post(alice, "signUserOut", {"username": alice.sub})
        assert (answer.status_code, answer.json()) == (200, {"message": f"Signed out {alice.sub} from all devices"})
        again = stage.running.public(
            "InitiateAuth",
            ClientId=stage.running.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh},
        )
        assert again.status_code == 400


def test_nobody_signs_somebody_else_out(stage: Stage) -> None:
    """Check 27, on all routes' own terms: 400, and the other's session lives on."""
    alice, richard = stage.member("Admins"), stage.person()
    assert alice.token
    assert richard.token
    before = stage.calls()
    answer = stage.post(alice, "signUserOut", {"username": richard.sub})
    assert (answer.status_code, answer.json()) == (400, {"message": "only the user can sign themselves out"})
    assert stage.calls() == before
    assert stage.post(richard, "signUserOut", {"username": richard.sub}).status_code == 200


@pytest.mark.parametrize("username", [None, "null", "undefined", ["alice"], 12, {}, ""])
def test_only_a_text_can_be_ones_own_name(stage: Stage, username: object) -> None:
    """Check 29."""
    editor = stage.member("Editors")
    assert editor.token
    before = stage.calls()
    answer = stage.post(editor, "signUserOut", {"username": username})
    text = "only the user can sign themselves out" if username in ("null", "undefined") else "username is required"
    assert (answer.status_code, answer.json()) == (400, {"message": text})
    assert stage.calls() == before


def test_an_id_token_names_its_owner(stage: Stage) -> None:
    """Check 30 and 31."""
    alice = stage.person()
    headers = {"authorization": alice.session.id_token}
    answer = stage.post(None, "signUserOut", {}, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": "username is required"})
    assert stage.post(None, "signUserOut", {"username": alice.sub}, headers=headers).status_code == 200


def test_paths_are_read_kindly(stage: Stage) -> None:
    """Check 50: case, a last slash and doubled slashes do not matter."""
    alice = stage.member("Admins")
    for path in ("/dev/listUsers/", "/dev/LISTusers", "/dev//listUsers", "/dev/listUsers//"):
        assert stage.get(alice, path).status_code == 200, path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "addUserToGroup"),
        ("POST", "listUsers"),
        ("GET", "nope"),
        ("HEAD", "listUsers"),
        ("PUT", "enableUser"),
        ("GET", "%6cistUsers"),
        ("GET", "listUsers%2F"),
        ("GET", "listUsers%00"),
        ("GET", "dev%2FlistUsers"),
    ],
)
def test_what_is_no_route(stage: Stage, method: str, path: str) -> None:
    """Check 49: JSON, and 404 rather than 405. An encoded path is another path."""
    answer = stage.send(stage.member("Admins"), method, path)
    assert answer.status_code == 404
    assert method == "HEAD" or answer.json() == {"message": "Not Found"}
    assert answer.headers["access-control-allow-origin"] == "*"


def test_every_answer_may_be_read_by_a_web_page(stage: Stage) -> None:
    """Check 48: successes and refusals alike, once each."""
    alice, editor = stage.member("Admins"), stage.member("Editors")
    headers = {"origin": "https://app.example.com"}
    asked = [(alice, "listUsers", 200), (alice, "getUser", 400), (editor, "listUsers", 403), (None, "listUsers", 401)]
    for who, path, status in asked:
        answer = stage.send(who, "GET", path, headers=headers)
        assert answer.status_code == status
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_no_refusal_looks_like_a_wrong_clock(stage: Stage) -> None:
    """Check 55: aws-amplify would send the request three times."""
    alice = stage.member("Admins")
    answers = [stage.get(alice, route) for route in (*READS, *WRITES)] + [stage.post(alice, route) for route in WRITES]
    for answer in answers:
        assert answer.headers.get("x-amzn-errortype") != "BadRequestException"
        assert answer.status_code == 200 or answer.json().keys() == {"message"}
