"""aws-amplify v6: the printed call of the source document, and everybody whom it must refuse.

Every refusal reads the group back: an answer that says no while the user was added would be worse than a yes.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from clients.development import Backend, User
from clients.javascript import Script, Thrown

PRINTED = """\
import type { Schema } from "../amplify/data/resource"
import { generateClient } from "aws-amplify/data"

const client = generateClient<Schema>()

await client.mutations.addUserToGroup({
  groupName: "ADMINS",
  userId: "5468d468-4061-70ed-8870-45c766d26225",
})
"""
BY_TOKEN = {"authMode": "userPool"}
NOT_AUTHORIZED = "Not Authorized to access addUserToGroup on type Mutation"
SignIn = Callable[[User], Script]


def to_admins(user: User) -> dict[str, str]:
    return {"groupName": "ADMINS", "userId": user.sub}


def refused_by_the_api(answer: dict[str, Any]) -> bool:
    """What the client makes of a 401."""
    (error,) = answer["errors"]
    return answer["data"] is None and error["message"] == "Unauthorized" and "authMode" in error["recoverySuggestion"]


def refused_as_past(answer: dict[str, Any]) -> bool:
    """What the client makes of a 403 for credentials that are past: it reads no message where AppSync puts it."""
    return answer["data"] is None and answer["errors"] == [{"message": "Unknown error"}]


def refused_by_the_field(answer: dict[str, Any]) -> bool:
    """The field error of the spec (E8)."""
    (error,) = answer["errors"]
    shape = {name: error[name] for name in ("path", "data", "errorType", "errorInfo", "locations", "message")}
    return answer["data"] is None and shape == {
        "path": ["addUserToGroup"],
        "data": None,
        "errorType": "Unauthorized",
        "errorInfo": None,
        "locations": [{"line": 2, "column": 3, "sourceName": None}],
        "message": NOT_AUTHORIZED,
    }


def test_the_printed_file_runs(backend: Backend, signed_in: SignIn) -> None:
    """The front-end file of the source document, only its user id exchanged, adds the user."""
    user = backend.new_user()
    name = f"src/client-{user.sub}.ts"
    path = backend.project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(PRINTED.replace("5468d468-4061-70ed-8870-45c766d26225", user.sub), encoding="utf-8")
    signed_in(backend.new_user("ADMINS"))("run", name)
    assert backend.groups_of(user) == ["ADMINS"]


def test_the_printed_file_of_an_ordinary_user(backend: Backend, signed_in: SignIn) -> None:
    """The same file, run by somebody else, adds nobody."""
    user = backend.new_user()
    name = f"src/client-{user.sub}.ts"
    path = backend.project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(PRINTED.replace("5468d468-4061-70ed-8870-45c766d26225", user.sub), encoding="utf-8")
    signed_in(backend.new_user())("run", name)
    assert backend.groups_of(user) == []


@pytest.mark.parametrize("options", [{}, {"authMode": "iam"}, {"authMode": "identityPool"}, BY_TOKEN])
def test_a_member_succeeds(backend: Backend, signed_in: SignIn, options: dict[str, str]) -> None:
    """Without authMode, under iam and under userPool: a JSON string, no errors, and the user is in the group."""
    user = backend.new_user()
    answer = signed_in(backend.new_user("ADMINS"))("addUserToGroup", to_admins(user), options)
    assert list(answer) == ["data"]
    assert json.loads(answer["data"])["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert backend.groups_of(user) == ["ADMINS"]


def test_adding_twice(backend: Backend, signed_in: SignIn) -> None:
    """A retry of Amplify's must not hurt: the second call succeeds and changes nothing."""
    user = backend.new_user()
    tab = signed_in(backend.new_user("ADMINS"))
    for _ in range(2):
        assert "errors" not in tab("addUserToGroup", to_admins(user))
    assert backend.groups_of(user) == ["ADMINS"]


def test_an_ordinary_user_under_iam(backend: Backend, signed_in: SignIn) -> None:
    """The authenticated role may not call the field."""
    user = backend.new_user()
    assert refused_by_the_api(signed_in(user)("addUserToGroup", to_admins(user)))
    assert backend.groups_of(user) == []


def test_an_ordinary_user_with_his_token(backend: Backend, signed_in: SignIn) -> None:
    """The token passes the API and fails at the field (spec check C4)."""
    user = backend.new_user()
    assert refused_by_the_field(signed_in(user)("addUserToGroup", to_admins(user), BY_TOKEN))
    assert backend.groups_of(user) == []


@pytest.mark.parametrize("group", ["EDITORS", "admins"])
def test_a_member_of_another_group(backend: Backend, signed_in: SignIn, group: str) -> None:
    """Another group does not count, and neither does the same name in small letters."""
    if group not in {found["GroupName"] for found in backend.root.list_groups(UserPoolId=backend.pool_id)["Groups"]}:
        backend.root.create_group(UserPoolId=backend.pool_id, GroupName=group)
    user = backend.new_user(group)
    tab = signed_in(user)
    assert refused_by_the_api(tab("addUserToGroup", to_admins(user)))
    assert refused_by_the_field(tab("addUserToGroup", to_admins(user), BY_TOKEN))
    assert backend.groups_of(user) == [group]


def test_a_guest(backend: Backend, tab: Script) -> None:
    """A guest's signature is good, his role is not."""
    user = backend.new_user()
    assert refused_by_the_api(tab("addUserToGroup", to_admins(user)))
    assert backend.groups_of(user) == []


def test_nobody_with_a_token(backend: Backend, tab: Script) -> None:
    """Signed out and with guests allowed, Amplify has a session without tokens and sends nothing."""
    user = backend.new_user()
    with pytest.raises(Thrown, match="NoValidAuthTokens"):
        tab("addUserToGroup", to_admins(user), BY_TOKEN)
    assert backend.groups_of(user) == []


def test_after_sign_out(backend: Backend, signed_in: SignIn) -> None:
    """An admin who signs out is a guest in the same tab."""
    user = backend.new_user()
    tab = signed_in(backend.new_user("ADMINS"))
    tab("signOut")
    assert refused_by_the_api(tab("addUserToGroup", to_admins(user)))
    with pytest.raises(Thrown, match="NoValidAuthTokens"):
        tab("addUserToGroup", to_admins(user), BY_TOKEN)
    assert backend.groups_of(user) == []


def test_an_invented_api_key(backend: Backend, signed_in: SignIn) -> None:
    """The API has no key; even an admin's tab is refused with one."""
    user = backend.new_user()
    tab = signed_in(backend.new_user("ADMINS"))
    query = 'mutation M($u: String!) { addUserToGroup(userId: $u, groupName: "ADMINS") }'
    request = {"query": query, "variables": {"u": user.sub}, "authMode": "apiKey", "apiKey": "da2-invented"}
    with pytest.raises(Thrown) as thrown:
        tab("graphql", request)
    assert refused_by_the_api({**thrown.value.result, "data": None})
    assert thrown.value.result["data"] == {}
    assert backend.groups_of(user) == []


def test_a_removed_admin(backend: Backend, signed_in: SignIn) -> None:
    """Old tokens and old credentials do not outlive the membership: the groups are looked up at each call."""
    user, admin = backend.new_user(), backend.new_user("ADMINS")
    tab = signed_in(admin)
    assert tab("fetchAuthSession")["claims"]["cognito:groups"] == ["ADMINS"]
    backend.remove(admin, "ADMINS")
    assert refused_by_the_api(tab("addUserToGroup", to_admins(user)))
    assert refused_by_the_field(tab("addUserToGroup", to_admins(user), BY_TOKEN))
    assert backend.groups_of(user) == []


def test_a_new_admin_after_a_refresh(backend: Backend, signed_in: SignIn) -> None:
    """A token from before the promotion is refused, the refreshed one passes (spec check R12)."""
    user, other = backend.new_user(), backend.new_user()
    tab = signed_in(user)
    tab("fetchAuthSession")
    backend.add(user, "ADMINS")
    assert refused_by_the_field(tab("addUserToGroup", to_admins(other), BY_TOKEN))
    assert refused_by_the_api(tab("addUserToGroup", to_admins(other)))
    assert backend.groups_of(other) == []
    tab("fetchAuthSession", {"forceRefresh": True})
    assert "errors" not in tab("addUserToGroup", to_admins(other))
    assert backend.groups_of(other) == ["ADMINS"]


@pytest.mark.parametrize("end", ["admin_disable_user", "admin_delete_user"])
def test_an_admin_who_is_gone(backend: Backend, signed_in: SignIn, end: str) -> None:
    """Neither the tokens nor the credentials of a disabled or deleted admin add anybody."""
    user, admin = backend.new_user(), backend.new_user("ADMINS")
    tab = signed_in(admin)
    tab("fetchAuthSession")
    getattr(backend.root, end)(UserPoolId=backend.pool_id, Username=admin.sub)
    for options in (BY_TOKEN, {}):
        assert tab("addUserToGroup", to_admins(user), options)["data"] is None
    assert backend.groups_of(user) == []


def test_a_globally_signed_out_admin(backend: Backend, signed_in: SignIn) -> None:
    """His access token and his identity-pool credentials are refused by the API before their time is up."""
    user, admin = backend.new_user(), backend.new_user("ADMINS")
    tab = signed_in(admin)
    tab("fetchAuthSession")
    backend.root.admin_user_global_sign_out(UserPoolId=backend.pool_id, Username=admin.sub)
    assert refused_by_the_api(tab("addUserToGroup", to_admins(user), BY_TOKEN))
    assert refused_as_past(tab("addUserToGroup", to_admins(user), {}))
    assert backend.groups_of(user) == []


@pytest.mark.parametrize("missing", ["userId", "groupName"])
def test_a_missing_argument(backend: Backend, signed_in: SignIn, missing: str) -> None:
    """The generated introspection makes the client refuse it before anything is sent."""
    user = backend.new_user()
    given = {name: value for name, value in to_admins(user).items() if name != missing}
    with pytest.raises(Thrown, match=f"^Error: addUserToGroup requires arguments '{missing}'$"):
        signed_in(backend.new_user("ADMINS"))("addUserToGroup", given)
    assert backend.groups_of(user) == []


def test_what_the_user_pool_refuses(backend: Backend, signed_in: SignIn) -> None:
    """An unknown group is the handler's error; the client gets it with the service's words."""
    user = backend.new_user()
    tab = signed_in(backend.new_user("ADMINS"))
    answer = tab("addUserToGroup", {"groupName": "NO-SUCH-GROUP", "userId": user.sub})
    assert answer["data"] is None
    assert answer["errors"][0]["errorType"] == "Lambda:Unhandled"
    assert answer["errors"][0]["message"].endswith("Group not found.")
    assert backend.groups_of(user) == []


def test_a_generic_call_with_an_unknown_field(signed_in: SignIn, backend: Backend) -> None:
    """client.graphql() rejects with the validation error of the spec (E11)."""
    tab = signed_in(backend.new_user("ADMINS"))
    with pytest.raises(Thrown) as thrown:
        tab("graphql", {"query": "mutation { nope }", **BY_TOKEN})
    message = "Validation error of type FieldUndefined: Field 'nope' in type 'Mutation' is undefined @ 'nope'"
    assert thrown.value.result["errors"][0]["message"] == message


def test_with_the_identity_pool_out_of_reach(backend: Backend, signed_in: SignIn) -> None:
    """Amplify needs the identity pool that it is told of even for a token (C5); without one it does not (C6)."""
    user = backend.new_user()
    tab = signed_in(backend.new_user("ADMINS"))
    tab("change", {"identityPoolEndpoint": "http://127.0.0.1:9/"})
    with pytest.raises(Thrown, match="NoSignedUser"):
        tab("addUserToGroup", to_admins(user), BY_TOKEN)
    assert backend.groups_of(user) == []
    tab("change", {"identityPoolId": None})
    assert "errors" not in tab("addUserToGroup", to_admins(user), BY_TOKEN)
    assert backend.groups_of(user) == ["ADMINS"]
