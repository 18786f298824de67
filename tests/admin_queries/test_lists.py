"""Pages: how many items, how the next page is asked for, and which tokens and limits are refused."""

import re
from uuid import uuid4

import pytest
from admin_queries.stage import Stage

TOKEN = re.compile(r"[A-Za-z0-9_-]+")


def crowd(stage: Stage, count: int, group: str = "Editors") -> None:
    """At least `count` members of the group."""
    for _ in range(count - len(stage.members(group))):
        stage.invited(group)


def pages(stage: Stage, route: str, member: str, **query: str) -> list[list[str]]:
    """The names on every page, as a client collects them."""
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = stage.get(stage.member("Admins"), route, **query, **token)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body.keys() <= {member, "NextToken"}
        found.append([item["Username" if member == "Users" else "GroupName"] for item in body[member]])
        if "NextToken" not in body:
            return found
        assert TOKEN.fullmatch(body["NextToken"])
        token = {"token": body["NextToken"]}


def test_users_come_in_pages_of_25(stage: Stage) -> None:
    """Check 11 and 18."""
    crowd(stage, 30)
    answer = stage.get(stage.member("Admins"), "listUsers")
    body = answer.json()
    assert len(body["Users"]) == 25
    assert all("Attributes" in user and "UserAttributes" not in user for user in body["Users"])
    assert body.keys() == {"Users", "NextToken"}
    assert TOKEN.fullmatch(body["NextToken"])


def test_pages_hold_everybody_once(stage: Stage) -> None:
    """Check 12."""
    crowd(stage, 30)
    names = [name for page in pages(stage, "listUsers", "Users", limit="10") for name in page]
    assert len(names) == len(set(names))
    assert set(names) == {user["Username"] for user in stage.every("ListUsers", "Users")}


def test_the_members_of_a_group_in_pages_of_10(stage: Stage) -> None:
    """Check 23, as the printed page asks for them."""
    crowd(stage, 25)
    found = pages(stage, "listUsersInGroup", "Users", groupname="Editors", limit="10")
    assert {len(page) for page in found[:-1]} == {10}
    assert {name for page in found for name in page} == stage.members("Editors")


def test_groups_come_in_pages(stage: Stage) -> None:
    """Check 19 and 20: the second page is reached, and groups are shown in full."""
    names = {f"Team-{uuid4().hex}" for _ in range(30)}
    for name in names:
        stage.admin("CreateGroup", GroupName=name)
    found = pages(stage, "listGroups", "Groups")
    shown = stage.get(stage.member("Admins"), "listGroups", limit="1").json()["Groups"]
    for name in names:
        stage.admin("DeleteGroup", GroupName=name)
    assert len(found[0]) == 25
    assert names < {name for page in found for name in page}
    assert len(shown) == 1
    assert {"GroupName", "CreationDate", "LastModifiedDate", "UserPoolId"} <= shown[0].keys()


def test_the_groups_of_a_user_in_pages(stage: Stage) -> None:
    richard = stage.person("Admins", "Support", "Editors")
    found = pages(stage, "listGroupsForUser", "Groups", username=richard.sub, limit="2")
    assert sorted(name for page in found for name in page) == ["Admins", "Editors", "Support"]
    assert [len(page) for page in found] == [2, 1]


def test_what_clients_send_for_nothing(stage: Stage) -> None:
    """Check 13 and 14: empty texts of v5, the word undefined of v6."""
    alice = stage.member("Admins")
    plain = stage.get(alice, "listUsers").json()["Users"]
    assert stage.get(alice, "listUsers", limit="", token="").json()["Users"] == plain
    assert stage.get(alice, "listUsers", limit="null", token="null").json()["Users"] == plain
    first = stage.get(alice, "listUsers", limit="2").json()["Users"]
    assert stage.get(alice, "listUsers", limit="2", token="undefined").json()["Users"] == first


def test_zero_asks_for_the_largest_page(stage: Stage) -> None:
    """Check 15."""
    crowd(stage, 30)
    answer = stage.get(stage.member("Admins"), "listUsers", limit="0")
    assert answer.status_code == 200
    assert 30 < len(answer.json()["Users"]) <= 60


@pytest.mark.parametrize("route", ["listUsers", "listGroups", "listGroupsForUser", "listUsersInGroup"])
def test_what_is_no_limit(stage: Stage, route: str) -> None:
    """Check 16: refused before the user pool is asked."""
    alice = stage.member("Admins")
    needed = {"username": alice.sub, "groupname": "Editors"}
    assert stage.get(alice, route, limit="60", **needed).status_code == 200
    before = stage.calls()
    for limit in ("61", "-1", "abc", "10abc", "10.9", "1e1", "0x10", "1 0", "+5", "٣", "9" * 5000, "1_0"):
        answer = stage.get(alice, route, limit=limit, **needed)
        assert (answer.status_code, answer.json()) == (400, {"message": "limit must be a whole number from 0 to 60"})
    assert stage.calls() == before


def test_foreign_and_changed_tokens(stage: Stage) -> None:
    """Check 17: a token belongs to one list with its arguments, and is the user pool's own."""
    alice = stage.member("Admins")
    crowd(stage, 3)
    members = stage.get(alice, "listUsersInGroup", groupname="Editors", limit="1").json()["NextToken"]
    groups = stage.get(alice, "listGroups", limit="1").json()["NextToken"]
    changed = groups[:30] + ("A" if groups[30] != "A" else "B") + groups[31:]
    for route, token in [
        ("listUsers", groups),
        ("listUsers", members),
        ("listUsersInGroup?groupname=Admins", members),
        ("listGroups", changed),
        ("listGroups", groups + "A"),
        ("listGroups", groups + "="),
        ("listGroups", "x"),
        ("listGroups", "é"),
        ("listGroups", "AAAAAAAA"),
        ("listGroups", " "),
    ]:
        answer = stage.send(alice, "GET", f"/dev/{route}", params={"token": token} if "?" not in route else None)
        if "?" in route:
            answer = stage.send(alice, "GET", f"/dev/{route}&token={token}")
        assert answer.status_code == 400, (route, token, answer.text)
        assert answer.json().keys() == {"message"}


@pytest.mark.parametrize("name", ["username", "limit", "token"])
def test_a_parameter_is_given_once(stage: Stage, name: str) -> None:
    """Two readers could take two values from it."""
    alice = stage.member("Admins")
    before = stage.calls()
    answer = stage.send(alice, "GET", f"/dev/listGroupsForUser?username={alice.sub}&{name}=1&{name}=2")
    assert (answer.status_code, answer.json()) == (400, {"message": f"{name} is given more than once"})
    assert stage.calls() == before


def test_an_unknown_group_or_user_is_400(stage: Stage) -> None:
    """Check 10 and 25: the words of the user pool; some clients take exactly this status for nobody."""
    alice = stage.member("Admins")
    answer = stage.get(alice, "listUsersInGroup", groupname="Nope")
    assert (answer.status_code, answer.json()) == (400, {"message": "Group not found."})
    for route in ("getUser", "listGroupsForUser"):
        answer = stage.get(alice, route, username="ghost")
        assert (answer.status_code, answer.json()) == (400, {"message": "User does not exist."})


def test_a_filter_is_not_ignored(stage: Stage) -> None:
    """A list that looks filtered and is not would be dangerous to act on."""
    answer = stage.get(stage.member("Admins"), "listUsers", filter='email ^= "nobody"')
    assert (answer.status_code, answer.json()) == (400, {"message": "filter is not switched on"})
