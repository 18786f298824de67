"""Setting a second factor up in the middle of a sign-in, because the pool requires one."""

import asyncio
import json

import pytest
from operations.factors_stage import (
    EMAIL_ONLY,
    INVALID_SESSION,
    TOTP_ONLY,
    WRONG_TOTP,
    Authenticator,
    configure,
    enrol,
    respond,
    with_code,
)
from operations.stage import EMAIL, Stage, build, refused, said

EVE = "eve@example.com"


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await configure(stage, "OPTIONAL", **TOTP_ONLY, **EMAIL_ONLY)
    await stage.person()
    return stage


async def begun(stage: Stage) -> tuple[Authenticator, dict]:
    """A sign-in that has to set an authenticator up, with its secret."""
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "MFA_SETUP"
    made = await stage.public("AssociateSoftwareToken", Session=asked["Session"])
    return Authenticator(stage, made["SecretCode"]), asked | {"Session": made["Session"]}


async def verify(stage: Stage, asked: dict, code: str) -> dict:
    answer = await stage.public("VerifySoftwareToken", Session=asked["Session"], UserCode=code)
    assert answer["Status"] == "SUCCESS"
    return asked | {"Session": answer["Session"]}


async def test_set_up(stage, clock):
    """Check 84: associate, verify, answer; from then on the authenticator is asked for."""
    await configure(stage, "ON")
    asked = await stage.by_password()
    assert asked["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    app, asked = await begun(stage)
    asked = await verify(stage, asked, app.code())
    assert "AuthenticationResult" in await respond(stage, asked)
    user = await stage.user()
    assert (user["UserMFASettingList"], user["PreferredMfaSetting"]) == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    clock.advance(seconds=30)
    again = await stage.by_password()
    assert "AuthenticationResult" in await with_code(stage, again, app.code())


async def test_set_up_that_was_not_verified(stage):
    """Check 84: neither the first session nor that of Associate is enough, and the user has nothing."""
    await configure(stage, "ON")
    first = await stage.by_password()
    assert said(await refused(respond(stage, first))) == INVALID_SESSION
    _, associated = await begun(stage)
    assert said(await refused(respond(stage, associated))) == INVALID_SESSION
    assert "UserMFASettingList" not in await stage.user()


async def test_set_up_with_a_wrong_code(stage):
    await configure(stage, "ON")
    app, asked = await begun(stage)
    error = await refused(stage.public("VerifySoftwareToken", Session=asked["Session"], UserCode=app.wrong()))
    assert error.code == "EnableSoftwareTokenMFAException"
    asked = await verify(stage, asked, app.code())
    assert "AuthenticationResult" in await respond(stage, asked)


async def test_sessions_of_a_set_up_work_once(stage):
    await configure(stage, "ON")
    first = await stage.by_password()
    await stage.public("AssociateSoftwareToken", Session=first["Session"])
    again = await refused(stage.public("AssociateSoftwareToken", Session=first["Session"]))
    assert said(again) == INVALID_SESSION
    app, asked = await begun(stage)
    done = await verify(stage, asked, app.code())
    again = await refused(stage.public("VerifySoftwareToken", Session=asked["Session"], UserCode=app.code(1)))
    assert said(again) == INVALID_SESSION
    await respond(stage, done)
    assert said(await refused(respond(stage, done))) == INVALID_SESSION


async def test_authenticator_that_was_taken_away_meanwhile(stage):
    """The sign-in has nothing to show any more, and leaves no factor without a secret behind."""
    await configure(stage, "ON")
    app, asked = await begun(stage)
    asked = await verify(stage, asked, app.code())
    await stage.admin("AdminDeleteSoftwareToken", Username=EMAIL)
    assert said(await refused(respond(stage, asked))) == INVALID_SESSION
    assert (await stage.by_password())["ChallengeName"] == "MFA_SETUP"


async def test_of_two_set_ups_the_first_wins(stage):
    """Who has the password cannot put an authenticator of his own over the one that was just set up."""
    await configure(stage, "ON")
    mine, asked = await begun(stage)
    his, other = await begun(stage)
    third = await stage.by_password()
    await respond(stage, await verify(stage, asked, mine.code()))
    refusal = await refused(stage.public("VerifySoftwareToken", Session=other["Session"], UserCode=his.code()))
    assert said(refusal) == INVALID_SESSION
    assert said(await refused(stage.public("AssociateSoftwareToken", Session=third["Session"]))) == INVALID_SESSION
    assert (await stage.by_password())["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


async def test_parallel_set_ups(stage):
    """Of two that are verified at the same moment one is the user's, and only its sign-in goes on."""
    await configure(stage, "ON")
    apps = [await begun(stage) for _ in range(2)]
    calls = (verify(stage, asked, app.code()) for app, asked in apps)
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    (winner,) = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, dict)]
    assert said(outcomes[1 - winner]) == INVALID_SESSION
    assert "AuthenticationResult" in await respond(stage, outcomes[winner])
    stage.services.clock.advance(seconds=30)
    asked = await stage.by_password()
    assert said(await refused(with_code(stage, asked, apps[1 - winner][0].code()))) == WRONG_TOTP
    assert "AuthenticationResult" in await with_code(stage, asked, apps[winner][0].code())


async def test_a_sign_in_that_owes_a_code_sets_nothing_up(stage):
    """Knowing the password is not enough to replace the authenticator."""
    app = await enrol(stage)
    asked = await stage.by_password()
    assert said(await refused(stage.public("AssociateSoftwareToken", Session=asked["Session"]))) == INVALID_SESSION
    verify = stage.public("VerifySoftwareToken", Session=asked["Session"], UserCode=app.code())
    assert said(await refused(verify)) == INVALID_SESSION
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_set_up_by_email(stage):
    """The code goes to the address that is given, which becomes the user's own and verified with it."""
    await configure(stage, "ON", **TOTP_ONLY, **EMAIL_ONLY)
    asked = await stage.by_password()
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    sent = await respond(stage, asked, EMAIL="ada.new@example.com")
    assert sent["ChallengeName"] == "EMAIL_OTP"
    assert (await stage.user())["attributes"]["email"] == EMAIL
    code = await stage.code("ada.new@example.com")
    assert said(await refused(respond(stage, asked, EMAIL="other@example.com"))) == INVALID_SESSION
    assert "AuthenticationResult" in await with_code(stage, sent, code)
    user = await stage.user("ada.new@example.com")
    assert (user["attributes"]["email"], user["attributes"]["email_verified"]) == ("ada.new@example.com", "true")
    assert user["PreferredMfaSetting"] == "EMAIL_OTP"


@pytest.mark.parametrize(
    ("factors", "address", "text"),
    [
        (TOTP_ONLY, "new@example.com", "Email MFA has not been enabled by the userPool"),
        (EMAIL_ONLY, "not-an-address", "Invalid email address format."),
    ],
)
async def test_set_up_by_email_that_is_refused(stage, factors, address, text):
    await configure(stage, "ON", **factors)
    asked = await stage.by_password()
    assert said(await refused(respond(stage, asked, EMAIL=address))) == ("InvalidParameter", text)
    assert [each for each in await stage.mail(address) if each["purpose"] == "mfa"] == []


async def test_set_up_with_the_address_of_somebody_else(stage):
    """He would have to prove it, and even then it stays its owner's."""
    await stage.person(EVE)
    await configure(stage, "ON", **EMAIL_ONLY)
    sent = await respond(stage, await stage.by_password(), EMAIL=EVE)
    code = await stage.code(EVE)
    assert (await refused(with_code(stage, sent, code))).code == "AliasExistsException"
    assert (await stage.user())["attributes"]["email"] == EMAIL
