"""A Stage whose users may sign in without a password, and the steps of USER_AUTH."""

import json
from typing import Any

from operations.authenticators import Authenticator
from operations.factors_stage import respond, verified_email
from operations.stage import EMAIL, EMAIL_POOL, FLOWS, Stage, build

FACTORS = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]
USER_AUTH = [*FLOWS, "ALLOW_USER_AUTH"]
HIDING = {"ExplicitAuthFlows": USER_AUTH, "PreventUserExistenceErrors": "ENABLED"}
BOTH_PASSWORDS = ["PASSWORD", "PASSWORD_SRP"]


def policy(*factors: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(factors or FACTORS)}}}


async def choices(services: Any, invoke: Any, client: dict[str, Any] | None = None, **settings: Any) -> Stage:
    """Every first factor but SMS, unless `settings` say otherwise."""
    client = client or {"ExplicitAuthFlows": USER_AUTH}
    return await build(services, invoke, client=client, **(EMAIL_POOL | policy() | settings))


async def member(stage: Stage, username: str = EMAIL) -> str:
    """A confirmed user with a verified address and a password; the sub."""
    sub = await stage.person(username)
    await verified_email(stage, username)
    return sub


async def begin(stage: Stage, username: str = EMAIL, session: str | None = None, **given: str) -> dict[str, Any]:
    more = {} if session is None else {"Session": session}
    parameters = {"USERNAME": username, **given, **stage.hashed(username)}
    return await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_AUTH", AuthParameters=parameters, **more
    )


async def prefer(stage: Stage, factor: str, username: str = EMAIL, **given: str) -> dict[str, Any]:
    return await begin(stage, username, PREFERRED_CHALLENGE=factor, **given)


async def token(stage: Stage, username: str = EMAIL) -> str:
    return str((await stage.tokens(username))["AccessToken"])


async def start(stage: Stage, access: str) -> dict[str, Any]:
    answer = await stage.public("StartWebAuthnRegistration", AccessToken=access)
    return dict(answer["CredentialCreationOptions"])


async def register(stage: Stage, access: str, authenticator: Authenticator | None = None) -> Authenticator:
    authenticator = authenticator or Authenticator()
    made = authenticator.make(await start(stage, access))
    assert await complete(stage, access, made) == {}
    return authenticator


async def complete(stage: Stage, access: str, credential: Any) -> dict[str, Any]:
    return await stage.public("CompleteWebAuthnRegistration", AccessToken=access, Credential=credential)


async def listed(stage: Stage, access: str, **page: Any) -> list[dict[str, Any]]:
    return list((await stage.public("ListWebAuthnCredentials", AccessToken=access, **page))["Credentials"])


def options(asked: dict[str, Any]) -> dict[str, Any]:
    assert asked["ChallengeName"] == "WEB_AUTHN"
    return dict(json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]))


async def present(stage: Stage, asked: dict[str, Any], credential: Any, username: str = EMAIL) -> dict[str, Any]:
    return await respond(stage, asked, CREDENTIAL=json.dumps(credential), USERNAME=username)
