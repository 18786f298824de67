"""aws-amplify v6 with two servers: people sign in at the one in the part of AWS, GraphQL runs at the one in front."""

import json
from contextlib import closing

import boto3
import pytest
from clients.development import ROOT_KEY, Backend
from clients.javascript import Script, Thrown

BY_TOKEN = {"authMode": "userPool"}


@pytest.fixture
def tab(front: Backend, script) -> Script:
    return script("amplify.mjs", str(front.project))


def test_the_files_name_both(front: Backend, sqlite_backend: Backend) -> None:
    """The pool and its client from there, the addresses of the data API from here."""
    assert (front.pool_id, front.client_id) == (sqlite_backend.pool_id, sqlite_backend.client_id)
    assert front.outputs["data"]["url"] == f"{front.url}/graphql"
    assert front.outputs["custom"]["poolhouse"]["endpoint"] == sqlite_backend.url
    assert front.url != sqlite_backend.url


def test_the_tutorial(front: Backend, sqlite_backend: Backend, tab: Script) -> None:
    """SRP sign-in there, the mutation here, the member there."""
    admin, user = sqlite_backend.new_user("ADMINS"), sqlite_backend.new_user()
    assert tab("signIn", {"username": admin.email, "password": admin.password})["isSignedIn"]
    given = {"groupName": "ADMINS", "userId": user.sub}
    answer = tab("addUserToGroup", given, BY_TOKEN)
    assert json.loads(answer["data"])["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert sqlite_backend.groups_of(user) == ["ADMINS"]


def test_somebody_who_is_no_admin(front: Backend, sqlite_backend: Backend, tab: Script) -> None:
    user = sqlite_backend.new_user()
    tab("signIn", {"username": user.email, "password": user.password})
    answer = tab("addUserToGroup", {"groupName": "ADMINS", "userId": user.sub}, BY_TOKEN)
    assert "Not Authorized to access addUserToGroup" in answer["errors"][0]["message"]
    assert sqlite_backend.groups_of(user) == []


def test_credentials_of_the_identity_pool(front: Backend, sqlite_backend: Backend, tab: Script) -> None:
    """The default mode of the tutorial, which only AWS can verify: refused, and nobody is added."""
    admin, user = sqlite_backend.new_user("ADMINS"), sqlite_backend.new_user()
    tab("signIn", {"username": admin.email, "password": admin.password})
    answer = tab("addUserToGroup", {"groupName": "ADMINS", "userId": user.sub})
    assert answer["data"] is None
    assert answer["errors"]
    assert sqlite_backend.groups_of(user) == []


def test_sign_in_here(front: Backend, tab: Script) -> None:
    """Whoever points Amplify's sign-in at the server in front is told where it is."""
    tab("change", {"userPoolEndpoint": f"{front.url}/"})
    with pytest.raises(Thrown, match="is at AWS, and InitiateAuth is a matter between its users and"):
        tab("signIn", {"username": "ann@example.com", "password": "Correct-Horse-9"})


def test_boto3(front: Backend, sqlite_backend: Backend) -> None:
    """With the keys of this server, on the pool there."""
    user = sqlite_backend.new_user()
    client = boto3.client(
        "cognito-idp",
        endpoint_url=front.url,
        region_name="us-east-1",
        aws_access_key_id=ROOT_KEY[0],
        aws_secret_access_key=ROOT_KEY[1],
    )
    with closing(client):
        client.admin_disable_user(UserPoolId=front.pool_id, Username=user.sub)
    assert not sqlite_backend.root.admin_get_user(UserPoolId=front.pool_id, Username=user.sub)["Enabled"]
