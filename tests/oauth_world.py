"""A pool with an app that uses OAuth, a browser, and the app's own side, for tests of the endpoints and the pages."""

import base64
import hashlib
import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from operations.stage import EMAIL, PASSWORD, Stage, build
from starlette.routing import Router

from poolhouse.operations.context import Services
from poolhouse.pages.hosted import hosted_routes
from poolhouse.protocols.oauth import oauth_routes

BASE = "http://127.0.0.1:4500"
CALLBACK = "https://app.example.com/back"
OAUTH = {
    "ClientName": "Studio",
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"],
    "CallbackURLs": [CALLBACK, "myapp://back", "http://localhost:3000/"],
    "LogoutURLs": ["https://app.example.com/bye"],
    "SupportedIdentityProviders": ["COGNITO"],
    "PreventUserExistenceErrors": "ENABLED",
}
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@dataclass
class World:
    """`browser` keeps cookies; `app` is the app's server, which has none."""

    stage: Stage
    services: Services
    browser: httpx.AsyncClient
    app: httpx.AsyncClient

    @property
    def client(self) -> str:
        return self.stage.client

    def query(self, **more: str | None) -> str:
        asked = {"response_type": "code", "client_id": self.client, "redirect_uri": CALLBACK, "state": "s-1", **more}
        return urlencode({name: value for name, value in asked.items() if value is not None})

    async def authorize(self, **more: str | None) -> httpx.Response:
        return await self.browser.get(f"/oauth2/authorize?{self.query(**more)}")

    async def show(self, path: str, **more: str | None) -> httpx.Response:
        return await self.browser.get(f"{path}?{self.query(**more)}")

    async def post(self, page: httpx.Response, path: str, fields: dict[str, str], **more: str | None) -> httpx.Response:
        """Send a form of a page that was shown, with its hidden members."""
        return await self.browser.post(f"{path}?{self.query(**more)}", data={**hidden(page), **fields})

    async def sign_in(self, username: str = EMAIL, password: str = PASSWORD, **more: str | None) -> httpx.Response:
        page = await self.show("/login", **more)
        return await self.post(page, "/login", {"username": username, "password": password}, **more)

    async def code(self, **more: str | None) -> str:
        """A fresh authorization code."""
        answer = answered(await self.sign_in(**more))
        return answer["code"]

    async def token(self, *, headers: dict[str, str] | None = None, **form: str | None) -> httpx.Response:
        sent = {"client_id": self.client, **form}
        return await self.app.post(
            "/oauth2/token", data={n: v for n, v in sent.items() if v is not None}, headers=headers
        )

    async def exchange(self, code: str, **form: str | None) -> httpx.Response:
        return await self.token(grant_type="authorization_code", code=code, **{"redirect_uri": CALLBACK, **form})

    async def tokens(self, **more: str | None) -> dict[str, Any]:
        return (await self.exchange(await self.code(**more))).json()


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden members of the first form."""
    form = page.text.partition("<form")[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found}


def answered(response: httpx.Response, at: str = CALLBACK) -> dict[str, str]:
    """What a redirect to the app says, in its query or its fragment."""
    location = response.headers["location"]
    assert location.startswith((f"{at}?", f"{at}#")), location
    parts = urlsplit(location)
    return {name: value for name, (value,) in parse_qs(parts.query or parts.fragment).items()}


async def make_world(
    services: Services, invoke: Any, *, nth: int = 0, username_pool: bool = False, **settings: Any
) -> World:
    """The test's `nth` pool, where e-mail addresses sign in, or freely chosen names and nobody yet."""
    named = {"AutoVerifiedAttributes": ["email"]} if username_pool else {}
    stage = await build(services, invoke, nth=nth, client={**OAUTH, **settings}, **named)
    if not username_pool:
        await _ada(stage)
    routed = Router([*oauth_routes(services), *hosted_routes(services)])

    def user_agent() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=routed), base_url=BASE)

    return World(stage, services, user_agent(), user_agent())


async def _ada(stage: Stage) -> None:
    """A confirmed user with a verified address."""
    proof = {"SecretHash": stage.hashed(EMAIL)["SECRET_HASH"]} if stage.secret else {}
    await stage.sign_up(**proof)
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    verified = [{"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=verified)
