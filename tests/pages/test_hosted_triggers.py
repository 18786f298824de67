"""Triggers behind the hosted pages and the token endpoint: each runs once, and its words are read by a person."""

import re
from typing import Any

import httpx
import pytest
from oauth_world import BASE, OAUTH, World, answered
from operations.factors_stage import configure, enrol
from operations.stage import EMAIL, PASSWORD, claims
from operations.triggers_stage import Hooks
from starlette.routing import Router

from poolhouse.pages.hosted import hosted_routes
from poolhouse.protocols.oauth import oauth_routes

EVERY = """
def PreAuthentication(event): pass
def PostAuthentication(event): pass
def PreTokenGeneration(event):
    added = {"source": event["triggerSource"]}
    event["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": added}}
"""
REFUSES = "def {}(event): raise ValueError('<b>Not</b> today')"
SHOWN = "&lt;b&gt;Not&lt;/b&gt; today."


# Enrolling an authenticator is the first sign-in.
LATER = """
def PostAuthentication(event):
    if len(_NOTES.read_text().splitlines()) > 1:
        raise ValueError('<b>Not</b> today')
"""


@pytest.fixture
async def hooks(tmp_path, services, invoke):
    hooks = Hooks(tmp_path, services, invoke)
    yield hooks
    await hooks.close()


async def world(hooks, source: str, *, person: bool = True, version: str | None = None, **client: Any) -> World:
    """An app that uses the pages of a pool with triggers."""
    stage = await hooks.stage(source, version=version, client={**OAUTH, **client})
    if person:
        await stage.person()
    routed = Router([*oauth_routes(stage.services), *hosted_routes(stage.services)])

    def user_agent() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=routed), base_url=BASE)

    return World(stage, stage.services, user_agent(), user_agent())


def alert(page: httpx.Response) -> str:
    found = re.search(r'role="alert".*?<p>(.*?)</p>', page.text, re.DOTALL)
    return found.group(1) if found else ""


async def test_each_runs_once(hooks):
    """The tokens that stay on the server are not asked about; the app's are, and say so."""
    made = await world(hooks, EVERY)
    code = await made.code()
    assert hooks.sources() == ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    tokens = (await made.exchange(code)).json()
    assert claims(tokens["id_token"])["source"] == "TokenGeneration_HostedAuth"
    refreshed = (await made.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    assert claims(refreshed["id_token"])["source"] == "TokenGeneration_RefreshTokens"
    assert len(hooks.events()) == 4


async def test_each_runs_once_behind_a_second_factor(hooks):
    made = await world(hooks, EVERY, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    await configure(made.stage)
    app = await enrol(made.stage)
    before = len(hooks.events())
    page = await made.sign_in()
    assert answered(await made.post(page, "/login", {"code": app.code()}))["code"]
    assert hooks.sources()[before:] == ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]


async def test_somebody_who_is_signed_in_already(hooks):
    """A second app's code asks about tokens again, and about nothing else."""
    made = await world(hooks, EVERY)
    await made.code()
    await made.exchange(answered(await made.authorize())["code"])
    assert hooks.sources()[2:] == ["TokenGeneration_HostedAuth"]


@pytest.mark.parametrize("trigger", ["PreAuthentication", "PostAuthentication"])
async def test_a_refused_sign_in_is_explained(hooks, trigger):
    """The function's own words, as text, on the sign-in page; nobody is signed in."""
    made = await world(hooks, REFUSES.format(trigger))
    page = await made.sign_in()
    assert (page.status_code, alert(page)) == (400, SHOWN)
    assert not any("session" in name for name in made.browser.cookies)


async def test_a_broken_function_is_not_explained(hooks):
    """What only a developer understands is not shown."""
    made = await world(hooks, "def PreAuthentication(event): return 1")
    page = await made.sign_in()
    assert (page.status_code, alert(page)) == (400, "This does not work at the moment. Please try again later.")


async def test_a_refusal_behind_a_second_factor(hooks):
    """The sign-in begins anew: the code that was entered is used up."""
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = await world(hooks, LATER, ExplicitAuthFlows=flows)
    await configure(made.stage)
    app = await enrol(made.stage)
    page = await made.sign_in()
    page = await made.post(page, "/login", {"code": app.code()})
    assert (page.status_code, alert(page)) == (400, SHOWN)
    assert 'name="password"' in page.text


async def test_a_refused_sign_up_is_explained(hooks):
    made = await world(hooks, REFUSES.format("PreSignUp"), person=False)
    page = await made.show("/signup")
    page = await made.post(page, "/signup", {"username": EMAIL, "password": PASSWORD})
    assert (page.status_code, alert(page)) == (400, SHOWN)
    assert (await made.stage.admin("ListUsers"))["Users"] == []


async def test_a_confirmed_sign_up(hooks):
    """Nobody is asked for a code that was never sent."""
    confirms = "def PreSignUp(event): event['response']['autoConfirmUser'] = True"
    made = await world(hooks, confirms, person=False)
    page = await made.show("/signup")
    page = await made.post(page, "/signup", {"username": EMAIL, "password": PASSWORD})
    assert "Your account is ready" in page.text


async def test_refused_tokens(hooks):
    """The app hears why; the code is used up."""
    made = await world(hooks, REFUSES.format("PreTokenGeneration"))
    code = await made.code()
    refusal = await made.exchange(code)
    assert refusal.status_code == 400
    assert refusal.json() == {
        "error": "invalid_grant",
        "error_description": "PreTokenGeneration failed with error <b>Not</b> today.",
    }
    assert (await made.exchange(code)).json()["error"] == "invalid_grant"


async def test_refused_tokens_of_the_implicit_flow(hooks):
    made = await world(hooks, REFUSES.format("PreTokenGeneration"), AllowedOAuthFlows=["implicit"])
    told = answered(await made.sign_in(response_type="token"))
    assert told["error"] == "access_denied"
    assert "access_token" not in told


async def test_scopes_that_a_function_adds_are_not_granted(hooks):
    """They are in the access token; an ID token comes only where openid was granted."""
    source = (
        "def PreTokenGeneration(event): event['response'] = "
        "{'claimsAndScopeOverrideDetails': {'accessTokenGeneration': {'scopesToAdd': ['openid']}}}"
    )
    made = await world(hooks, source, version="V2_0")
    await made.stage.admin("CreateResourceServer", Identifier="orders", Name="Orders", Scopes=ORDERS)
    await made.stage.new_client(**{**OAUTH, "AllowedOAuthScopes": ["openid", "orders/read"]})
    tokens = await made.tokens(scope="orders/read")
    again = (await made.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    for each in (tokens, again):
        assert (claims(each["access_token"])["scope"], "id_token" in each) == ("orders/read openid", False)


ORDERS = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
MACHINES = """
def PreTokenGeneration(event):
    event["response"] = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {
        "claimsToAddOrOverride": {"tenant": "t-1", "client_id": "forged"}, "scopesToSuppress": ["orders/write"]}}}
"""


@pytest.mark.parametrize(("version", "asked"), [("V2_0", False), ("V3_0", True)])
async def test_tokens_of_apps(hooks, version, asked):
    """Only version 3 is asked about apps that sign in as themselves."""
    made = await world(hooks, MACHINES, version=version, person=False)
    await made.stage.admin("CreateResourceServer", Identifier="orders", Name="Orders", Scopes=ORDERS)
    await made.stage.new_client(
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["orders/read", "orders/write"],
        GenerateSecret=True,
    )
    answer = (await made.token(grant_type="client_credentials", client_secret=made.stage.secret)).json()
    token = claims(answer["access_token"])
    assert token["client_id"] == made.client
    assert (token.get("tenant"), token["scope"]) == (
        ("t-1", "orders/read") if asked else (None, "orders/read orders/write")
    )
    assert hooks.sources() == (["TokenGeneration_ClientCredentials"] if asked else [])
