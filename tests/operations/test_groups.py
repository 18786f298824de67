"""Groups and memberships through the gate."""

import pytest
from cases import each
from operations.test_identity_pools import function
from pool_rows import add_group, add_pool, add_user

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.access.resources import user_pool_arn
from poolhouse.errors import (
    GroupExistsException,
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)

ROLE = "arn:aws:iam::000000000000:role/admins"


@pytest.fixture
async def pool(database):
    return await add_pool(database, UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})


@pytest.fixture
async def ada(database, pool):
    return await add_user(database, pool, "0a-sub-like", email="Ada@example.com")


@pytest.fixture
def members(invoke, pool):
    async def members(group="ADMINS"):
        found = await invoke("ListUsersInGroup", {"UserPoolId": pool.id, "GroupName": group})
        return [user["Username"] for user in found["Users"]]

    return members


async def test_create_get_list(invoke, pool):
    given = {"GroupName": "ADMINS", "UserPoolId": pool.id, "Description": "d", "RoleArn": ROLE, "Precedence": 0}
    made = (await invoke("CreateGroup", given))["Group"]
    assert given.items() <= made.items()
    assert made["CreationDate"] == made["LastModifiedDate"]
    assert (await invoke("GetGroup", {"GroupName": "ADMINS", "UserPoolId": pool.id}))["Group"] == made
    assert (await invoke("ListGroups", {"UserPoolId": pool.id}))["Groups"] == [made]


async def test_create_twice_changes_nothing(invoke, pool, database, ada, members):
    """The second one neither replaces the group nor drops its members."""
    await add_group(database, pool, "ADMINS", ada)
    with pytest.raises(GroupExistsException, match=r"A group with the name already exists\."):
        await invoke("CreateGroup", {"GroupName": "ADMINS", "UserPoolId": pool.id, "Description": "new"})
    assert "Description" not in (await invoke("GetGroup", {"GroupName": "ADMINS", "UserPoolId": pool.id}))["Group"]
    assert await members() == [ada.username]


async def test_update_changes_what_it_names(invoke, pool, clock):
    group = {"GroupName": "G", "UserPoolId": pool.id}
    made = (await invoke("CreateGroup", {**group, "Description": "d", "RoleArn": ROLE, "Precedence": 3}))["Group"]
    clock.advance(seconds=5)
    changed = (await invoke("UpdateGroup", {**group, "Precedence": 0}))["Group"]
    assert changed == {**made, "Precedence": 0, "LastModifiedDate": made["CreationDate"] + 5}


async def test_a_role_needs_the_right_to_pass_it(invoke, pool):
    """Who may make and change groups cannot thereby give their members a role that he may not give away."""
    arn = user_pool_arn("us-east-1", "000000000000", pool.id)
    may = {"Action": ["cognito-idp:CreateGroup", "cognito-idp:UpdateGroup"], "Resource": arn}
    other, passes = function(may), function(may, {"Action": "iam:PassRole", "Resource": ROLE})
    group = {"GroupName": "G", "UserPoolId": pool.id}
    with pytest.raises(NotAuthorizedException, match="iam:PassRole"):
        await invoke("CreateGroup", {**group, "RoleArn": ROLE}, principal=other)
    assert await invoke("ListGroups", {"UserPoolId": pool.id}) == {"Groups": []}
    await invoke("CreateGroup", group, principal=other)
    with pytest.raises(NotAuthorizedException, match="iam:PassRole"):
        await invoke("UpdateGroup", {**group, "RoleArn": ROLE}, principal=other)
    with pytest.raises(NotAuthorizedException, match="iam:PassRole"):
        await invoke("UpdateGroup", {**group, "RoleArn": f"{ROLE}-stronger"}, principal=passes)
    assert "RoleArn" not in (await invoke("GetGroup", group))["Group"]
    assert (await invoke("UpdateGroup", {**group, "RoleArn": ROLE}, principal=passes))["Group"]["RoleArn"] == ROLE


@pytest.mark.parametrize("name", ["admins", "Admins", "x,ADMINS", "\uff21DMINS", "ADMIN\u0301S", '"', "{}", "\u2163"])
async def test_names_are_compared_to_the_letter(invoke, pool, database, ada, name):
    """No other spelling reaches a group, and each can be a group of its own."""
    await add_group(database, pool, "ADMINS", ada)
    with pytest.raises(ResourceNotFoundException, match=r"Group not found\."):
        await invoke("GetGroup", {"GroupName": name, "UserPoolId": pool.id})
    await invoke("CreateGroup", {"GroupName": name, "UserPoolId": pool.id})
    found = await invoke("ListUsersInGroup", {"UserPoolId": pool.id, "GroupName": name})
    assert found == {"Users": []}


@each("name", ["Admins ", "a\nb", "", "x" * 129, "A\0"])
async def test_unfit_names(invoke, pool, name):
    with pytest.raises(InvalidParameterException):
        await invoke("CreateGroup", {"GroupName": name, "UserPoolId": pool.id})
    assert await invoke("ListGroups", {"UserPoolId": pool.id}) == {"Groups": []}


async def test_longest_name_and_bad_description(invoke, pool):
    made = await invoke("CreateGroup", {"GroupName": "\U0001d400" * 128, "UserPoolId": pool.id})
    assert len(made["Group"]["GroupName"]) == 128
    with pytest.raises(InvalidParameterException):
        await invoke("CreateGroup", {"GroupName": "G", "UserPoolId": pool.id, "Description": "a\0b"})


@pytest.mark.parametrize("by", ["sub", "username", "email", "other case"])
async def test_add_and_remove_by_any_name(invoke, pool, database, ada, members, by):
    """The membership is the user's, whatever name was used; each call may be repeated."""
    await add_group(database, pool, "ADMINS")
    name = {"sub": ada.sub, "username": ada.username, "email": "Ada@example.com", "other case": "aDA@EXAMPLE.com"}[by]
    request = {"UserPoolId": pool.id, "GroupName": "ADMINS", "Username": name}
    for _ in range(2):
        assert await invoke("AdminAddUserToGroup", request) == {}
        assert await members() == [ada.username]
    for other in (ada.sub, ada.username, "ada@example.com"):
        found = await invoke("AdminListGroupsForUser", {"UserPoolId": pool.id, "Username": other})
        assert [group["GroupName"] for group in found["Groups"]] == ["ADMINS"]
    for _ in range(2):
        assert await invoke("AdminRemoveUserFromGroup", {**request, "Username": ada.sub}) == {}
        assert await members() == []


@pytest.mark.parametrize("name", ["AdminAddUserToGroup", "AdminRemoveUserFromGroup"])
async def test_unknown_group_user_and_pool(invoke, pool, database, ada, members, name):
    await add_group(database, pool, "ADMINS", ada)
    good = {"UserPoolId": pool.id, "GroupName": "ADMINS", "Username": ada.username}
    with pytest.raises(ResourceNotFoundException, match=r"Group not found\."):
        await invoke(name, good | {"GroupName": "NONE"})
    with pytest.raises(UserNotFoundException, match=r"User does not exist\."):
        await invoke(name, good | {"Username": "nobody"})
    with pytest.raises(ResourceNotFoundException, match=r"User pool us-east-1_none does not exist\."):
        await invoke(name, good | {"UserPoolId": "us-east-1_none"})
    assert await members() == [ada.username]


async def test_other_pools_stay_apart(invoke, pool, database, ada):
    """Neither a user nor a group of another pool can be reached."""
    other = await add_pool(database, "testpool2")
    await add_group(database, other, "THEIRS")
    await add_group(database, pool, "OURS")
    with pytest.raises(UserNotFoundException):
        await invoke("AdminAddUserToGroup", {"UserPoolId": other.id, "GroupName": "THEIRS", "Username": ada.sub})
    with pytest.raises(ResourceNotFoundException):
        await invoke("AdminAddUserToGroup", {"UserPoolId": pool.id, "GroupName": "THEIRS", "Username": ada.sub})
    found = await invoke("AdminListGroupsForUser", {"UserPoolId": pool.id, "Username": ada.sub})
    assert found == {"Groups": []}


async def test_hundred_and_first_group(invoke, pool, database, ada):
    """AWS's model declares no error for this; its documentation names LimitExceededException."""
    for number in range(100):
        await add_group(database, pool, f"g{number:03}", *([ada] if number < 99 else []))
    await add_group(database, pool, "more")
    request = {"UserPoolId": pool.id, "Username": ada.sub}
    await invoke("AdminAddUserToGroup", request | {"GroupName": "g099"})
    with pytest.raises(LimitExceededException, match="at most 100 groups"):
        await invoke("AdminAddUserToGroup", request | {"GroupName": "more"})
    assert await invoke("AdminAddUserToGroup", request | {"GroupName": "g000"}) == {}
    first = await invoke("AdminListGroupsForUser", request)
    second = await invoke("AdminListGroupsForUser", request | {"NextToken": first["NextToken"]})
    names = [group["GroupName"] for group in first["Groups"] + second["Groups"]]
    assert names == [f"g{number:03}" for number in range(100)]


async def test_delete_takes_memberships_along(invoke, pool, database, ada):
    """A later group of the same name starts empty."""
    await add_group(database, pool, "ADMINS", ada)
    group = {"UserPoolId": pool.id, "GroupName": "ADMINS"}
    assert await invoke("DeleteGroup", group) == {}
    for name in ("DeleteGroup", "UpdateGroup", "ListUsersInGroup"):
        with pytest.raises(ResourceNotFoundException, match=r"Group not found\."):
            await invoke(name, group)
    await invoke("CreateGroup", group)
    assert await invoke("ListUsersInGroup", group) == {"Users": []}


async def test_members_in_pages(invoke, pool, database):
    """Limit 0 means 60; a token is for its own list, unchanged, for an hour."""
    people = [await add_user(database, pool, f"u{number:02}", email=f"u{number}@example.com") for number in range(62)]
    await add_group(database, pool, "A", *people)
    await add_group(database, pool, "B", *people)
    request = {"UserPoolId": pool.id, "GroupName": "A", "Limit": 0}
    first = await invoke("ListUsersInGroup", request)
    token = first["NextToken"]
    second = await invoke("ListUsersInGroup", request | {"NextToken": token, "Limit": 1})
    assert [len(first["Users"]), len(second["Users"])] == [60, 1]
    assert second["Users"][0]["Username"] == "u60"
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("ListUsersInGroup", request | {"GroupName": "B", "NextToken": token})


async def test_tokens_expire_and_cannot_be_changed(invoke, pool, database, clock):
    for name in "abc":
        await add_group(database, pool, name)
    request = {"UserPoolId": pool.id, "Limit": 1}
    token = (await invoke("ListGroups", request))["NextToken"]
    flipped = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    for bad in (flipped, token[:-1], token + "A", "x", "../../etc", "\u00e9" * 30):
        with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
            await invoke("ListGroups", request | {"NextToken": bad})
    clock.advance(seconds=3599)
    assert (await invoke("ListGroups", request | {"NextToken": token}))["Groups"][0]["GroupName"] == "b"
    clock.advance(seconds=1)
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("ListGroups", request | {"NextToken": token})


async def test_token_of_another_user(invoke, pool, database, ada):
    bob = await add_user(database, pool, "bob-id", email="bob@example.com")
    for name in "abc":
        await add_group(database, pool, name, ada, bob)
    request = {"UserPoolId": pool.id, "Username": ada.sub, "Limit": 1}
    token = (await invoke("AdminListGroupsForUser", request))["NextToken"]
    by_email = await invoke("AdminListGroupsForUser", request | {"Username": "ada@example.com", "NextToken": token})
    assert by_email["Groups"][0]["GroupName"] == "b"
    with pytest.raises(InvalidParameterException, match="Paging Marker is Invalid for Request"):
        await invoke("AdminListGroupsForUser", request | {"Username": bob.sub, "NextToken": token})
