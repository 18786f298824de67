"""The OAuth members of app clients: what is served, and every combination that is refused."""

import pytest
from cases import each
from oauth_world import CALLBACK, OAUTH
from pool_rows import add_pool

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.errors import InvalidOAuthFlowException, InvalidParameterException, ScopeDoesNotExistException

MACHINE = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["orders/read"],
    "GenerateSecret": True,
}


@pytest.fixture
async def create(database, invoke):
    pool = await add_pool(database)
    scopes = [{"ScopeName": "read", "ScopeDescription": "Read orders"}]
    await invoke(
        "CreateResourceServer", {"UserPoolId": pool.id, "Identifier": "orders", "Name": "Orders", "Scopes": scopes}
    )

    async def create(**members):
        request = {"UserPoolId": pool.id, "ClientName": "web", **members}
        return (await invoke("CreateUserPoolClient", request))["UserPoolClient"]

    create.pool = pool
    return create


async def test_shown_as_given(create, invoke):
    """Every OAuth member comes back from Describe."""
    made = await create(**OAUTH, DefaultRedirectURI=CALLBACK)
    shown = await invoke("DescribeUserPoolClient", {"UserPoolId": create.pool.id, "ClientId": made["ClientId"]})
    for name, value in {**OAUTH, "DefaultRedirectURI": CALLBACK}.items():
        assert shown["UserPoolClient"][name] == value


async def test_machine_client(create):
    """client_credentials with custom scopes of an existing resource server, for a client with a secret."""
    made = await create(**MACHINE)
    assert made["AllowedOAuthScopes"] == ["orders/read"]


async def test_update_resets_them(create, invoke):
    """An update that leaves the OAuth members out takes OAuth away."""
    made = await create(**OAUTH)
    request = {"UserPoolId": create.pool.id, "ClientId": made["ClientId"]}
    after = (await invoke("UpdateUserPoolClient", request))["UserPoolClient"]
    assert after["AllowedOAuthFlowsUserPoolClient"] is False
    assert "CallbackURLs" not in after
    kept = await invoke("UpdateUserPoolClient", {**request, **OAUTH})
    assert kept["UserPoolClient"]["CallbackURLs"] == OAUTH["CallbackURLs"]


@each(
    "members, error",
    [
        ({**OAUTH, "AllowedOAuthFlows": []}, InvalidOAuthFlowException),
        ({**OAUTH, "AllowedOAuthScopes": []}, InvalidOAuthFlowException),
        ({**OAUTH, "CallbackURLs": []}, InvalidParameterException),
        ({**OAUTH, "AllowedOAuthScopes": ["email"]}, InvalidParameterException),
        ({**OAUTH, "AllowedOAuthScopes": ["openid", "orders/write"]}, ScopeDoesNotExistException),
        ({**OAUTH, "DefaultRedirectURI": "https://elsewhere.example.com"}, InvalidParameterException),
        ({**MACHINE, "GenerateSecret": False}, InvalidOAuthFlowException),
        ({**MACHINE, "AllowedOAuthFlows": ["client_credentials", "code"]}, InvalidOAuthFlowException),
        ({**MACHINE, "AllowedOAuthScopes": ["openid", "orders/read"]}, InvalidOAuthFlowException),
        *(
            ({**OAUTH, member: [uri]}, InvalidParameterException)
            for member in ("CallbackURLs", "LogoutURLs")
            for uri in (
                "http://app.example.com/",
                "http://localhost.evil.example/",
                "https://user@app.example.com/",
                "https://user:pw@app.example.com/",
                "https://app.example.com/#part",
                "https://app.example.com\\@evil.example/",
                "https:///path",
                "https://app.example.com:port/",
                "javascript:alert(1)",
                "JAVASCRIPT:alert(1)",
                "data:text/html,x",
                "vbscript:x",
                "//app.example.com",
                "/relative",
                "app",
            )
        ),
    ],
)
async def test_refused(create, invoke, members, error):
    """Nothing is made of a client whose members contradict each other or whose URLs are not plain."""
    with pytest.raises(error):
        await create(**members)
    assert await invoke("ListUserPoolClients", {"UserPoolId": create.pool.id}) == {"UserPoolClients": []}
