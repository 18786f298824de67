"""UpdateUserPoolClient."""

import re

import pytest
from cases import each
from operations.stage import build, refused, said
from pool_rows import add_pool

from poolhouse.errors import InvalidParameterException, ResourceNotFoundException

CHANGED = {
    "ClientName": "renamed",
    "RefreshTokenValidity": 10,
    "AccessTokenValidity": 2,
    "IdTokenValidity": 3,
    "ReadAttributes": ["email", "custom:x"],
    "WriteAttributes": ["email"],
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "SupportedIdentityProviders": ["COGNITO"],
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": False,
    "AuthSessionValidity": 15,
}


@pytest.fixture
async def made(invoke, database):
    pool = await add_pool(database, Schema=[{"Name": "custom:x"}])
    request = {"UserPoolId": pool.id, "ClientName": "web", "GenerateSecret": True}
    return (await invoke("CreateUserPoolClient", request))["UserPoolClient"]


@pytest.fixture
def update(invoke, made):
    async def update(**members):
        key = {"UserPoolId": made["UserPoolId"], "ClientId": made["ClientId"]}
        answer = (await invoke("UpdateUserPoolClient", {**key, **members}))["UserPoolClient"]
        assert answer == (await invoke("DescribeUserPoolClient", key))["UserPoolClient"]
        return answer

    return update


async def test_everything_that_can_change_changes(update, made, clock):
    """Id and secret stay."""
    clock.advance(seconds=60)
    after = await update(**CHANGED)
    assert after.items() >= CHANGED.items()
    assert (after["ClientId"], after["ClientSecret"]) == (made["ClientId"], made["ClientSecret"])
    assert after["LastModifiedDate"] > made["LastModifiedDate"]


async def test_what_is_left_out_goes_back_to_its_default(update, made):
    """Except for the name, for which there is no default."""
    await update(**CHANGED)
    after = await update()
    worn = {"LastModifiedDate", "ClientName"}
    assert after["ClientName"] == "renamed"
    assert {name: after[name] for name in after.keys() - worn} == {name: made[name] for name in made.keys() - worn}


@each(
    "members, text",
    [
        ({"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]}, "cannot be used together"),
        ({"SupportedIdentityProviders": ["Google"]}, "SupportedIdentityProviders: this version"),
        ({"AccessTokenValidity": 25}, "AccessToken must be 5 minutes to 1 day"),
        ({"ReadAttributes": ["custom:none"]}, "Invalid read attributes"),
        ({"WriteAttributes": ["sub"]}, "Invalid write attributes"),
    ],
)
async def test_a_refused_update_changes_nothing(update, invoke, made, members, text):
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await update(ClientName="other", **members)
    key = {"UserPoolId": made["UserPoolId"], "ClientId": made["ClientId"]}
    assert (await invoke("DescribeUserPoolClient", key))["UserPoolClient"] == made


async def test_only_through_its_own_pool(invoke, made, database):
    """Attack 19: the client of another pool is as unknown as one that does not exist."""
    other = await add_pool(database, "testpool2")
    for pool_id, client_id in ((other.id, made["ClientId"]), (made["UserPoolId"], "nobody")):
        with pytest.raises(ResourceNotFoundException, match=f"User pool client {client_id} does not exist"):
            await invoke("UpdateUserPoolClient", {"UserPoolId": pool_id, "ClientId": client_id})
    with pytest.raises(ResourceNotFoundException, match="User pool us-east-1_nowhere99 does not exist"):
        await invoke("UpdateUserPoolClient", {"UserPoolId": "us-east-1_nowhere99", "ClientId": made["ClientId"]})


async def test_flows_open_and_close_at_once(services, invoke):
    """Acceptance 24: the flows that count are those of now."""
    stage = await build(services, invoke, client={"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})
    await stage.person()
    assert "AccessToken" in await stage.tokens()
    await stage.admin("UpdateUserPoolClient", ClientId=stage.client)
    assert said(await refused(stage.by_password()))[0] == "InvalidParameter"
