"""@aws-sdk/client-cognito-identity-provider: the printed command, and the errors and pages of the real client."""

import json
from collections.abc import Callable

import pytest
from clients.development import ROOT_KEY, Backend, User
from clients.javascript import Script, Thrown


@pytest.fixture
def client(backend: Backend, script: Callable[..., Script]) -> Callable[..., Script]:
    """A client with a key pair, or a triple with its session token."""

    def make(*key: str) -> Script:
        names = ("accessKeyId", "secretAccessKey", "sessionToken")
        credentials = dict(zip(names, key, strict=False))
        configuration = {"endpoint": backend.url, "region": "us-east-1", "credentials": credentials, "maxAttempts": 1}
        return script("sdk.mjs", json.dumps(configuration))

    return make


def to_admins(backend: Backend, user: User) -> dict[str, str]:
    return {"Username": user.sub, "GroupName": "ADMINS", "UserPoolId": backend.pool_id}


def test_the_printed_command(backend: Backend, client: Callable[..., Script]) -> None:
    """AdminAddUserToGroupCommand with the root key: an empty answer, and the user is in the group."""
    user = backend.new_user()
    assert client(*ROOT_KEY)("send", "AdminAddUserToGroupCommand", to_admins(backend, user)) == {"status": 200}
    assert backend.groups_of(user) == ["ADMINS"]


def test_a_guest_may_not(backend: Backend, client: Callable[..., Script]) -> None:
    """Credentials of the identity pool carry no right to the user pool; the answer says whose and which."""
    user = backend.new_user()
    expected = (
        r"^AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/.+/CognitoIdentityCredentials "
        r"is not authorized to perform: cognito-idp:AdminAddUserToGroup on resource: "
        rf"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{backend.pool_id} "
        r"because no identity-based policy allows the cognito-idp:AdminAddUserToGroup action$"
    )
    with pytest.raises(Thrown, match=expected):
        client(*backend.key_of())("send", "AdminAddUserToGroupCommand", to_admins(backend, user))
    assert backend.groups_of(user) == []


def test_a_member_may_not_go_round_the_function(
    backend: Backend, client: Callable[..., Script], signed_in: Callable[[User], Script]
) -> None:
    """A member of ADMINS may call the mutation, not the user pool's own operation."""
    user = backend.new_user()
    id_token = signed_in(backend.new_user("ADMINS"))("fetchAuthSession")["idToken"]
    with pytest.raises(Thrown, match="AccessDeniedException"):
        client(*backend.key_of(id_token))("send", "AdminAddUserToGroupCommand", to_admins(backend, user))
    assert backend.groups_of(user) == []


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ((ROOT_KEY[0], "another-secret"), "InvalidSignatureException: The request signature we calculated"),
        (("AKIAINVENTEDINVENTED", ROOT_KEY[1]), "UnrecognizedClientException: The security token included"),
        ((*ROOT_KEY, "invented"), "UnrecognizedClientException: The security token included"),
    ],
)
def test_a_wrong_key(backend: Backend, client: Callable[..., Script], key: tuple[str, ...], error: str) -> None:
    """A wrong secret, an unknown key and an invented session token are told apart as AWS does, and refused."""
    user = backend.new_user()
    with pytest.raises(Thrown, match=error):
        client(*key)("send", "AdminAddUserToGroupCommand", to_admins(backend, user))
    assert backend.groups_of(user) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"Username": "nobody@example.com"}, "UserNotFoundException"),
        ({"GroupName": "NO-SUCH-GROUP"}, "ResourceNotFoundException"),
        ({"UserPoolId": "us-east-1_Unknown00"}, "ResourceNotFoundException"),
        ({"GroupName": ""}, "InvalidParameterException"),
    ],
)
def test_errors_are_instances_of_their_classes(
    backend: Backend, client: Callable[..., Script], change: dict[str, str], error: str
) -> None:
    """`instanceof` works, so that a caller can catch what the documentation names."""
    user = backend.new_user()
    request = {**to_admins(backend, user), **change}
    assert client(*ROOT_KEY)("throws", "AdminAddUserToGroupCommand", request, error)
    assert backend.groups_of(user) == []


def test_paginators(backend: Backend, client: Callable[..., Script]) -> None:
    """The client's own paginators walk every page to the end, without repeats."""
    pool = backend.root.create_user_pool(PoolName="pages")["UserPool"]["Id"]
    backend.root.create_group(UserPoolId=pool, GroupName="all")
    names = [f"user-{number}" for number in range(5)]
    for name in names:
        backend.root.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        backend.root.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName="all")
    walk = client(*ROOT_KEY)
    for operation, request in {"ListUsers": {}, "ListUsersInGroup": {"GroupName": "all"}}.items():
        pages = walk("pages", operation, {"UserPoolId": pool, **request}, 2)
        assert sorted(user["Username"] for page in pages for user in page["Users"]) == names
        assert [len(page["Users"]) for page in pages][:2] == [2, 2]
    backend.root.delete_user_pool(UserPoolId=pool)
