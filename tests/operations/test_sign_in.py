"""Signing in with SRP: who gets tokens, and everybody who does not."""

import asyncio
import base64
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.stage import EMAIL, PASSWORD, Stage, build, refused, said
from pycognito.aws_srp import AWSSRP

from poolhouse.crypto.group import N

INCORRECT = ("NotAuthorized", "Incorrect username or password.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


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


async def test_srp_of_pycognito(stage, clock):
    """The arithmetic of a client that we did not write, at the time of its own clock."""
    clock.now = int(time.time() * 1_000_000)
    await stage.person()
    for _ in range(5):
        theirs = AWSSRP(EMAIL, PASSWORD, stage.pool, stage.client, client=object())
        sent = theirs.get_auth_params()
        _, parameters = await stage.srp_start(SRP_A=sent["SRP_A"])
        assert "AuthenticationResult" in await stage.srp_end(theirs.process_challenge(parameters, sent))


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


@pytest.mark.parametrize("a_public", ["", "xyz", "-1", "0x12", "1" * 2000, " 12", "\uff11\uff12"])
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


@pytest.mark.parametrize(
    "missing", ["USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK"]
)
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_tampered_secret_block(stage, data):
    """Any changed character makes the answer wrong."""
    if not hasattr(stage, "responses"):
        await stage.person()
        stage.responses = await stage.srp_responses()
    block = stage.responses["PASSWORD_CLAIM_SECRET_BLOCK"]
    position = data.draw(st.integers(0, len(block) - 1))
    letter = data.draw(st.sampled_from("ABYZabyz0189+/=-").filter(lambda one: one != block[position]))
    changed = block[:position] + letter + block[position + 1 :]
    assert said(await refused(stage.srp_end({**stage.responses, "PASSWORD_CLAIM_SECRET_BLOCK": changed}))) == INCORRECT
