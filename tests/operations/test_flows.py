"""Which flow a client may use, and how it proves itself."""

import pytest
from operations.stage import EMAIL, EMAIL_POOL, FLOWS, PASSWORD, Stage, build, claims, refused, said

from poolhouse.crypto.srp import ClientSession


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


@pytest.mark.parametrize(
    ("admin", "flow", "text"),
    [
        (False, "ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported."),
        (False, "ADMIN_NO_SRP_AUTH", "Initiate Auth method not supported."),
        (True, "USER_PASSWORD_AUTH", "Initiate Auth method not supported."),
        (False, "USER_AUTH", "USER_AUTH flow not enabled for this client"),
        (False, "CUSTOM_AUTH", "CUSTOM_AUTH flow not enabled for this client"),
    ],
)
async def test_flow_that_is_refused(stage, admin, flow, text):
    """No flow falls through to tokens."""
    await stage.person()
    call = stage.admin("AdminInitiateAuth", **_password(stage, flow)) if admin else _public(stage, flow)
    assert said(await refused(call)) == ("InvalidParameter", text)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"])
async def test_flow_that_the_client_does_not_allow(stage, flow):
    await stage.person()
    await stage.new_client(ExplicitAuthFlows=[name for name in FLOWS if name != f"ALLOW_{flow}"])
    text = f"{flow} flow not enabled for this client"
    assert said(await refused(_public(stage, flow))) == ("InvalidParameter", text)


async def test_default_flows(stage):
    """A client that names no flow allows SRP and no plain password."""
    await stage.person()
    made = await stage.admin("CreateUserPoolClient", ClientName="bare")
    stage.client = made["UserPoolClient"]["ClientId"]
    assert "AuthenticationResult" in await stage.srp()
    assert (await refused(stage.by_password())).code == "InvalidParameterException"


@pytest.mark.parametrize("flow", ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
async def test_admin_flow(stage, flow):
    await stage.person()
    answer = await stage.admin("AdminInitiateAuth", **_password(stage, flow))
    assert "AuthenticationResult" in answer


async def test_admin_srp(stage):
    await stage.person()
    session = ClientSession(stage.pool)
    parameters = {"USERNAME": EMAIL, "SRP_A": session.public}
    asked = await stage.admin(
        "AdminInitiateAuth", ClientId=stage.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
    )
    responses = session.answer(asked["ChallengeParameters"], EMAIL, PASSWORD, stage.services.clock())
    answer = await stage.admin(
        "AdminRespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=responses,
    )
    assert "AuthenticationResult" in answer


async def test_client_of_another_pool(stage, services, invoke):
    other = await build(services, invoke, nth=1)
    await stage.person()
    error = await refused(other.admin("AdminInitiateAuth", **_password(stage, "ADMIN_USER_PASSWORD_AUTH")))
    assert said(error) == ("ResourceNotFound", f"User pool client {stage.client} does not exist.")


async def test_unknown_client(stage):
    stage.client = "1example23456789"
    assert said(await refused(stage.srp())) == (
        "ResourceNotFound",
        "User pool client 1example23456789 does not exist.",
    )


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
async def test_missing_parameter(stage, missing):
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    del parameters[missing]
    call = stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert said(await refused(call)) == ("InvalidParameter", f"Missing required parameter {missing}")


async def test_secret_hash(services, invoke):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    assert "AuthenticationResult" in await stage.srp()
    assert "AuthenticationResult" in await stage.by_password()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "Client {} is configured with secret but SECRET_HASH was not received"),
        ({"SECRET_HASH": "d3Jvbmc="}, "Unable to verify secret hash for client {}"),
        ({"SECRET_HASH": ""}, "Unable to verify secret hash for client {}"),
    ],
)
async def test_secret_hash_that_is_wrong(services, invoke, given, text):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, **given}
    call = stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert said(await refused(call)) == ("NotAuthorized", text.format(stage.client))


async def test_secret_hash_is_asked_for_again(services, invoke):
    """The answer to the challenge proves the client once more."""
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    responses = await stage.srp_responses()
    stage.secret = None
    assert (await refused(stage.srp_end(responses))).message.endswith("SECRET_HASH was not received")


async def test_secret_hash_for_a_client_without_secret(stage):
    await stage.person()
    stage.secret = "invented" * 4
    assert said(await refused(stage.srp())) == (
        "NotAuthorized",
        f"Unable to verify secret hash for client {stage.client}",
    )


@pytest.mark.parametrize(
    ("challenge", "member"),
    [
        ("SELECT_CHALLENGE", "ANSWER"),
        ("PASSWORD", "PASSWORD"),
        ("PASSWORD_SRP", "SRP_A"),
        ("EMAIL_OTP", "EMAIL_OTP_CODE"),
        ("SMS_OTP", "SMS_OTP_CODE"),
        ("SMS_MFA", "SMS_MFA_CODE"),
        ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
        ("WEB_AUTHN", "CREDENTIAL"),
    ],
)
async def test_challenge_that_nobody_asked(stage, challenge, member):
    """No answer leads to tokens without a session that waits for it."""
    await stage.person()
    for session in ({"Session": "x" * 40}, {}):
        call = stage.public(
            "RespondToAuthChallenge",
            ClientId=stage.client,
            ChallengeName=challenge,
            ChallengeResponses={"USERNAME": EMAIL, member: "123456"},
            **session,
        )
        assert said(await refused(call)) == ("NotAuthorized", "Invalid session for the user.")


@pytest.mark.parametrize("challenge", ["ADMIN_NO_SRP_AUTH"])
async def test_challenge_that_is_not_served(stage, challenge):
    """None of them can be answered into tokens, with or without a code."""
    await stage.person()
    call = stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName=challenge,
        Session="x" * 40,
        ChallengeResponses={"USERNAME": EMAIL},
    )
    text = f"The challenge {challenge} is not served by this version of Poolhouse."
    assert said(await refused(call)) == ("InvalidParameter", text)


async def test_pool_is_case_insensitive(stage):
    await stage.person()
    first, second = await stage.srp("ADA@Example.com"), await stage.srp()
    names = {claims(answer["AuthenticationResult"]["AccessToken"])["username"] for answer in (first, second)}
    assert len(names) == 1
    assert EMAIL_POOL["UsernameConfiguration"] == {"CaseSensitive": False}


def _password(stage: Stage, flow: str) -> dict:
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    return {"ClientId": stage.client, "AuthFlow": flow, "AuthParameters": parameters}


def _public(stage: Stage, flow: str):
    return stage.public("InitiateAuth", **_password(stage, flow))
