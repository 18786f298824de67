"""boto3 with a key: users, their groups, and lists of them."""

from collections.abc import Iterator

import pytest
from clients.development import PASSWORD, Backend, new_email


@pytest.fixture(scope="module")
def crowds() -> dict[str, list[str]]:
    """Pools with seven users, by server: made once, read by several tests."""
    return {}


@pytest.fixture
def crowd(backend: Backend, crowds: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """A pool and its users: ada-0, ada-1 ... and eve-0 ..., the first of each disabled, all in the group."""
    root = backend.root
    if backend.url not in crowds:
        pool = root.create_user_pool(PoolName="crowd")["UserPool"]["Id"]
        names = [f"{name}-{number}" for name in ("ada", "eve") for number in range(3)]
        root.create_group(UserPoolId=pool, GroupName="all")
        for name in names:
            email = [{"Name": "email", "Value": f"{name}@example.com"}]
            root.admin_create_user(UserPoolId=pool, Username=name, UserAttributes=email, MessageAction="SUPPRESS")
            root.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName="all")
        for name in ("ada-0", "eve-0"):
            root.admin_disable_user(UserPoolId=pool, Username=name)
        crowds[backend.url] = [pool, *names]
    pool, *names = crowds[backend.url]
    return pool, names


def test_the_life_of_a_user(backend: Backend) -> None:
    """Invited, read, changed, disabled, enabled, deleted, gone."""
    root, pool, email = backend.root, backend.pool_id, new_email()
    attributes = [{"Name": "email", "Value": email}]
    made = root.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS")[
        "User"
    ]
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    who = {"UserPoolId": pool, "Username": made["Username"]}
    root.admin_update_user_attributes(**who, UserAttributes=[{"Name": "given_name", "Value": "Ada"}])
    root.admin_disable_user(**who)
    found = root.admin_get_user(UserPoolId=pool, Username=email)
    assert found["Enabled"] is False
    assert {"Name": "given_name", "Value": "Ada"} in found["UserAttributes"]
    assert found["UserCreateDate"] == made["UserCreateDate"]
    root.admin_enable_user(**who)
    assert root.admin_get_user(**who)["Enabled"] is True
    root.admin_delete_user(**who)
    with pytest.raises(root.exceptions.UserNotFoundException, match="User does not exist"):
        root.admin_get_user(**who)


def test_a_taken_name(backend: Backend) -> None:
    """AdminCreateUser of an existing address is refused, in capitals as well."""
    user = backend.new_user()
    with pytest.raises(backend.root.exceptions.UsernameExistsException):
        backend.root.admin_create_user(UserPoolId=backend.pool_id, Username=user.email.upper())


def test_an_invitation_is_sent_again(backend: Backend) -> None:
    """RESEND gives a new temporary password to the same user; a confirmed user is not invited."""
    root, email = backend.root, new_email()
    request = {"UserPoolId": backend.pool_id, "Username": email, "DesiredDeliveryMediums": ["EMAIL"]}
    made = root.admin_create_user(**request, UserAttributes=[{"Name": "email", "Value": email}])["User"]
    again = root.admin_create_user(**request, MessageAction="RESEND")["User"]
    assert again["Username"] == made["Username"]
    assert backend.code(email, wanted=2) != backend.code(email)
    root.admin_set_user_password(UserPoolId=backend.pool_id, Username=email, Password=PASSWORD, Permanent=True)
    with pytest.raises(root.exceptions.UnsupportedUserStateException):
        root.admin_create_user(**request, MessageAction="RESEND")


def test_an_administrator_confirms(backend: Backend) -> None:
    """AdminConfirmSignUp needs no code; a confirmed user cannot be confirmed again."""
    email = new_email()
    backend.public.sign_up(ClientId=backend.client_id, Username=email, Password=PASSWORD)
    who = {"UserPoolId": backend.pool_id, "Username": email}
    backend.root.admin_confirm_sign_up(**who)
    assert backend.status_of(email) == "CONFIRMED"
    refusal = "User cannot be confirmed. Current status is CONFIRMED"
    with pytest.raises(backend.root.exceptions.NotAuthorizedException, match=refusal):
        backend.root.admin_confirm_sign_up(**who)


def test_membership(backend: Backend) -> None:
    """Adding and removing twice is once; e-mail and sub name the same user."""
    user = backend.new_user()
    for name in (user.email, user.sub):
        backend.root.admin_add_user_to_group(UserPoolId=backend.pool_id, Username=name, GroupName="ADMINS")
    for name in (user.email, user.sub):
        answer = backend.root.admin_list_groups_for_user(UserPoolId=backend.pool_id, Username=name)
        assert [group["GroupName"] for group in answer["Groups"]] == ["ADMINS"]
    for _ in range(2):
        backend.remove(user, "ADMINS")
    assert backend.groups_of(user) == []


def test_users_in_pages(backend: Backend, crowd: tuple[str, list[str]]) -> None:
    """boto3's paginators see every user once, in the pool and in the group."""
    pool, names = crowd
    for operation, request in {"list_users": {}, "list_users_in_group": {"GroupName": "all"}}.items():
        paginator = backend.root.get_paginator(operation)
        pages = list(paginator.paginate(UserPoolId=pool, PaginationConfig={"PageSize": 4}, **request))
        assert [len(page["Users"]) for page in pages] == [4, 2]
        assert sorted(user["Username"] for page in pages for user in page["Users"]) == names


def test_groups_of_a_user_in_pages(backend: Backend) -> None:
    """AdminListGroupsForUser pages by precedence."""
    root = backend.root
    pool = root.create_user_pool(PoolName="groups of a user")["UserPool"]["Id"]
    root.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")
    for number in (2, 0, 1):
        root.create_group(UserPoolId=pool, GroupName=f"group-{number}", Precedence=number)
        root.admin_add_user_to_group(UserPoolId=pool, Username="ada", GroupName=f"group-{number}")
    paginator = root.get_paginator("admin_list_groups_for_user")
    pages = paginator.paginate(UserPoolId=pool, Username="ada", PaginationConfig={"PageSize": 2})
    names = [group["GroupName"] for page in pages for group in page["Groups"]]
    assert sorted(names) == ["group-0", "group-1", "group-2"]
    root.delete_user_pool(UserPoolId=pool)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('username = "ada-1"', ["ada-1"]),
        ('username ^= "ada"', ["ada-0", "ada-1", "ada-2"]),
        ('"email" ^= "eve-"', ["eve-0", "eve-1", "eve-2"]),
        ('email = "eve-2@example.com"', ["eve-2"]),
        ('status = "Disabled"', ["ada-0", "eve-0"]),
        ('status = "disabled"', []),
        ('cognito:user_status = "force_change_password"', ["ada-0", "ada-1", "ada-2", "eve-0", "eve-1", "eve-2"]),
        ('given_name = "Ada"', []),
    ],
)
def test_filters(backend: Backend, crowd: tuple[str, list[str]], text: str, found: list[str]) -> None:
    """The filter grammar of ListUsers."""
    users = backend.root.list_users(UserPoolId=crowd[0], Filter=text)["Users"]
    assert sorted(user["Username"] for user in users) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('email > "a"', "Error while parsing filter"),
        ('custom:x = "1"', "Invalid search attribute: custom:x"),
    ],
)
def test_bad_filters(backend: Backend, crowd: tuple[str, list[str]], text: str, message: str) -> None:
    """What is no filter is refused in AWS's words."""
    with pytest.raises(backend.root.exceptions.InvalidParameterException, match=message):
        backend.root.list_users(UserPoolId=crowd[0], Filter=text)


def test_only_the_wanted_attributes(backend: Backend, crowd: tuple[str, list[str]]) -> None:
    """AttributesToGet trims the answer."""
    users = backend.root.list_users(UserPoolId=crowd[0], AttributesToGet=["email"])["Users"]
    assert {attribute["Name"] for user in users for attribute in user["Attributes"]} == {"email"}


def test_a_page_token_is_bound(backend: Backend, crowd: tuple[str, list[str]]) -> None:
    """Another filter, another pool or one changed character: the token is refused."""
    root, pool = backend.root, crowd[0]
    token = root.list_users(UserPoolId=pool, Limit=1)["PaginationToken"]
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for request in (
        {"UserPoolId": pool, "PaginationToken": token, "Filter": 'email ^= "a"'},
        {"UserPoolId": backend.pool_id, "PaginationToken": token},
        {"UserPoolId": pool, "PaginationToken": changed},
    ):
        with pytest.raises(root.exceptions.InvalidParameterException):
            root.list_users(**request)
