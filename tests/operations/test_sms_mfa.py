"""Codes by SMS as a second factor: asked for, answered, set up, preferred, limited."""

from dataclasses import replace

import pytest
from operations.factors_stage import (
    EMAIL_ONLY,
    EXCEEDED,
    INVALID_SESSION,
    PREFERRED,
    TOTP_ONLY,
    WRONG_CODE,
    configure,
    enrol,
    respond,
    verified_email,
)
from operations.stage import EMAIL, Stage, build, refused, said

from poolhouse.operations import sign_in_codes

NUMBER = "+15551239934"
SMS_ONLY = {"SmsMfaConfiguration": {}}
OFF = {"Enabled": False}


@pytest.fixture
async def stage(services, invoke) -> Stage:
    """A confirmed user with a verified phone, in a pool that asks for codes by SMS where somebody wants it."""
    stage = await build(services, invoke)
    await configure(stage, "OPTIONAL", **SMS_ONLY)
    await stage.person()
    await phone(stage)
    return stage


async def phone(stage: Stage, number: str = NUMBER, verified: str = "true") -> None:
    written = [{"Name": "phone_number", "Value": number}, {"Name": "phone_number_verified", "Value": verified}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=written)


async def prefer(stage: Stage, **settings) -> None:
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **(settings or {"SMSMfaSettings": PREFERRED}))


async def answer(stage: Stage, asked: dict, code: str | None = None, **more: str) -> dict:
    return await respond(stage, asked, "SMS_MFA", SMS_MFA_CODE=code or await stage.code(NUMBER), **more)


async def factors(stage: Stage) -> tuple:
    user = await stage.user()
    return user.get("UserMFASettingList"), user.get("PreferredMfaSetting"), user.get("MFAOptions")


async def test_sign_in(stage):
    """The code goes to the phone, in AWS's words, and with it the tokens come."""
    await prefer(stage)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SMS_MFA"
    shown = asked["ChallengeParameters"]
    assert shown["CODE_DELIVERY_DELIVERY_MEDIUM"] == "SMS"
    assert shown["CODE_DELIVERY_DESTINATION"] == "+*******9934"
    assert "USER_ID_FOR_SRP" in shown
    [letter] = await stage.mail(NUMBER)
    assert (letter["medium"], letter["purpose"]) == ("SMS", "mfa")
    assert letter["body"] == f"Your authentication code is {letter['code']}"
    assert "AuthenticationResult" in await answer(stage, asked)


async def test_behind_srp(stage):
    await prefer(stage)
    assert "AuthenticationResult" in await answer(stage, await stage.srp())


async def test_words(stage):
    message = {"SmsMfaConfiguration": {"SmsAuthenticationMessage": "Door code: {####}"}}
    await configure(stage, "OPTIONAL", **message)
    await prefer(stage)
    await stage.by_password()
    [letter] = await stage.mail(NUMBER)
    assert letter["body"] == f"Door code: {letter['code']}"


async def test_code_belongs_to_its_session(stage):
    """The code of one sign-in opens no other, and each is good once."""
    await prefer(stage)
    first, code = await stage.by_password(), await stage.code(NUMBER)
    second = await stage.by_password()
    if await stage.code(NUMBER) != code:
        assert said(await refused(answer(stage, second, code))) == WRONG_CODE
    assert "AuthenticationResult" in await answer(stage, first, code)
    assert said(await refused(answer(stage, first, code))) == INVALID_SESSION


async def test_wrong_codes_are_counted(stage):
    await prefer(stage)
    asked, code = await stage.by_password(), await stage.code(NUMBER)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert said(await refused(answer(stage, asked, wrong))) == WRONG_CODE
    assert said(await refused(answer(stage, asked, code))) == EXCEEDED


@pytest.mark.parametrize("given", [{}, {"SMS_MFA_CODE": ""}])
async def test_no_code(stage, given):
    await prefer(stage)
    error = await refused(respond(stage, await stage.by_password(), "SMS_MFA", **given))
    assert said(error) == ("InvalidParameter", "Missing required parameter SMS_MFA_CODE")


async def test_session_expires(stage, clock):
    """A code is worth what its session is worth."""
    await prefer(stage)
    asked, code = await stage.by_password(), await stage.code(NUMBER)
    clock.advance(minutes=3)
    assert (await refused(answer(stage, asked, code))).code == "NotAuthorizedException"


async def test_number_changed_meanwhile(stage):
    """A code that went to a former number is worthless."""
    await prefer(stage)
    asked = await stage.by_password()
    await phone(stage, "+15550000000")
    assert (await refused(answer(stage, asked))).code == "ExpiredCodeException"


async def test_messages_are_limited(stage):
    """Whoever has the password cannot make the phone ring for ever."""
    await prefer(stage)
    for _ in range(sign_in_codes.SENT):
        await stage.by_password()
    assert (await refused(stage.by_password())).code == "TooManyRequestsException"
    assert len(await stage.mail(NUMBER)) == sign_in_codes.SENT


async def test_nobody_delivers(stage, services):
    await prefer(stage)
    error = await refused(stage.on(replace(services, delivers=frozenset({"EMAIL"}))).by_password())
    assert said(error) == ("InvalidUserPoolConfiguration", "No delivery of SMS is configured for this server.")


# --- which factor ------------------------------------------------------------------------------------------


async def test_choice(stage):
    """A user with several and no preference chooses; the code is sent then, and not before."""
    await configure(stage, "OPTIONAL", **SMS_ONLY, **TOTP_ONLY, **EMAIL_ONLY)
    await enrol(stage, enabled=False)
    await verified_email(stage)
    on = {"Enabled": True}
    await prefer(stage, SMSMfaSettings=on, SoftwareTokenMfaSettings=on, EmailMfaSettings=on)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"] == '["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]'
    assert await stage.mail(NUMBER) == []
    chosen = await respond(stage, asked, ANSWER="SMS_MFA")
    assert chosen["ChallengeName"] == "SMS_MFA"
    assert "AuthenticationResult" in await answer(stage, chosen)


async def test_pool_that_demands_one(stage):
    """A user who chose none is asked for a code to his phone, and for an authenticator as soon as he has one."""
    await configure(stage, "ON", **SMS_ONLY, **TOTP_ONLY)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SMS_MFA"
    token = (await answer(stage, asked))["AuthenticationResult"]["AccessToken"]
    assert await factors(stage) == (None, None, None)
    secret = await stage.public("AssociateSoftwareToken", AccessToken=token)
    assert secret["SecretCode"]
    assert (await stage.by_password())["ChallengeName"] == "SMS_MFA"


async def test_first_code_verifies_the_phone(stage):
    await configure(stage, "ON", **SMS_ONLY)
    await phone(stage, verified="false")
    await answer(stage, await stage.by_password())
    assert (await stage.user())["attributes"]["phone_number_verified"] == "true"


async def test_set_up_in_the_sign_in(stage):
    """A user without a number names one, which becomes his with the code."""
    await configure(stage, "ON", **SMS_ONLY)
    names = ["phone_number"]
    await stage.admin("AdminDeleteUserAttributes", Username=EMAIL, UserAttributeNames=names)
    asked = await stage.by_password()
    assert (asked["ChallengeName"], asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ("MFA_SETUP", '["SMS_MFA"]')
    sent = await respond(stage, asked, PHONE_NUMBER=NUMBER)
    assert sent["ChallengeName"] == "SMS_MFA"
    assert "phone_number" not in (await stage.user())["attributes"]
    assert "AuthenticationResult" in await answer(stage, sent)
    known = (await stage.user())["attributes"]
    assert (known["phone_number"], known["phone_number_verified"]) == (NUMBER, "true")
    assert (await factors(stage))[:2] == (["SMS_MFA"], "SMS_MFA")


@pytest.mark.parametrize("number", ["123", "ada@example.com", "+0123", ""])
async def test_set_up_with_no_number(stage, number):
    await configure(stage, "ON", **SMS_ONLY)
    await stage.admin("AdminDeleteUserAttributes", Username=EMAIL, UserAttributeNames=["phone_number"])
    asked = await stage.by_password()
    assert (await refused(respond(stage, asked, PHONE_NUMBER=number))).code in {
        "InvalidParameterException",
        "NotAuthorizedException",
    }
    assert "phone_number" not in (await stage.user())["attributes"]


async def test_set_up_that_the_pool_does_not_offer(stage):
    """Neither does an answer to MFA_SETUP give a factor that the pool does not ask for."""
    await configure(stage, "ON", **TOTP_ONLY)
    asked = await stage.by_password()
    error = await refused(respond(stage, asked, PHONE_NUMBER=NUMBER))
    assert said(error) == ("InvalidParameter", "SMS MFA has not been enabled by the userPool")
    assert await stage.mail(NUMBER) == []


async def test_a_second_factor_is_no_way_back(stage):
    """The phone that the second factor goes to gets no code for a new password; the address does."""
    await prefer(stage)
    await verified_email(stage)
    details = (await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL))["CodeDeliveryDetails"]
    assert details["DeliveryMedium"] == "EMAIL"
    assert await stage.mail(NUMBER) == []


# --- preferences -------------------------------------------------------------------------------------------


async def test_preference(stage):
    options = [{"AttributeName": "phone_number", "DeliveryMedium": "SMS"}]
    await prefer(stage)
    assert await factors(stage) == (["SMS_MFA"], "SMS_MFA", options)
    token = (await answer(stage, await stage.by_password()))["AuthenticationResult"]["AccessToken"]
    me = await stage.public("GetUser", AccessToken=token)
    assert (me["UserMFASettingList"], me["PreferredMfaSetting"], me["MFAOptions"]) == (["SMS_MFA"], "SMS_MFA", options)
    await stage.public("SetUserMFAPreference", AccessToken=token, SMSMfaSettings=OFF)
    assert await factors(stage) == (None, None, None)
    assert "AuthenticationResult" in await stage.by_password()


@pytest.mark.parametrize("state", ["unverified", "none", "pool"])
async def test_preference_that_cannot_be(stage, state):
    """It needs a verified phone, and a pool that asks for it."""
    if state == "unverified":
        await phone(stage, verified="false")
    elif state == "none":
        await stage.admin("AdminDeleteUserAttributes", Username=EMAIL, UserAttributeNames=["phone_number"])
    else:
        await configure(stage, "OPTIONAL", **TOTP_ONLY)
    expected = {"pool": "SMS MFA has not been enabled by the userPool"}
    error = await refused(prefer(stage))
    assert said(error) == (
        "InvalidParameter",
        expected.get(state, "User does not have delivery config set to turn on SMS_MFA"),
    )
    assert await factors(stage) == (None, None, None)


async def test_older_settings(stage):
    """MFAOptions switch SMS on and off, for users and administrators."""
    options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    token = (await stage.tokens())["AccessToken"]
    assert await stage.public("SetUserSettings", AccessToken=token, MFAOptions=options) == {}
    assert await factors(stage) == (["SMS_MFA"], None, [{"AttributeName": "phone_number", "DeliveryMedium": "SMS"}])
    assert (await stage.by_password())["ChallengeName"] == "SMS_MFA"
    await stage.admin("AdminSetUserSettings", Username=EMAIL, MFAOptions=[])
    assert await factors(stage) == (None, None, None)
    await stage.admin("AdminSetUserSettings", Username=EMAIL, MFAOptions=options)
    assert (await factors(stage))[0] == ["SMS_MFA"]


@pytest.mark.parametrize("option", [{"DeliveryMedium": "EMAIL"}, {"AttributeName": "email"}])
async def test_older_settings_that_are_none(stage, option):
    error = await refused(stage.admin("AdminSetUserSettings", Username=EMAIL, MFAOptions=[option]))
    assert said(error) == ("InvalidParameter", "MFAOptions: the only option is SMS to phone_number.")
    assert await factors(stage) == (None, None, None)
