"""Apps that sign in as themselves: client_credentials."""

import pytest
from oauth_world import OAUTH, make_world
from operations.stage import claims, refused, said

SCOPES = [{"ScopeName": "read", "ScopeDescription": "r"}, {"ScopeName": "write", "ScopeDescription": "w"}]


@pytest.fixture
async def world(services, invoke):
    return await make_world(services, invoke)


async def machine(world, **more):
    """An app that signs in as itself; the secret."""
    await world.stage.admin("CreateResourceServer", Identifier="orders", Name="Orders", Scopes=SCOPES)
    await world.stage.new_client(
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["orders/read", "orders/write"],
        GenerateSecret=True,
        **more,
    )
    return world.stage.secret


async def test_client_credentials(world):
    """An access token of the app itself and nothing else."""
    secret = await machine(world)
    answer = (await world.token(grant_type="client_credentials", client_secret=secret)).json()
    assert answer.keys() == {"access_token", "token_type", "expires_in"}
    said_by = claims(answer["access_token"])
    assert (said_by["sub"], said_by["scope"], said_by["version"]) == (world.client, "orders/read orders/write", 2)
    assert said_by.keys().isdisjoint({"username", "cognito:groups", "origin_jti"})
    narrow = await world.token(grant_type="client_credentials", client_secret=secret, scope="orders/read no/such")
    assert claims(narrow.json()["access_token"])["scope"] == "orders/read"


async def test_client_credentials_refused(world):
    secret = await machine(world)
    bare = await world.token(grant_type="client_credentials")
    other = await world.token(grant_type="client_credentials", client_secret=secret, scope="openid")
    code = await world.token(grant_type="authorization_code", code="x", client_secret=secret)
    await world.stage.admin("DeleteResourceServer", Identifier="orders")
    gone = await world.token(grant_type="client_credentials", client_secret=secret)
    assert [each.json()["error"] for each in (bare, other, code, gone)] == [
        "invalid_client",
        "invalid_scope",
        "unauthorized_client",
        "invalid_scope",
    ]


async def test_app_token_is_no_user_token(world):
    """A token of client_credentials opens neither userInfo nor any operation of a user."""
    secret = await machine(world)
    token = (await world.token(grant_type="client_credentials", client_secret=secret)).json()["access_token"]
    answer = await world.app.get("/oauth2/userInfo", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    error = await refused(world.stage.public("GetUser", AccessToken=token))
    assert said(error) == ("NotAuthorized", "Invalid Access Token")


async def test_custom_scopes_for_people(world):
    """A code can carry an app's own scopes too; without `scope` it carries all that the client has."""
    await world.stage.admin("CreateResourceServer", Identifier="orders", Name="Orders", Scopes=SCOPES)
    await world.stage.new_client(**{**OAUTH, "AllowedOAuthScopes": ["openid", "orders/read"]})
    assert claims((await world.tokens(scope="orders/read"))["access_token"])["scope"] == "orders/read"
    assert claims((await world.tokens())["access_token"])["scope"] == "openid orders/read"
