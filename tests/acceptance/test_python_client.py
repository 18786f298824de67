"""`poolhouse.client` against a running server: sign-in, refresh, generated methods under every mode, refusals."""

import json

import pytest
from app.running import PASSWORD

from poolhouse.client import NewPasswordRequired, OperationError, RequestRefused, generate_client, sign_in
from poolhouse.errors import ClientError


@pytest.fixture
def client(world):
    """Makes a client of the person's session."""
    return lambda person=None, **options: generate_client(
        world.outputs, session=person.session if person else None, http=world.running.http, **options
    )


def test_the_printed_call_in_python(world, client):
    """Both spellings of operation and arguments, without a mode and under each: the user is in the group."""
    admin = world.person("ADMINS")
    for mode in (None, "iam", "userPool"):
        mutations = client(admin, auth_mode=mode).mutations
        first, second = world.person(), world.person()
        answer = mutations.add_user_to_group(userId=first.sub, groupName="ADMINS")
        assert json.loads(answer)["ResponseMetadata"]["HTTPStatusCode"] == 200
        mutations.addUserToGroup(user_id=second.sub, group_name="ADMINS")
        assert world.groups_of(first) == world.groups_of(second) == ["ADMINS"]


@pytest.mark.parametrize(
    ("mode", "status", "error"), [(None, 401, "UnauthorizedException"), ("userPool", 200, "Unauthorized")]
)
def test_an_ordinary_user(world, client, mode, status, error):
    """Refused with the server's words, and nothing has happened."""
    user = world.person()
    with pytest.raises(OperationError) as caught:
        client(world.person()).mutations.add_user_to_group(userId=user.sub, groupName="ADMINS", auth_mode=mode)
    assert (caught.value.status, caught.value.type) == (status, error)
    assert world.groups_of(user) == []


def test_a_guest(world, client):
    """Without a session requests are a guest's; a token mode needs somebody."""
    assert json.loads(client().queries.for_guests())["fieldName"] == "forGuests"
    with pytest.raises(OperationError):
        client().mutations.add_user_to_group(userId=world.person().sub, groupName="ADMINS")
    with pytest.raises(ClientError, match="Nobody is signed in"):
        client(auth_mode="userPool").queries.echo()


def test_an_api_key(world, client):
    """The key of the outputs."""
    user = world.person()
    client(auth_mode="apiKey").mutations.add_as_editor_or_by_key(userId=user.sub, groupName="EDITORS")
    assert world.groups_of(user) == ["EDITORS"]


def test_wrong_arguments_are_not_sent(world, client):
    """A missing or misspelt argument and an unknown operation are told at once."""
    mutations = client(world.person("ADMINS")).mutations
    with pytest.raises(ClientError, match="requires arguments 'groupName'"):
        mutations.add_user_to_group(userId="x")
    with pytest.raises(ClientError, match="no argument 'user'"):
        mutations.add_user_to_group(user="x", groupName="ADMINS")
    with pytest.raises(AttributeError, match="addUserToGroup"):
        mutations.add_user(userId="x")


def test_a_wrong_password(world):
    """Refused in the service's words."""
    person = world.person()
    with pytest.raises(RequestRefused) as caught:
        sign_in(world.outputs, person.email, PASSWORD + "!", http=world.running.http)
    assert caught.value.code == "NotAuthorizedException"


def test_an_invited_user(world):
    """The temporary password leads to a new one."""
    email = f"invited-{world.person().sub}@example.com"
    name = {"Username": email, "MessageAction": "SUPPRESS", "TemporaryPassword": "Temporary-9"}
    world.admin("AdminCreateUser", **name, UserAttributes=[{"Name": "email", "Value": email}])
    with pytest.raises(NewPasswordRequired) as caught:
        sign_in(world.outputs, email, "Temporary-9", http=world.running.http)
    assert caught.value.answer(PASSWORD).claims["email"] == email
    assert world.admin("AdminGetUser", Username=email)["UserStatus"] == "CONFIRMED"


def test_groups_after_a_refresh(world):
    """The session has the groups of its last refresh."""
    person = world.person()
    assert person.session.groups == ()
    world.admin("AdminAddUserToGroup", Username=person.sub, GroupName="ADMINS")
    person.session.refresh()
    assert person.session.groups == ("ADMINS",)


@pytest.mark.parametrize("everywhere", [False, True])
def test_sign_out(world, everywhere):
    """This session's tokens are dead; another session of the same user lives on unless everywhere was asked for."""
    person = world.person()
    here, there = person.session, world.sign_in(person.email)
    token = here.access_token
    here.sign_out(everywhere=everywhere)
    assert not world.running.public("GetUser", AccessToken=token).is_success
    assert world.running.public("GetUser", AccessToken=there.access_token).is_success is not everywhere
    with pytest.raises(ClientError, match="Nobody is signed in"):
        _ = here.access_token
