"""What clients send as a body, and what is missing or wrong in it."""

import json
from typing import Any

import pytest
from admin_queries.stage import NOT_AN_ADMIN, WRITES, Stage

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("route", WRITES)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"username": ""}', b'{"username": null}', b'{"username": 0}'])
def test_what_is_missing_is_named(stage: Stage, route: str, body: bytes) -> None:
    """Check 3 and 7."""
    alice = stage.member("Admins")
    assert alice.token
    before = stage.calls()
    answer = stage.post(alice, route, body)
    text = "username and groupname are required" if "Group" in route else "username is required"
    assert (answer.status_code, answer.json()) == (400, {"message": text})
    assert stage.calls() == before


def test_one_of_two_is_not_enough(stage: Stage) -> None:
    """Check 3."""
    alice = stage.member("Admins")
    for body in ({"username": "richard"}, {"groupname": "Editors"}):
        answer = stage.post(alice, "addUserToGroup", body)
        assert (answer.status_code, answer.json()) == (400, {"message": "username and groupname are required"})


@pytest.mark.parametrize("route", ["getUser", "listGroupsForUser", "listUsersInGroup"])
def test_what_is_missing_in_a_query(stage: Stage, route: str) -> None:
    """Check 9, 22 and 24."""
    name = "groupname" if "InGroup" in route else "username"
    answer = stage.get(stage.member("Admins"), route)
    assert (answer.status_code, answer.json()) == (400, {"message": f"{name} is required"})


@pytest.mark.parametrize("username", [12, True, ["richard"], {"a": 1}])
def test_a_name_is_a_text(stage: Stage, username: Any) -> None:
    alice = stage.member("Admins")
    assert alice.token
    before = stage.calls()
    answer = stage.post(alice, "disableUser", {"username": username})
    assert (answer.status_code, answer.json()) == (400, {"message": "username must be a text"})
    assert stage.calls() == before


@pytest.mark.parametrize("body", [b"{", b"null", b"7", b'"text"', b'{"username": NaN}', b"[" * 90_000, b"\xff\xfe"])
def test_a_body_that_is_no_object(stage: Stage, body: bytes) -> None:
    """Check 37: who may not call learns nothing about the body; both answers can be read by a web page."""
    answer = stage.post(stage.member("Editors"), "disableUser", body)
    assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)
    assert answer.headers["access-control-allow-origin"] == "*"
    answer = stage.post(stage.member("Admins"), "disableUser", body)
    assert answer.status_code == 400
    assert answer.json().keys() == {"message"}
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "headers",
    [JSON, {"content-type": "application/json; charset=UTF-8"}, {"content-type": "text/plain"}, {}],
)
def test_json_under_every_name(stage: Stage, headers: dict[str, str]) -> None:
    """Check 39 and 40: Android names no type at all."""
    alice, richard = stage.member("Admins"), stage.person()
    body = json.dumps({"username": richard.sub, "groupname": "Editors"}).encode()
    answer = stage.send(alice, "POST", "addUserToGroup", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert stage.groups_of(richard) == {"Editors"}


def test_a_form_is_read(stage: Stage) -> None:
    """Flutter's and old clients' encoding; a repeated field is refused."""
    alice, richard = stage.member("Admins"), stage.person()
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"username={richard.email.replace('@', '%40')}&groupname=Editors".encode()
    assert stage.send(alice, "POST", "addUserToGroup", content=body, headers=form).status_code == 200
    assert stage.groups_of(richard) == {"Editors"}
    twice = f"username={richard.sub}&username={alice.sub}".encode()
    answer = stage.send(alice, "POST", "disableUser", content=twice, headers=form)
    assert (answer.status_code, answer.json()) == (400, {"message": "username is given more than once"})
    assert stage.user(richard)["Enabled"] is True
    assert stage.user(alice)["Enabled"] is True


def test_other_text_is_an_empty_body(stage: Stage) -> None:
    """Text that claims to be no JSON, and is none."""
    answer = stage.post(stage.member("Admins"), "disableUser", b"hello", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()) == (400, {"message": "username is required"})


def test_the_body_of_a_get_is_not_read(stage: Stage) -> None:
    """Check 38: aws-amplify v5 sends `null` under Node."""
    alice = stage.member("Admins")
    for body in (b"null", b"{"):
        answer = stage.send(alice, "GET", "getUser", params={"username": alice.sub}, content=body, headers=JSON)
        assert answer.status_code == 200
        assert answer.json()["Username"] == alice.sub


def test_the_query_of_a_post_is_not_read(stage: Stage) -> None:
    alice, richard = stage.member("Admins"), stage.person()
    answer = stage.post(alice, f"/dev/disableUser?username={richard.sub}", {})
    assert (answer.status_code, answer.json()) == (400, {"message": "username is required"})
    assert stage.user(richard)["Enabled"] is True


def test_a_large_body(stage: Stage) -> None:
    """Check 56: the limit of 100 KiB, counted in bytes."""
    alice = stage.member("Admins")
    for text in ("x" * 102_400, "é" * 51_200):
        answer = stage.post(alice, "disableUser", json.dumps({"username": text}, ensure_ascii=False).encode())
        assert (answer.status_code, answer.json()) == (413, {"message": "request entity too large"})
    answer = stage.post(alice, "disableUser", json.dumps({"username": "x" * 102_000}).encode())
    assert answer.status_code == 400


def test_what_names_may_hold(stage: Stage) -> None:
    """Check 57: the user pool's own rules; an emoji is allowed."""
    alice = stage.member("Admins")
    for username in ("x" * 129, "two words", "\ud800"):
        answer = stage.post(alice, "disableUser", {"username": username})
        assert answer.status_code == 400, answer.text
    answer = stage.get(alice, "getUser", username="🙂")
    assert (answer.status_code, answer.json()) == (400, {"message": "User does not exist."})
