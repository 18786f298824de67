"""openid-client, a certified OpenID Connect library that knows nothing of us: discovery and every grant that we serve."""

import json
from collections.abc import Callable

import httpx
import jwt
import pytest
from clients.browser import Tab
from clients.development import PASSWORD, Backend
from clients.javascript import Script, Thrown
from clients.pools import Pool, new_pool

BACK = "https://app.example.com/back"
CODE = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [BACK],
    "SupportedIdentityProviders": ["COGNITO"],
}
MACHINE = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "GenerateSecret": True,
}
Library = Callable[[Pool], Script]


@pytest.fixture
def library(script: Callable[..., Script]) -> Library:
    def library(pool: Pool) -> Script:
        known = {"issuer": pool.issuer, "clientId": pool.client, "secret": pool.secret}
        return script("openid.mjs", json.dumps(known))

    return library


async def returned(window: Tab, app: Script, email: str) -> str:
    """The address, with the code in it, that the browser is sent to when the user has signed in."""
    await window.context.route(f"{BACK}**", lambda route: route.fulfill(body="back"))
    await window.page.goto(app("authorizationUrl", BACK, "openid email"))
    await window.fill(username=email, password=PASSWORD)
    await window.click("Sign in")
    await window.page.wait_for_url(f"{BACK}?**")
    return window.page.url


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("secret", [False, True], ids=["public", "secret"])
async def test_code_with_pkce(backend: Backend, library: Library, window: Tab, secret: bool) -> None:
    """Discovery, sign-in in Chromium, exchange with state, nonce and PKCE, userinfo, refresh, revocation."""
    pool = new_pool(backend, **CODE, GenerateSecret=secret)
    user, app = pool.new_user(), library(pool)
    location = await returned(window, app, user.email)
    found = app("exchange", location)
    assert (found["claims"]["iss"], found["claims"]["aud"]) == (pool.issuer, pool.client)
    assert found["claims"]["sub"] == user.sub
    known = {"sub": user.sub, "username": user.sub, "email": user.email, "email_verified": "true"}
    assert app("userInfo", found["access_token"], user.sub) == known
    with pytest.raises(Thrown, match="server responded with an error"):
        app("exchange", location)


@pytest.mark.asyncio(loop_scope="session")
async def test_refresh_and_revocation(backend: Backend, library: Library, window: Tab) -> None:
    """A refreshed sign-in is the same person's; a revoked one gives nothing any more, on either endpoint."""
    pool = new_pool(backend, **CODE)
    user, app = pool.new_user(), library(pool)
    found = app("exchange", await returned(window, app, user.email))
    again = app("refresh", found["refresh_token"])
    assert again["access_token"] != found["access_token"]
    assert again["claims"]["sub"] == user.sub
    app("revoke", found["refresh_token"])
    for action, given in (("refresh", [found["refresh_token"]]), ("userInfo", [again["access_token"], user.sub])):
        with pytest.raises(Thrown):
            app(action, *given)


def test_client_credentials(backend: Backend, library: Library) -> None:
    """A machine gets the scope that its client may have, and no other, and with its own secret only."""
    pool = new_pool(backend)
    scopes = [{"ScopeName": "read", "ScopeDescription": "Read"}, {"ScopeName": "write", "ScopeDescription": "Write"}]
    backend.root.create_resource_server(UserPoolId=pool.id, Identifier="basket", Name="basket", Scopes=scopes)
    made = backend.root.create_user_pool_client(
        UserPoolId=pool.id, ClientName="machine", **MACHINE, AllowedOAuthScopes=["basket/read"]
    )["UserPoolClient"]
    app = library(Pool(backend, pool.id, made["ClientId"], made["ClientSecret"]))
    token = app("clientCredentials", "basket/read")["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["scope"] == "basket/read"
    with pytest.raises(Thrown, match="server responded with an error"):
        app("clientCredentials", "basket/write")
    wrong = library(Pool(backend, pool.id, made["ClientId"], "x" * 51))
    with pytest.raises(Thrown):
        wrong("clientCredentials", "basket/read")


def test_metadata(backend: Backend, library: Library) -> None:
    """What the library reads of the document is what the document says; every endpoint is on the public address."""
    pool = new_pool(backend, **CODE)
    found = library(pool)("metadata")
    served = httpx.get(f"{pool.issuer}/.well-known/openid-configuration").json()
    assert {name: found[name] for name in served} == served
    assert all(value.startswith(backend.url) for name, value in served.items() if name.endswith("_endpoint"))
