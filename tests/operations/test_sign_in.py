"""Signing in with SRP and with a password: who gets tokens, and everybody who does not."""

import asyncio
import base64
import uuid

import pytest
from operations.stage import EMAIL, EMAIL_POOL, FLOWS, PASSWORD, Stage, build, claims, refused, said
from poolhouse.crypto.group import N
from poolhouse.crypto.srp import ClientSession

INCORRECT = ("NotAuthorized", "Incorrect username or password.")
EXCEEDED = ("NotAuthorized", "Password attempts exceeded")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


@pytest.fixture
async def hiding(services, invoke) -> Stage:
    """A client that does not tell who exists."""
    return await build(services, invoke, client={"PreventUserExistenceErrors": "ENABLED"})


async def test_srp_signs_in(stage):
    """The client that knows the password gets three tokens, and no challenge parameters."""
    await stage.person()
    answer = await stage.srp()
    assert answer["ChallengeParameters"] == {}
    assert set(answer["AuthenticationResult"]) == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}


async def test_srp_many_times(stage):
    """Salts and public values of every length and first bit work."""
    await stage.person()
    for number in range(12):
        password = f"Another-Horse{number}"
        await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=password, Permanent=True)
        assert "AuthenticationResult" in await stage.srp(password=password)


async def test_srp_takes_the_typed_name_too(stage):
    """USERNAME of the answer may be the e-mail that started or USER_ID_FOR_SRP."""
    await stage.person()
    responses = await stage.srp_responses()
    assert "AuthenticationResult" in await stage.srp_end({**responses, "USERNAME": EMAIL})


async def test_wrong_password(stage):
    await stage.person()
    assert said(await refused(stage.srp(password="Wrong-Horse9"))) == INCORRECT
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT


@pytest.mark.parametrize("a_public", [0, N, 2 * N])
async def test_public_value_that_cancels_the_password(stage, a_public):
    """A mod N = 0 is refused at the start, so no proof can be built on it."""
    await stage.person()
    error = await refused(stage.srp_start(SRP_A=f"{a_public:x}"))
    assert error.code == "InvalidParameterException"


@pytest.mark.parametrize("a_public", ["", "xyz", "-1", "0x12", "1" * 2000, " 12", "１２"])
async def test_public_value_that_is_none(stage, a_public):
    await stage.person()
    assert (await refused(stage.srp_start(SRP_A=a_public))).code == "InvalidParameterException"


async def test_secret_block_once(stage):
    """A proof that was accepted is worth nothing the second time, and so is one that was refused."""
    await stage.person()
    responses = await stage.srp_responses()
    await stage.srp_end(responses)
    assert (await refused(stage.srp_end(responses))).code == "NotAuthorizedException"


async def test_secret_block_is_spent_by_a_wrong_proof(stage):
    await stage.person()
    responses = await stage.srp_responses()
    wrong = {**responses, "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode()}
    assert said(await refused(stage.srp_end(wrong))) == INCORRECT
    assert (await refused(stage.srp_end(responses))).code == "NotAuthorizedException"


async def test_parallel_answers_to_one_block(stage):
    """One winner, whatever the timing."""
    await stage.person()
    responses = await stage.srp_responses()
    outcomes = await asyncio.gather(*(stage.srp_end(responses) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1


async def test_secret_block_of_another_user(stage):
    await stage.person()
    await stage.person("bob@example.com")
    bobs = await stage.srp_responses("bob@example.com")
    mixed = {**await stage.srp_responses(), "PASSWORD_CLAIM_SECRET_BLOCK": bobs["PASSWORD_CLAIM_SECRET_BLOCK"]}
    assert (await refused(stage.srp_end(mixed))).code == "NotAuthorizedException"


async def test_secret_block_of_another_client(stage):
    await stage.person()
    responses = await stage.srp_responses()
    await stage.new_client()
    assert said(await refused(stage.srp_end(responses))) == INCORRECT


async def test_secret_block_is_too_old(stage, clock):
    await stage.person()
    responses = await stage.srp_responses()
    clock.advance(seconds=180)
    assert said(await refused(stage.srp_end(responses))) == (
        "NotAuthorized",
        "Invalid session for the user, session is expired.",
    )


async def test_answer_for_another_name(stage):
    """USERNAME has to be the one that the challenge was made for."""
    await stage.person()
    await stage.person("bob@example.com")
    responses = await stage.srp_responses()
    assert said(await refused(stage.srp_end({**responses, "USERNAME": "bob@example.com"}))) == INCORRECT


@pytest.mark.parametrize("timestamp", ["Thu Jan 01 00:00:00 UTC 2026", "Fri Jan 1 00:00:00 UTC 2026", "now"])
async def test_timestamp_in_another_spelling(stage, timestamp):
    """A padded day and a wrong weekday are refused, although the client signed them."""
    await stage.person()
    responses = await stage.srp_responses()
    assert responses["TIMESTAMP"] == "Thu Jan 1 00:00:00 UTC 2026"
    assert said(await refused(stage.srp_end({**responses, "TIMESTAMP": timestamp}))) == INCORRECT


async def test_timestamp_of_another_time(stage, clock):
    """The proof is right and signed; its time is not."""
    await stage.person()
    session, parameters = await stage.srp_start()
    later = session.answer(parameters, EMAIL, PASSWORD, clock() + 301_000_000)
    assert said(await refused(stage.srp_end(later))) == INCORRECT


@pytest.mark.parametrize("missing", ["USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK"])
async def test_answer_without_a_part(stage, missing):
    await stage.person()
    responses = {**await stage.srp_responses(), missing: ""}
    error = await refused(stage.srp_end(responses))
    assert said(error) == ("InvalidParameter", f"Missing required parameter {missing}")


async def test_password_changed_between_the_steps(stage):
    await stage.person()
    responses = await stage.srp_responses()
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password="Another-Horse9", Permanent=True)
    assert said(await refused(stage.srp_end(responses))) == INCORRECT


# --- state of the user -------------------------------------------------------------------------------------


async def test_unconfirmed_before_the_password(stage):
    """A client that does not hide users says it even to a wrong password."""
    await stage.sign_up()
    assert (await refused(stage.by_password(password="Wrong-Horse9"))).code == "UserNotConfirmedException"
    assert said(await refused(stage.srp())) == ("UserNotConfirmed", "User is not confirmed.")


async def test_disabled(stage):
    await stage.person()
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(stage.srp())) == ("NotAuthorized", "User is disabled.")
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert "AuthenticationResult" in await stage.srp()


async def test_disabled_between_the_steps(stage):
    await stage.person()
    responses = await stage.srp_responses()
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(stage.srp_end(responses))) == ("NotAuthorized", "User is disabled.")


async def test_deleted_between_the_steps(stage):
    await stage.person()
    responses = await stage.srp_responses()
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    assert said(await refused(stage.srp_end(responses))) == INCORRECT


async def test_sub_is_no_sign_in_name(services, invoke):
    """... where it is not the username."""
    plain = await build(services, invoke, UsernameConfiguration={"CaseSensitive": True})
    sub = await plain.person("ada")
    assert "AuthenticationResult" in await plain.srp("ada")
    assert said(await refused(plain.srp(sub))) == ("UserNotFound", "User does not exist.")


# --- users that do not exist -------------------------------------------------------------------------------


async def test_unknown_user_is_named(stage):
    assert said(await refused(stage.srp())) == ("UserNotFound", "User does not exist.")
    assert said(await refused(stage.by_password())) == ("UserNotFound", "User does not exist.")


async def test_unknown_user_is_hidden(hiding):
    """Salt and user id look like those of a real user, stay the same, and no password fits."""
    _, first = await hiding.srp_start()
    _, second = await hiding.srp_start()
    _, other = await hiding.srp_start("eve@example.com")
    assert (first["SALT"], first["USER_ID_FOR_SRP"]) == (second["SALT"], second["USER_ID_FOR_SRP"])
    assert other["SALT"] != first["SALT"]
    assert uuid.UUID(first["USER_ID_FOR_SRP"]).version == 4
    assert said(await refused(hiding.srp())) == INCORRECT
    assert said(await refused(hiding.by_password())) == INCORRECT


async def test_unknown_looks_like_known(hiding):
    await hiding.person()
    _, known = await hiding.srp_start()
    _, unknown = await hiding.srp_start("eve@example.com")
    assert known.keys() == unknown.keys()
    assert len(known["SECRET_BLOCK"]) // 32 == len(unknown["SECRET_BLOCK"]) // 32
    assert len(known["USER_ID_FOR_SRP"]) == len(unknown["USER_ID_FOR_SRP"])


async def test_unknown_looks_like_known_in_a_plain_pool(services, invoke):
    """Where usernames are what people type, so is the invented one."""
    client = {"PreventUserExistenceErrors": "ENABLED"}
    plain = await build(services, invoke, client=client, UsernameConfiguration={"CaseSensitive": True})
    await plain.person("ada")
    assert (await plain.srp_start("ada"))[1]["USER_ID_FOR_SRP"] == "ada"
    assert (await plain.srp_start("eve"))[1]["USER_ID_FOR_SRP"] == "eve"


async def test_hidden_state_behind_the_right_password(hiding):
    await hiding.sign_up()
    assert said(await refused(hiding.by_password(password="Wrong-Horse9"))) == INCORRECT
    assert (await refused(hiding.by_password())).code == "UserNotConfirmedException"
    assert (await refused(hiding.srp())).code == "UserNotConfirmedException"


async def test_unknown_is_locked_out_like_known(hiding):
    await hiding.person()
    for name in (EMAIL, "eve@example.com"):
        texts = [said(await refused(hiding.by_password(name, "Wrong-Horse9"))) for _ in range(6)]
        assert texts == [INCORRECT] * 5 + [EXCEEDED]


# --- guessing ----------------------------------------------------------------------------------------------


async def test_lockout(stage, clock):
    """Five wrong passwords cost a second, each further one twice as long, and a refused try costs nothing more."""
    await stage.person()
    for _ in range(5):
        assert said(await refused(stage.srp(password="Wrong-Horse9"))) == INCORRECT
    for _ in range(3):
        assert said(await refused(stage.srp())) == EXCEEDED
        assert said(await refused(stage.by_password())) == EXCEEDED
    clock.advance(seconds=1)
    assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT
    clock.advance(seconds=1)
    assert said(await refused(stage.by_password())) == EXCEEDED
    clock.advance(seconds=1)
    assert "AuthenticationResult" in await stage.by_password()


async def test_lockout_ends_with_success(stage):
    await stage.person()
    for _ in range(2):
        for _ in range(4):
            await refused(stage.by_password(password="Wrong-Horse9"))
        assert "AuthenticationResult" in await stage.by_password()


async def test_lockout_ends_after_a_while(stage, clock):
    await stage.person()
    for _ in range(5):
        await refused(stage.by_password(password="Wrong-Horse9"))
    clock.advance(minutes=15)
    for _ in range(5):
        assert said(await refused(stage.by_password(password="Wrong-Horse9"))) == INCORRECT


async def test_parallel_guesses(stage):
    """Thirty guesses at once get no more answers than five, and the right one among them does not get in."""
    await stage.person()
    guesses = [f"Wrong-Horse{number}" for number in range(29)] + [PASSWORD]
    outcomes = await asyncio.gather(*(stage.by_password(password=guess) for guess in guesses), return_exceptions=True)
    told = [said(outcome) for outcome in outcomes if not isinstance(outcome, dict)]
    assert told.count(INCORRECT) == 5
    assert set(told) == {INCORRECT, EXCEEDED}


async def test_parallel_sign_ins(stage):
    """Nobody is locked out by being right many times at once."""
    await stage.person()
    answers = await asyncio.gather(*(stage.by_password() for _ in range(12)))
    assert all("AuthenticationResult" in answer for answer in answers)


# --- flows and clients -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("admin", "flow", "text"),
    [
        (False, "ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported."),
        (False, "ADMIN_NO_SRP_AUTH", "Initiate Auth method not supported."),
        (True, "USER_PASSWORD_AUTH", "Initiate Auth method not supported."),
        (False, "USER_AUTH", "USER_AUTH is not served by this version of Poolhouse."),
        (False, "CUSTOM_AUTH", "CUSTOM_AUTH is not served by this version of Poolhouse."),
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
    call = stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
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
    call = stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
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


@pytest.mark.parametrize("challenge", ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "MFA_SETUP", "CUSTOM_CHALLENGE"])
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
