"""Ways to sign up and in besides SRP, and what tokens are good for, each in a pool or an app client of its own that the
scenario makes.
"""

import asyncio
import base64
import dataclasses
import hashlib
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from poolhouse.crypto import totp
from poolhouse.operations import password_storage
from poolhouse.store.database import open_database

from .load import Step
from .people import PASSWORD, PEOPLE, Person, Site
from .scenarios import again, asking, once, scenario, upcoming
from .seed import Seeded
from .wire import Connection, WrongAnswer, call, post

_CALLBACK = "https://app.example.com/back"
_VERIFIER = "v" * 64
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
_SETTERS = 16


@scenario("password sign-in")
async def password_sign_in(site: Site, people: list[Person]) -> Step:
    """USER_PASSWORD_AUTH where the pool keeps verifiers: the server computes what an SRP client would prove."""
    own = await _passwords(site)
    return _cycling([_password(own, person.email) for person in people])


@scenario("refresh")
async def refresh(site: Site, people: list[Person]) -> Step:
    """REFRESH_TOKEN_AUTH: two new tokens."""
    own, signed_in = await _signed_in(site, people)
    flow = {"AuthFlow": "REFRESH_TOKEN_AUTH"}
    tokens = [{"REFRESH_TOKEN": one["RefreshToken"]} for one in signed_in]
    requests = [own.public("InitiateAuth", **flow, AuthParameters=token) for token in tokens]
    return asking(again((request, b'"AccessToken"') for request in requests))


@scenario("GetUser, access token")
async def get_user(site: Site, people: list[Person]) -> Step:
    own, signed_in = await _signed_in(site, people)
    requests = [call(own.host, "GetUser", {"AccessToken": one["AccessToken"]}) for one in signed_in]
    return asking(again(zip(requests, (person.email.encode() for person in people), strict=True)))


@scenario("OAuth code exchange with PKCE", warm_up=0.3)
async def code_exchange(site: Site, people: list[Person]) -> Step:
    """`POST /oauth2/token`; the codes were fetched before, with a browser's cookies."""
    flows = {"AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid", "email"], "CallbackURLs": [_CALLBACK]}
    asked = {"ClientName": "studio", "AllowedOAuthFlowsUserPoolClient": True, "SupportedIdentityProviders": ["COGNITO"]}
    client = (await _ask(site, "CreateUserPoolClient", **asked, **flows))["UserPoolClient"]["ClientId"]
    codes = await _codes(site, client, people[0].email, site.enough(500))
    form = {
        "grant_type": "authorization_code",
        "client_id": client,
        "redirect_uri": _CALLBACK,
        "code_verifier": _VERIFIER,
    }
    bodies = (urlencode({**form, "code": code}).encode() for code in codes)
    return asking(once((post(site.host, "/oauth2/token", _FORM, body), b'"refresh_token"') for body in bodies))


@scenario("SignUp, no message", extra=True)
async def sign_up(site: Site, _people: list[Person]) -> Step:
    """A password credential is made and a row written; the pool verifies nothing, so nobody gets a code."""
    own = await _pool(site, "sign-up")

    def new(number: int) -> tuple[bytes, bytes]:
        return own.public("SignUp", Username=f"new-{number}", Password=PASSWORD), b'"UserSub"'

    return asking(once(map(new, range(own.enough(2500)))))


@scenario("password sign-in, argon2id", extra=True)
async def password_sign_in_argon2id(site: Site, _people: list[Person]) -> Step:
    """The same where the pool keeps slow hashes, whose cost is the point of them."""
    own = await _pool(site, "hashed")
    await _keep_hashes(own)
    names = [f"hashed-{number}" for number in range(PEOPLE)]
    await _spread(own, names, _create)
    return _cycling([_password(own, name) for name in names])


@scenario("TOTP sign-in (two requests)", extra=True)
async def totp_sign_in(site: Site, _people: list[Person]) -> Step:
    """Password, then a code. Every sign-in is another user's, because a code is good once."""
    own = await _pool(site, "totp", MfaConfiguration="OFF")
    factors = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    await _ask(own, "SetUserPoolMfaConfig", **factors)
    names = [f"careful-{number}" for number in range(own.enough(220))]
    enrolled = dict(await _spread(own, names, _enrol))
    turns = iter(enrolled.items())

    async def step(connection: Connection) -> None:
        name, (secret, used) = upcoming(turns)
        challenge = msgspec.json.decode(await connection.ask(_password(own, name)))
        code = totp.code(secret, max(used + 1, totp.step_of(time.time_ns() // 1000)))
        proof = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code}
        answer = own.public(
            "RespondToAuthChallenge",
            ChallengeName="SOFTWARE_TOKEN_MFA",
            ChallengeResponses=proof,
            Session=challenge["Session"],
        )
        _require(await connection.ask(answer), b'"RefreshToken"')

    return step


# --- pools and people --------------------------------------------------------------------------------------


async def _ask(site: Site, operation: str, **request: Any) -> Any:
    connection = await Connection.open(*site.address)
    try:
        return msgspec.json.decode(await connection.ask(site.call(operation, **request)))
    finally:
        connection.close()


async def _passwords(site: Site) -> Site:
    """The site with a client of the same pool that sends passwords."""
    client = await _ask(site, "CreateUserPoolClient", ClientName="passwords", ExplicitAuthFlows=_FLOWS)
    return _with_client(site, client["UserPoolClient"]["ClientId"])


async def _signed_in(site: Site, people: list[Person]) -> tuple[Site, list[Mapping[str, str]]]:
    """Everybody's tokens, by password, and the client that they are for."""
    own = await _passwords(site)
    connection = await Connection.open(*site.address)
    try:
        answers = [await connection.ask(_password(own, person.email)) for person in people]
    finally:
        connection.close()
    return own, [msgspec.json.decode(answer)["AuthenticationResult"] for answer in answers]


async def _pool(site: Site, name: str, **settings: Any) -> Site:
    """The site with a fresh pool, where people choose their names, and a client that sends passwords."""
    connection = await Connection.open(*site.address)
    try:
        request = call(site.host, "CreateUserPool", {"PoolName": name, **settings}, site.root)
        pool = msgspec.json.decode(await connection.ask(request))["UserPool"]["Id"]
    finally:
        connection.close()
    own = dataclasses.replace(site, seeded=Seeded(pool, "", ()))
    client = await _ask(own, "CreateUserPoolClient", ClientName="passwords", ExplicitAuthFlows=_FLOWS)
    return _with_client(own, client["UserPoolClient"]["ClientId"])


def _with_client(site: Site, client_id: str) -> Site:
    return dataclasses.replace(site, seeded=site.seeded._replace(client_id=client_id))


async def _keep_hashes(site: Site) -> None:
    """What `poolhouse pools set --password-storage argon2id` does beside a running server."""
    database = open_database(site.database)
    await database.start()
    try:
        async with database.write() as tx:
            await password_storage.change(tx, site.seeded.pool_id, "argon2id", time.time_ns() // 1000)
    finally:
        await database.stop()


async def _create(site: Site, connection: Connection, name: str) -> None:
    """A confirmed user with a password."""
    await connection.ask(site.call("AdminCreateUser", Username=name, MessageAction="SUPPRESS"))
    await connection.ask(site.call("AdminSetUserPassword", Username=name, Password=PASSWORD, Permanent=True))


async def _enrol(site: Site, connection: Connection, name: str) -> tuple[str, tuple[bytes, int]]:
    """A user with an authenticator: its secret, and the time step of the code that enrolled it."""
    ask = connection.ask
    await _create(site, connection, name)
    signed_in = msgspec.json.decode(await ask(_password(site, name)))["AuthenticationResult"]
    token = {"AccessToken": signed_in["AccessToken"]}
    text = msgspec.json.decode(await ask(call(site.host, "AssociateSoftwareToken", token)))["SecretCode"]
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    step = totp.step_of(time.time_ns() // 1000)
    await ask(call(site.host, "VerifySoftwareToken", {**token, "UserCode": totp.code(secret, step)}))
    preferred = {"Enabled": True, "PreferredMfa": True}
    await ask(call(site.host, "SetUserMFAPreference", {**token, "SoftwareTokenMfaSettings": preferred}))
    return name, (secret, step)


async def _spread(site: Site, names: list[str], make: Callable[..., Awaitable[Any]]) -> list[Any]:
    """`make` for every name, over several connections."""
    left = iter(names)

    async def setter() -> list[Any]:
        connection = await Connection.open(*site.address)
        try:
            return [await make(site, connection, name) for name in left]
        finally:
            connection.close()

    return list(itertools.chain(*await asyncio.gather(*(setter() for _ in range(_SETTERS)))))


def _password(site: Site, name: str) -> bytes:
    return site.public(
        "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD}
    )


def _cycling(requests: list[bytes]) -> Step:
    turns: Iterator[bytes] = itertools.cycle(requests)

    async def step(connection: Connection) -> None:
        _require(await connection.ask(next(turns)), b'"RefreshToken"')

    return step


def _require(body: bytes, mark: bytes) -> None:
    if mark not in body:
        raise WrongAnswer(repr(body))


# --- a browser ---------------------------------------------------------------------------------------------


async def _codes(site: Site, client_id: str, email: str, wanted: int) -> list[str]:
    """Authorization codes of one browser that signed in on the hosted page."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": _CALLBACK, "scope": "openid email"}
    query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    async with httpx.AsyncClient(base_url=f"http://{site.host}", params=query) as browser:
        page = (await browser.get("/login")).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
        signed_in = await browser.post("/login", data={**hidden, "username": email, "password": PASSWORD})
        if signed_in.status_code not in {302, 303}:
            raise WrongAnswer(signed_in.text)

        async def code(_number: int) -> str:
            return _code((await browser.get("/oauth2/authorize")).headers)

        return [await code(number) for number in range(wanted)]


def _code(headers: Mapping[str, str]) -> str:
    found = parse_qs(urlsplit(headers["location"]).query).get("code")
    if not found:
        raise WrongAnswer(repr(dict(headers)))
    return found[0]
