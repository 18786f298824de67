"""Signing in from a known device: what it proves, and when that stands in for a second factor."""

import asyncio

import pytest
from operations.factors_stage import (
    INVALID_SESSION,
    Device,
    configure,
    enrol,
    from_device,
    new_device,
    respond,
    with_code,
)
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, claims, refused, said

INCORRECT = ("NotAuthorized", "Incorrect username or password.")
MISSING = ("ResourceNotFound", "Device does not exist.")
STANDS_IN = {"ChallengeRequiredOnNewDevice": True}
BESIDE = {"ChallengeRequiredOnNewDevice": False}


async def tracking(services, invoke, configured: dict, **client) -> Stage:
    stage = await build(services, invoke, client=client, **EMAIL_POOL, DeviceConfiguration=configured)
    await configure(stage, "OPTIONAL")
    await stage.person()
    return stage


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await tracking(services, invoke, STANDS_IN)


async def test_remembered_device(stage):
    """Check 85: the device proves itself instead of the second factor, and stays the one it is."""
    device, _ = await new_device(stage)
    await enrol(stage)
    asked = await from_device(stage, device)
    assert (asked["ChallengeName"], asked["ChallengeParameters"]) == ("DEVICE_SRP_AUTH", {})
    result = (await device.prove(stage, asked))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result
    assert claims(result["AccessToken"])["device_key"] == device.key


async def test_device_in_an_srp_sign_in(stage):
    """The key may come with the start or with the proof of the password."""
    device, _ = await new_device(stage)
    await enrol(stage)
    responses = await stage.srp_responses()
    asked = await stage.srp_end({**responses, "DEVICE_KEY": device.key})
    assert "AuthenticationResult" in await device.prove(stage, asked)
    session, parameters = await stage.srp_start(DEVICE_KEY=device.key)
    answer = session.answer(parameters, parameters["USER_ID_FOR_SRP"], PASSWORD, stage.services.clock())
    assert "AuthenticationResult" in await device.prove(stage, await stage.srp_end(answer))


async def test_time_of_the_last_proof(stage, clock):
    device, _ = await new_device(stage)
    clock.advance(minutes=1)
    await device.prove(stage, await from_device(stage, device))
    found = (await stage.admin("AdminGetDevice", Username=EMAIL, DeviceKey=device.key))["Device"]
    assert found["DeviceLastAuthenticatedDate"] - found["DeviceCreateDate"] == 60


async def test_device_that_is_not_remembered(stage):
    """It proves itself as well, behind the second factor."""
    device, _ = await new_device(stage)
    app = await enrol(stage)
    status = {"DeviceKey": device.key, "DeviceRememberedStatus": "not_remembered"}
    await stage.admin("AdminUpdateDeviceStatus", Username=EMAIL, **status)
    asked = await from_device(stage, device)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    then = await with_code(stage, asked, app.code())
    assert then["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert "AuthenticationResult" in await device.prove(stage, then)


async def test_pool_whose_devices_stand_in_for_nothing(services, invoke):
    stage = await tracking(services, invoke, BESIDE)
    device, _ = await new_device(stage)
    app = await enrol(stage)
    then = await with_code(stage, await from_device(stage, device), app.code())
    assert "AuthenticationResult" in await device.prove(stage, then)


async def test_device_without_a_second_factor(stage):
    """A device that is named always proves itself."""
    device, _ = await new_device(stage)
    asked = await from_device(stage, device)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert "AuthenticationResult" in await device.prove(stage, asked)


async def test_other_device(stage):
    """A remembered device of one browser does nothing for another one."""
    await new_device(stage)
    await enrol(stage)
    assert (await from_device(stage))["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


async def test_forgotten_device(stage):
    """Check 85; only behind the right password."""
    device, _ = await new_device(stage)
    await stage.admin("AdminForgetDevice", Username=EMAIL, DeviceKey=device.key)
    assert said(await refused(from_device(stage, device))) == MISSING
    assert said(await refused(from_device(stage, device, PASSWORD="Wrong-Horse9"))) == INCORRECT
    responses = await stage.srp_responses()
    assert said(await refused(stage.srp_end({**responses, "DEVICE_KEY": device.key}))) == MISSING


async def test_the_same_proof_without_the_forgotten_device(stage):
    """Amplify sends it again when the device is gone; it is good once, all the same."""
    device, _ = await new_device(stage)
    await stage.admin("AdminForgetDevice", Username=EMAIL, DeviceKey=device.key)
    responses = await stage.srp_responses()
    assert said(await refused(stage.srp_end({**responses, "DEVICE_KEY": device.key}))) == MISSING
    assert "NewDeviceMetadata" in (await stage.srp_end(responses))["AuthenticationResult"]
    assert said(await refused(stage.srp_end(responses))) == INVALID_SESSION


@pytest.mark.parametrize("moment", ["before the start", "before the proof"])
async def test_device_that_is_forgotten_meanwhile(stage, moment):
    device, _ = await new_device(stage)
    asked = await from_device(stage, device)
    if moment == "before the proof":
        session, asked = await device.start(stage, asked)
    await stage.admin("AdminForgetDevice", Username=EMAIL, DeviceKey=device.key)
    answers = device.answers(stage, session, asked) if moment == "before the proof" else None
    call = respond(stage, asked, **answers) if answers else device.start(stage, asked)
    assert said(await refused(call)) == MISSING


async def test_device_that_stops_being_remembered_meanwhile(stage):
    """Its proof does not stand in for the factor any more."""
    device, _ = await new_device(stage)
    app = await enrol(stage)
    asked = await from_device(stage, device)
    status = {"DeviceKey": device.key, "DeviceRememberedStatus": "not_remembered"}
    await stage.admin("AdminUpdateDeviceStatus", Username=EMAIL, **status)
    then = await device.prove(stage, asked)
    assert then["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    last = await with_code(stage, then, app.code())
    assert "AuthenticationResult" in await device.prove(stage, last)


async def test_device_of_somebody_else(stage):
    """It does not exist for this user."""
    device, _ = await new_device(stage)
    await stage.person("eve@example.com")
    assert said(await refused(from_device(stage, device, USERNAME="eve@example.com"))) == MISSING


async def test_wrong_secret(stage):
    device, _ = await new_device(stage)
    device.password = "stolen"
    assert said(await refused(device.prove(stage, await from_device(stage, device)))) == INCORRECT


async def test_guesses_are_counted(stage, clock):
    """The sixth guess waits, whoever makes it."""
    device, _ = await new_device(stage)
    right, device.password = device.password, "guessed"
    for _ in range(5):
        assert said(await refused(device.prove(stage, await from_device(stage, device)))) == INCORRECT
    device.password = right
    expected = ("NotAuthorized", "Password attempts exceeded")
    assert said(await refused(device.prove(stage, await from_device(stage, device)))) == expected
    clock.advance(seconds=1)
    assert "AuthenticationResult" in await device.prove(stage, await from_device(stage, device))


@pytest.mark.parametrize("a_public", ["0", "zz", ""])
async def test_public_value_that_is_none(stage, a_public):
    device, _ = await new_device(stage)
    asked = await from_device(stage, device)
    assert (await refused(device.start(stage, asked, SRP_A=a_public))).code == "InvalidParameterException"
    assert "AuthenticationResult" in await device.prove(stage, asked)


@pytest.mark.parametrize("member", ["DEVICE_KEY", "SRP_A", "USERNAME"])
async def test_missing_parameter(stage, member):
    device, _ = await new_device(stage)
    asked = await from_device(stage, device)
    error = await refused(device.start(stage, asked, **{member: ""}))
    assert said(error) == ("InvalidParameter", f"Missing required parameter {member}")


async def test_another_device_than_the_named_one(stage):
    """The device of the sign-in is the one that it began with."""
    device, _ = await new_device(stage)
    other, _ = await new_device(stage)
    asked = await from_device(stage, device)
    assert said(await refused(device.start(stage, asked, DEVICE_KEY=other.key))) == INVALID_SESSION
    session, then = await device.start(stage, asked)
    answers = device.answers(stage, session, then) | {"DEVICE_KEY": other.key}
    assert said(await refused(respond(stage, then, **answers))) == INVALID_SESSION


async def test_sessions_and_blocks_work_once(stage):
    device, _ = await new_device(stage)
    asked = await from_device(stage, device)
    session, then = await device.start(stage, asked)
    assert said(await refused(device.start(stage, asked))) == INVALID_SESSION
    answers = device.answers(stage, session, then)
    assert "AuthenticationResult" in await respond(stage, then, **answers)
    assert said(await refused(respond(stage, then, **answers))) == INVALID_SESSION


async def test_parallel_proofs(stage):
    """One block, one sign-in."""
    device, _ = await new_device(stage)
    session, then = await device.start(stage, await from_device(stage, device))
    answers = device.answers(stage, session, then)
    outcomes = await asyncio.gather(*(respond(stage, then, **answers) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1


async def test_old_proof(stage, clock):
    """Neither an old timestamp nor an old block will do."""
    device, _ = await new_device(stage)
    session, then = await device.start(stage, await from_device(stage, device))
    clock.advance(minutes=-6)
    early = device.answers(stage, session, then)
    clock.advance(minutes=6)
    assert said(await refused(respond(stage, then, **early))) == INCORRECT
    session, then = await device.start(stage, await from_device(stage, device))
    clock.advance(minutes=3)
    assert (await refused(respond(stage, then, **device.answers(stage, session, then)))).message.endswith("is expired.")


async def test_block_of_a_password_is_no_block_of_a_device(stage):
    """And the other way round: neither skips what the other one proves."""
    device, _ = await new_device(stage)
    responses = await stage.srp_responses()
    asked = {"ChallengeName": "DEVICE_PASSWORD_VERIFIER"}
    assert said(await refused(respond(stage, asked, **responses, DEVICE_KEY=device.key))) == INCORRECT
    session, then = await device.start(stage, await from_device(stage, device))
    answers = device.answers(stage, session, then)
    assert said(await refused(stage.srp_end(answers))) == INCORRECT


async def test_device_challenge_of_another_client(stage):
    device, _ = await new_device(stage)
    session, then = await device.start(stage, await from_device(stage, device))
    answers = device.answers(stage, session, then)
    await stage.new_client()
    assert said(await refused(respond(stage, then, **answers))) == INCORRECT


async def test_half_done_sign_in_of_a_disabled_user(stage):
    device, _ = await new_device(stage)
    session, then = await device.start(stage, await from_device(stage, device))
    await stage.admin("AdminDisableUser", Username=EMAIL)
    error = await refused(respond(stage, then, **device.answers(stage, session, then)))
    assert said(error) == ("NotAuthorized", "User is disabled.")


async def test_long_key(stage):
    error = await refused(from_device(stage, DEVICE_KEY="x" * 56))
    assert said(error) == ("InvalidParameter", "Invalid device key given.")


async def test_key_of_a_device_that_was_never_confirmed(stage):
    metadata = (await stage.tokens())["NewDeviceMetadata"]
    assert said(await refused(from_device(stage, Device(metadata)))) == MISSING
