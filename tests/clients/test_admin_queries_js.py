"""Admin Queries through aws-amplify v5 and v6 in Node: the page's example, every error, and react-admin-amplify."""

from collections.abc import Callable
from typing import Any

import pytest
from clients import generated
from clients.admin_queries_example import seed
from clients.development import Backend, User
from clients.javascript import Script, Thrown

RICHARD = User("richard", "richard")
NOT_AN_ADMIN = "User does not have permissions to perform administrative tasks"
ERRORS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("post", "/addUserToGroup", {"body": {"username": "richard"}}, 400, "username and groupname are required"),
    ("post", "/addUserToGroup", {"body": {"username": "ghost", "groupname": "Editors"}}, 400, "User does not exist."),
    ("post", "/addUserToGroup", {"body": {"username": "richard", "groupname": "Nope"}}, 400, "Group not found."),
    ("post", "/disableUser", {"body": {}}, 400, "username is required"),
    ("post", "/signUserOut", {"body": {"username": "richard"}}, 400, "only the user can sign themselves out"),
    ("get", "/getUser", {"query": {"username": "ghost"}}, 400, "User does not exist."),
    ("get", "/listUsersInGroup", {"query": {"limit": 10}}, 400, "groupname is required"),
    ("get", "/listUsers", {"query": {"limit": 61}}, 400, "limit must be"),
    ("get", "/listUsers", {"query": {"limit": 10, "token": "tampered"}}, 400, ""),
    ("get", "/addUserToGroup", {}, 404, "Not Found"),
    ("put", "/listUsers", {"body": {}}, 404, "Not Found"),
    ("get", "/nothing", {}, 404, "Not Found"),
]
Tab = Callable[..., Script]


@pytest.fixture
def backend(queries: Backend) -> Backend:
    """richard is no editor yet."""
    queries.remove(RICHARD, "Editors")
    return queries


@pytest.fixture
def tab(backend: Backend, script: Callable[..., Script]) -> Tab:
    """A tab with one of the generated files, and somebody signed in."""

    def tab(version: str, name: str = "alice") -> Script:
        if version == "v6":
            made = script("queries6.mjs", str(backend.project))
        else:
            file = {"v5": "aws-exports.js", "v5 module": "poolhouse_local_v5.js"}[version]
            made = script("queries5.mjs", str(generated.write(backend, "exports", "js-v5") / file))
        assert made("signIn", name, seed.PASSWORD) is True
        return made

    return tab


def asked(version: str, given: dict[str, Any]) -> dict[str, Any]:
    """Each version's own name of a query."""
    names = {"query": "queryStringParameters" if version.startswith("v5") else "queryParams"}
    options = {names.get(name, name): value for name, value in given.items()}
    if version == "v6" and "query" in given:
        options["queryParams"] = {name: str(value) for name, value in given["query"].items()}
    return options


@pytest.mark.parametrize("version", ["v5", "v5 module", "v6"])
def test_58_the_pages_example(backend: Backend, tab: Tab, version: str) -> None:
    """richard becomes an editor; 26 editors come in pages of ten, each once; nobody but this server is asked."""
    amplify = tab(version)
    assert amplify("addToGroup") == {"message": "Success adding richard to Editors"}
    assert backend.groups_of(RICHARD) == ["Editors"]
    pages = []
    while not pages or amplify("hasMore"):
        pages.append(amplify("listEditors", 10))
    assert [len(page["Users"]) for page in pages] == [10, 10, 6]
    assert all(list(page) == ["Users"] for page in pages)
    names = [user["Username"] for page in pages for user in page["Users"]]
    assert sorted(names) == sorted(["richard", *seed.EDITORS])
    assert amplify("reached") == [backend.url.removeprefix("http://")]


@pytest.mark.parametrize("version", ["v5", "v6"])
def test_every_error(backend: Backend, tab: Tab, version: str) -> None:
    """Status and words arrive, v6 tries none of them again, and nothing has changed."""
    amplify = tab(version)
    before = backend.root.list_users(UserPoolId=backend.pool_id)["Users"]
    for method, path, given, status, message in ERRORS:
        told = amplify("call", method, path, asked(version, given))
        assert told["status"] == status, (path, told)
        assert message in (told["body"] if version == "v5" else told)["message"], (path, told)
        assert told.get("attempts", 1) == 1, path
    assert backend.groups_of(RICHARD) == []
    assert backend.root.list_users(UserPoolId=backend.pool_id)["Users"] == before


@pytest.mark.parametrize("version", ["v5", "v6"])
def test_who_is_no_admin(backend: Backend, tab: Tab, version: str) -> None:
    """403 for both functions of the page, and for a path that is none; signing oneself out is everybody's own."""
    amplify = tab(version, "richard")
    for call in (["addToGroup"], ["listEditors", 10]):
        with pytest.raises(Thrown, match="403" if version == "v5" else NOT_AN_ADMIN):
            amplify(*call)
    told = amplify("call", "get", "/nothing", {})
    assert (told["status"], told.get("attempts", 1)) == (403, 1)
    assert backend.groups_of(RICHARD) == []
    done = amplify("call", "post", "/signUserOut", {"body": {"username": "richard"}})
    assert done["body"] == {"message": "Signed out richard from all devices"}


def test_tokens_of_v6(backend: Backend, tab: Tab) -> None:
    """An ID token and `Bearer` pass; without a header v6 signs for IAM, which this API refuses at once."""
    amplify = tab("v6")
    user = {"queryParams": {"username": "richard"}}
    assert amplify("call", "get", "/getUser", {**user, "token": "id"})["body"]["Username"] == "richard"
    told = amplify("call", "get", "/getUser", {**user, "token": "none"})
    assert (told["status"], told["message"], told["attempts"]) == (401, "Unauthorized", 1)
    wrong = amplify(
        "call", "get", "/getUser", {**user, "token": "none", "headers": {"Authorization": "[object Object]"}}
    )
    assert (wrong["status"], wrong["message"], wrong["attempts"]) == (401, "Unauthorized", 1)
    named = {**user, "headers": {"Content-Type": "application/json"}}
    assert set(amplify("call", "get", "/getUser", named)["body"]) >= {"UserAttributes", "UserStatus", "Enabled"}


@pytest.mark.parametrize("version", ["v5", "v6"])
def test_a_first_page_without_a_token(tab: Tab, version: str) -> None:
    """v5 sends an empty value for what is undefined, v6 the text: both mean the first page."""
    amplify = tab(version)
    query = asked(version, {"query": {"limit": 10, "token": "" if version == "v5" else "undefined"}})
    answer = amplify("call", "get", "/listUsers", query)["body"]
    assert len(answer["Users"]) == 10
    assert set(answer) == {"Users", "NextToken"}


def test_59_react_admin_amplify(backend: Backend, tab: Tab) -> None:
    """Its lists go from page to page; a user whom nobody knows is an empty list, which takes a status of 400."""
    admin = tab("v5")

    def users(page: int, **filter_: Any) -> dict[str, Any]:
        pagination = {"page": page, "perPage": 25}
        return admin("reactAdmin", "getList", "cognitoUsers", {"filter": filter_, "pagination": pagination, "sort": {}})

    first, second = users(1), users(2)
    names = [user["id"] for page in (first, second) for user in page["data"]]
    known = [user["Username"] for user in backend.root.list_users(UserPoolId=backend.pool_id)["Users"]]
    assert sorted(names) == sorted(known)
    assert len(first["data"]) == 25
    assert [user["email"] for user in users(1, getUser={"username": "richard"})["data"]] == ["richard@example.com"]
    assert users(1, getUser={"username": "ghost"}) == {"data": [], "total": 0}
    assert users(1, listUsersInGroup={"groupname": "Nope"})["data"] == []
    assert admin("reactAdmin", "getOne", "cognitoUsers", {"id": "richard"})["data"]["id"] == "richard"
