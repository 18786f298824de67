"""CreateUserPoolClient, DescribeUserPoolClient, ListUserPoolClients, DeleteUserPoolClient."""

import re

import pytest
from cases import each
from pool_rows import add_pool, read

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import InvalidParameterException, LimitExceededException, ResourceNotFoundException
from poolhouse.operations import client_secrets
from poolhouse.store import clients
from poolhouse.store.settings import ClientSettings


@pytest.fixture
async def pool(database):
    return await add_pool(
        database, Schema=[{"Name": "custom:x"}, {"Name": "dev:custom:y", "DeveloperOnlyAttribute": True}]
    )


@pytest.fixture
def create(invoke, pool):
    async def create(**members):
        request = {"UserPoolId": pool.id, "ClientName": "web", **members}
        return (await invoke("CreateUserPoolClient", request))["UserPoolClient"]

    return create


async def test_defaults(create, invoke, pool):
    made = await create()
    assert re.fullmatch(r"[a-z0-9]{26}", made["ClientId"])
    assert made["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
    assert (made["RefreshTokenValidity"], made["AuthSessionValidity"], made["EnableTokenRevocation"]) == (30, 3, True)
    assert made["PreventUserExistenceErrors"] == "LEGACY"
    assert "ClientSecret" not in made
    shown = await invoke("DescribeUserPoolClient", {"UserPoolId": pool.id, "ClientId": made["ClientId"]})
    assert shown["UserPoolClient"] == made


async def test_secret_is_shown_and_sealed(create, invoke, pool, database, services):
    made = await create(GenerateSecret=True)
    assert re.fullmatch(r"[a-z0-9]{51}", made["ClientSecret"])
    shown = await invoke("DescribeUserPoolClient", {"UserPoolId": pool.id, "ClientId": made["ClientId"]})
    assert shown["UserPoolClient"]["ClientSecret"] == made["ClientSecret"]
    stored = (await read(database, clients.get, made["ClientId"])).secret
    assert made["ClientSecret"].encode() not in stored
    assert client_secrets.open_secret(services.vault, stored) == made["ClientSecret"]


async def test_validity_in_units(create, database):
    made = await create(
        AccessTokenValidity=5,
        IdTokenValidity=600,
        RefreshTokenValidity=2,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "seconds", "RefreshToken": "hours"},
    )
    settings = (await read(database, clients.get, made["ClientId"])).settings
    assert (settings.access_seconds, settings.id_seconds, settings.refresh_seconds) == (300, 600, 7200)
    assert made["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "seconds", "RefreshToken": "hours"}


async def test_refresh_validity_zero_is_thirty_days(create, database):
    made = await create(RefreshTokenValidity=0, TokenValidityUnits={"RefreshToken": "hours"})
    assert (await read(database, clients.get, made["ClientId"])).settings.refresh_seconds == 30 * 86400


@each(
    "members, text",
    [
        ({"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]}, "cannot be used together"),
        (
            {"ExplicitAuthFlows": ["ALLOW_TOKEN_EXCHANGE_DELEGATION"]},
            "ExplicitAuthFlows ALLOW_TOKEN_EXCHANGE_DELEGATION: this version",
        ),
        ({"SupportedIdentityProviders": ["COGNITO", "Google"]}, "SupportedIdentityProviders: "),
        ({"AccessTokenValidity": 25}, "AccessToken must be 5 minutes to 1 day"),
        ({"IdTokenValidity": 4, "TokenValidityUnits": {"IdToken": "minutes"}}, "IdToken must be 5 minutes"),
        ({"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}}, "RefreshToken must be"),
        ({"RefreshTokenValidity": 3651}, "RefreshToken must be"),
        (
            {"AccessTokenValidity": 2, "RefreshTokenValidity": 1, "TokenValidityUnits": {"RefreshToken": "hours"}},
            "longer than RefreshToken",
        ),
        ({"ReadAttributes": ["custom:none"]}, "Invalid read attributes"),
        ({"ReadAttributes": ["dev:custom:y"]}, "Invalid read attributes"),
        ({"WriteAttributes": ["sub"]}, "Invalid write attributes"),
        ({"WriteAttributes": ["email_verified"]}, "Invalid write attributes"),
        ({"GenerateSecret": True, "ClientSecret": "x" * 24}, "cannot be given together"),
    ],
)
async def test_refused(create, invoke, pool, members, text):
    with pytest.raises(InvalidParameterException, match=re.escape(text)):
        await create(**members)
    assert await invoke("ListUserPoolClients", {"UserPoolId": pool.id}) == {"UserPoolClients": []}


@each(
    "members",
    [
        {"AccessTokenValidity": 24},
        {"RefreshTokenValidity": 3650},
        {"RefreshTokenValidity": 60, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        {"ReadAttributes": ["email_verified", "custom:x"], "WriteAttributes": ["email", "custom:x"]},
        {"SupportedIdentityProviders": ["COGNITO"], "AllowedOAuthFlowsUserPoolClient": False},
        {"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"]},
        {"EnableTokenRevocation": False, "PreventUserExistenceErrors": "ENABLED", "AuthSessionValidity": 15},
    ],
)
async def test_accepted_and_shown(create, members):
    made = await create(**members)
    assert {name: value for name, value in members.items() if name != "TokenValidityUnits"}.items() <= made.items()


async def test_list_in_pages(create, invoke, pool):
    ids = sorted([(await create())["ClientId"] for _ in range(3)])
    first = await invoke("ListUserPoolClients", {"UserPoolId": pool.id, "MaxResults": 2})
    token = first["NextToken"]
    second = await invoke("ListUserPoolClients", {"UserPoolId": pool.id, "MaxResults": 2, "NextToken": token})
    assert [entry["ClientId"] for entry in first["UserPoolClients"] + second["UserPoolClients"]] == ids
    assert first["UserPoolClients"][0].keys() == {"ClientId", "UserPoolId", "ClientName"}
    assert "NextToken" not in second


async def test_delete_and_other_pools(create, invoke, pool, database):
    """A client is found through its own pool only."""
    other = await add_pool(database, "testpool2")
    client_id = (await create())["ClientId"]
    for name in ("DescribeUserPoolClient", "DeleteUserPoolClient"):
        with pytest.raises(ResourceNotFoundException, match=f"User pool client {client_id} does not exist"):
            await invoke(name, {"UserPoolId": other.id, "ClientId": client_id})
    assert await invoke("DeleteUserPoolClient", {"UserPoolId": pool.id, "ClientId": client_id}) == {}
    with pytest.raises(ResourceNotFoundException):
        await invoke("DeleteUserPoolClient", {"UserPoolId": pool.id, "ClientId": client_id})


async def test_ten_thousand_clients(create, pool, database):
    """The pool's last client is accepted, the next one is not."""
    async with database.write() as tx:
        for number in range(9_999):
            await clients.add(tx, clients.Client(f"c{number}", pool.id, "c", ClientSettings(), None, 1, 1))
    last = await create()
    with pytest.raises(LimitExceededException, match="at most 10000 clients"):
        await create()
    assert await read(database, clients.count, pool.id) == 10_000
    assert (await read(database, clients.get, last["ClientId"])).name == "web"
