"""A pool with a client and people in it, for tests of everything that starts with a sign-in."""

import base64
import functools
import hmac
from typing import Any

import msgspec

from poolhouse import service_model
from poolhouse.access.principals import Anonymous, Principal, Root
from poolhouse.crypto import codes
from poolhouse.crypto.srp import ClientSession
from poolhouse.crypto.tokens import SigningKey, claims_unverified
from poolhouse.errors import ServiceError
from poolhouse.messages import inbox
from poolhouse.messages.delivery import deliver_once
from poolhouse.messages.inbox import LocalInbox
from poolhouse.operations import families  # noqa: F401 - registers every operation
from poolhouse.operations._pool_settings import pool_settings
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.context import Services
from poolhouse.operations.gate import call
from poolhouse.store import pools
from poolhouse.store.pools import Pool

ROOT = Root(account_id="000000000000", region="us-east-1")
EMAIL = "ada@example.com"
PASSWORD = "Correct-Horse9"
EMAIL_POOL = {
    "UsernameAttributes": ["email"],
    "AutoVerifiedAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
}
FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]


@functools.cache
def signing_keys(nth: int) -> tuple[SigningKey, SigningKey]:
    """The pair of a test's nth pool, the same for the whole test process; making keys is slow."""
    return SigningKey.generate(), SigningKey.generate()


class Stage:
    """One pool and its first client; `client` can be replaced."""

    def __init__(self, services: Services, invoke: Any, pool_id: str) -> None:
        self.services = services
        self.invoke = invoke
        self.pool = pool_id
        self.client = ""
        self.secret: str | None = None

    def on(self, services: Services) -> "Stage":
        """The same pool and client, asked on a server that is built otherwise."""

        async def invoke(name: str, request: dict[str, Any], *, principal: Principal = ROOT) -> dict[str, Any]:
            operation = service_model.operation("cognito-idp", name)
            assert operation is not None
            return await call(
                services, principal, operation, service_model.from_params(operation, request), request_id="test"
            )

        other = Stage(services, invoke, self.pool)
        other.client, other.secret = self.client, self.secret
        return other

    async def public(self, name: str, **request: Any) -> dict[str, Any]:
        """An unsigned call."""
        return await self.invoke(name, request, principal=Anonymous())

    async def admin(self, name: str, **request: Any) -> dict[str, Any]:
        return await self.invoke(name, {"UserPoolId": self.pool, **request})

    async def new_client(self, **settings: Any) -> str:
        settings = {"ClientName": "app", "ExplicitAuthFlows": FLOWS, **settings}
        made = (await self.admin("CreateUserPoolClient", **settings))["UserPoolClient"]
        self.client, self.secret = made["ClientId"], made.get("ClientSecret")
        return self.client

    # --- people ---

    async def sign_up(self, username: str = EMAIL, **more: Any) -> dict[str, Any]:
        return await self.public(
            "SignUp", **{"ClientId": self.client, "Username": username, "Password": PASSWORD, **more}
        )

    async def code(self, destination: str = EMAIL) -> str:
        """The last code that was sent there."""
        return (await self.mail(destination))[-1]["code"]

    async def mail(self, destination: str = EMAIL) -> list[dict[str, Any]]:
        database, vault = self.services.database, self.services.vault
        while await deliver_once(database, vault, LocalInbox(database), self.services.clock()):
            pass
        return await inbox.messages(database, vault, destination=destination)

    async def confirm(self, username: str = EMAIL, code: str | None = None, **more: Any) -> dict[str, Any]:
        code = code or await self.code(username)
        return await self.public(
            "ConfirmSignUp", ClientId=self.client, Username=username, ConfirmationCode=code, **more
        )

    async def person(self, username: str = EMAIL) -> str:
        """A confirmed user; the sub."""
        sub = (await self.sign_up(username))["UserSub"]
        await self.admin("AdminConfirmSignUp", Username=username)
        return sub

    async def group(self, name: str, precedence: int | None, role: str) -> None:
        """A new group with a role, and the first user in it."""
        ranked = {} if precedence is None else {"Precedence": precedence}
        await self.admin("CreateGroup", GroupName=name, RoleArn=role, **ranked)
        await self.admin("AdminAddUserToGroup", GroupName=name, Username=EMAIL)

    async def user(self, username: str = EMAIL) -> dict[str, Any]:
        """AdminGetUser, with the attributes as a dict."""
        answer = msgspec.json.decode(msgspec.json.encode(await self.admin("AdminGetUser", Username=username)))
        return answer | {"attributes": {each["Name"]: each["Value"] for each in answer["UserAttributes"]}}

    # --- signing in ---

    async def by_password(self, username: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        parameters = {"USERNAME": username, "PASSWORD": password, **self.hashed(username)}
        return await self.public(
            "InitiateAuth", ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )

    async def tokens(self, username: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        return (await self.by_password(username, password))["AuthenticationResult"]

    async def srp_start(self, username: str = EMAIL, **more: str) -> tuple[ClientSession, dict[str, str]]:
        session = ClientSession(self.pool)
        parameters = {"USERNAME": username, "SRP_A": session.public, **self.hashed(username), **more}
        answer = await self.public(
            "InitiateAuth", ClientId=self.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
        )
        assert answer["ChallengeName"] == "PASSWORD_VERIFIER"
        assert "Session" not in answer
        return session, answer["ChallengeParameters"]

    async def srp_end(self, responses: dict[str, str]) -> dict[str, Any]:
        return await self.public(
            "RespondToAuthChallenge",
            ClientId=self.client,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses={**responses, **self.hashed(responses["USERNAME"])},
        )

    async def srp_responses(self, username: str = EMAIL, password: str = PASSWORD) -> dict[str, str]:
        session, parameters = await self.srp_start(username)
        return session.answer(parameters, parameters["USER_ID_FOR_SRP"], password, self.services.clock())

    async def srp(self, username: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        return await self.srp_end(await self.srp_responses(username, password))

    def hashed(self, name: str) -> dict[str, str]:
        if self.secret is None:
            return {}
        mac = hmac.digest(self.secret.encode(), (name + self.client).encode(), "sha256")
        return {"SECRET_HASH": base64.b64encode(mac).decode()}


async def build(
    services: Services, invoke: Any, *, client: dict[str, Any] | None = None, nth: int = 0, **settings: Any
) -> Stage:
    """A pool like Amplify's, with e-mail addresses as usernames, unless `settings` say otherwise."""
    operation = service_model.operation("cognito-idp", "CreateUserPool")
    assert operation is not None
    request = service_model.from_params(operation, {"PoolName": "people", **(settings or EMAIL_POOL)})
    now = services.clock()
    pool = Pool(f"us-east-1_{codes.pool_suffix()}", "us-east-1", "people", pool_settings(request), now, now)
    async with services.database.write() as tx:
        await pools.add(tx, pool)
        for key in stored_keys(services.vault, pool.id, *signing_keys(nth), now):
            await pools.add_key(tx, key)
    stage = Stage(services, invoke, pool.id)
    await stage.new_client(**(client or {}))
    return stage


def claims(token: str) -> dict[str, Any]:
    return claims_unverified(token)


async def refused(call: Any) -> ServiceError:
    """The error of a call that must not succeed."""
    try:
        answer = await call
    except ServiceError as error:
        return error
    raise AssertionError(f"expected a refusal, got {answer}")


def said(error: ServiceError) -> tuple[str, str]:
    return error.code.removesuffix("Exception"), error.message
