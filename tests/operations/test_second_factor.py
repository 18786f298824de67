"""Second factors in a sign-in: which one is asked for, who may answer, and that none can be skipped or guessed."""

import json
from dataclasses import replace

import pytest
from operations.factors_stage import (
    EMAIL_ONLY,
    INVALID_SESSION,
    PREFERRED,
    TOTP_ONLY,
    WRONG_CODE,
    WRONG_TOTP,
    Authenticator,
    by_email,
    configure,
    enrol,
    respond,
    verified_email,
    with_code,
)
from operations.stage import EMAIL, PASSWORD, Stage, build, claims, refused, said

from poolhouse.operations import sign_in_codes

EVE = "eve@example.com"
USED = ("ExpiredCode", "Your software token has already been used once.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await configure(stage, "OPTIONAL", **TOTP_ONLY, **EMAIL_ONLY)
    await stage.person()
    return stage


# --- which factor ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["by_password", "srp"])
async def test_totp(stage, way):
    """Neither way of proving the password gives tokens; the code does."""
    app = await enrol(stage)
    asked = await getattr(stage, way)()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" not in asked
    result = (await with_code(stage, asked, app.code()))["AuthenticationResult"]
    assert claims(result["AccessToken"])["username"] == (await stage.user())["Username"]
    assert (await stage.public("GetUser", AccessToken=result["AccessToken"]))["PreferredMfaSetting"]


async def test_totp_by_an_administrator(stage):
    """The signed pair asks in the same way."""
    app = await enrol(stage)
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    asked = await stage.admin(
        "AdminInitiateAuth",
        ClientId=stage.client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters=parameters,
    )
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    answer = await stage.admin(
        "AdminRespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": EMAIL, "SOFTWARE_TOKEN_MFA_CODE": app.code()},
    )
    assert "AuthenticationResult" in answer


async def test_refresh_asks_for_no_factor(stage):
    app = await enrol(stage)
    tokens = (await with_code(stage, await stage.by_password(), app.code()))["AuthenticationResult"]
    parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    answer = await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters
    )
    assert "AuthenticationResult" in answer


async def test_name_of_the_authenticator(stage):
    access = (await stage.tokens())["AccessToken"]
    app = Authenticator(stage, (await stage.public("AssociateSoftwareToken", AccessToken=access))["SecretCode"])
    named = {"UserCode": app.code(), "FriendlyDeviceName": "phone"}
    await stage.public("VerifySoftwareToken", AccessToken=access, **named)
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, SoftwareTokenMfaSettings=PREFERRED)
    asked = await stage.by_password()
    assert asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"


async def test_email(stage):
    """The code comes by mail and its answer proves the address once more."""
    await by_email(stage)
    asked = await stage.by_password()
    shown = {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***"}
    assert asked["ChallengeName"] == "EMAIL_OTP"
    assert asked["ChallengeParameters"] == shown | {"USER_ID_FOR_SRP": (await stage.user())["Username"]}
    sent = (await stage.mail())[-1]
    assert (sent["purpose"], sent["subject"]) == ("mfa", "Your authentication code")
    assert sent["code"] in sent["body"]
    assert "AuthenticationResult" in await with_code(stage, asked, sent["code"])


async def test_words_of_the_mail(stage):
    await configure(stage, "OPTIONAL", EmailMfaConfiguration={"Subject": "Knock", "Message": "Say {####} now"})
    await by_email(stage)
    await stage.by_password()
    sent = (await stage.mail())[-1]
    assert (sent["subject"], sent["body"]) == ("Knock", f"Say {sent['code']} now")


async def test_choice(stage):
    """Two factors without a preference: the user chooses, and gets the challenge that he chose."""
    app = await enrol(stage, enabled=False)
    await verified_email(stage)
    both = {"SoftwareTokenMfaSettings": {"Enabled": True}, "EmailMfaSettings": {"Enabled": True}}
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **both)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
    chosen = await respond(stage, asked, ANSWER="SOFTWARE_TOKEN_MFA")
    assert "AuthenticationResult" in await with_code(stage, chosen, app.code())
    chosen = await respond(stage, await stage.by_password(), ANSWER="EMAIL_OTP")
    assert "AuthenticationResult" in await with_code(stage, chosen, await stage.code())


async def test_choice_of_something_else(stage):
    await enrol(stage, enabled=False)
    await verified_email(stage)
    both = {"SoftwareTokenMfaSettings": {"Enabled": True}, "EmailMfaSettings": {"Enabled": True}}
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **both)
    asked = await stage.by_password()
    for answer in ("SMS_MFA", "MFA_SETUP", "software_token_mfa", "x"):
        error = await refused(respond(stage, asked, ANSWER=answer))
        assert said(error) == ("InvalidParameter", "The answer is not a factor that the user can choose.")
    assert "Session" in await respond(stage, asked, ANSWER="EMAIL_OTP")
    assert said(await refused(respond(stage, asked, ANSWER="EMAIL_OTP"))) == INVALID_SESSION


async def test_required_and_verified_without_a_preference(stage):
    """Where the pool demands a factor, a verified authenticator is asked for, and not the weaker mail."""
    app = await enrol(stage, enabled=False)
    await verified_email(stage)
    await configure(stage, "ON", **TOTP_ONLY, **EMAIL_ONLY)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_required_and_only_a_verified_address(stage):
    await verified_email(stage)
    await configure(stage, "ON", **TOTP_ONLY, **EMAIL_ONLY)
    assert (await stage.by_password())["ChallengeName"] == "EMAIL_OTP"


@pytest.mark.parametrize("mode", ["OFF", "OPTIONAL"])
async def test_nothing_is_asked(stage, mode):
    """Of a user without a factor in an optional pool, or of anybody when the pool asks for none."""
    if mode == "OFF":
        await enrol(stage)
        await stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OFF")
    assert "AuthenticationResult" in await stage.by_password()


async def test_after_a_new_password(stage):
    """An invited user replaces the password first and sets a factor up then."""
    await configure(stage, "ON")
    await stage.admin("AdminCreateUser", Username=EVE, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    asked = await stage.by_password(EVE)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    then = await respond(stage, asked, USERNAME=EVE, NEW_PASSWORD="Another-Horse9")
    assert (then["ChallengeName"], "AuthenticationResult" in then) == ("MFA_SETUP", False)
    assert (await stage.user(EVE))["UserStatus"] == "CONFIRMED"


# --- codes -------------------------------------------------------------------------------------------------


async def test_totp_code_works_once(stage):
    """Check 83: not again in another sign-in, although its time is not over."""
    app = await enrol(stage)
    first, second = await stage.by_password(), await stage.by_password()
    code = app.code()
    assert "AuthenticationResult" in await with_code(stage, first, code)
    assert said(await refused(with_code(stage, second, code))) == USED
    assert said(await refused(with_code(stage, second, app.code(-1)))) == USED
    assert "AuthenticationResult" in await with_code(stage, second, app.code(1))


async def test_code_of_the_set_up_is_used(stage):
    """The code that verified the authenticator signs nobody in."""
    app = await enrol(stage)
    assert said(await refused(with_code(stage, await stage.by_password(), app.code(-1)))) == USED


async def test_totp_window(stage, clock):
    """A step early or late is fine, two are not."""
    app = await enrol(stage)
    clock.advance(minutes=5)
    asked = await stage.by_password()
    for off in (-2, 2):
        assert said(await refused(with_code(stage, asked, app.code(off)))) == WRONG_TOTP
    assert "AuthenticationResult" in await with_code(stage, asked, app.code(-1))


async def test_totp_of_somebody_else(stage):
    await stage.person(EVE)
    app, other = await enrol(stage), await enrol(stage, EVE)
    asked = await stage.by_password()
    assert said(await refused(with_code(stage, asked, other.code()))) == WRONG_TOTP
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_email_code_belongs_to_its_session(stage):
    """A code of another sign-in of the same user is wrong, and so is a code of another purpose."""
    await by_email(stage)
    first = await stage.by_password()
    code = await stage.code()
    second = await stage.by_password()
    assert said(await refused(with_code(stage, second, code))) == WRONG_CODE
    assert "AuthenticationResult" in await with_code(stage, first, code)
    access = (await with_code(stage, second, await stage.code()))["AuthenticationResult"]["AccessToken"]
    await stage.public("GetUserAttributeVerificationCode", AccessToken=access, AttributeName="email")
    other = await stage.code()
    assert said(await refused(with_code(stage, await stage.by_password(), other))) == WRONG_CODE


async def test_email_code_after_a_change_of_address(stage):
    await by_email(stage)
    asked = await stage.by_password()
    code = await stage.code()
    moved = [{"Name": "email", "Value": "new@example.com"}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=moved)
    assert (await refused(with_code(stage, asked, code))).code == "ExpiredCodeException"


async def test_mails_are_limited(stage):
    """Whoever has the password cannot flood the mailbox."""
    await by_email(stage)
    for _ in range(sign_in_codes.SENT):
        assert "Session" in await stage.by_password()
    assert (await refused(stage.by_password())).code == "TooManyRequestsException"
    assert len([each for each in await stage.mail() if each["purpose"] == "mfa"]) == sign_in_codes.SENT


async def test_nobody_delivers(stage, services):
    await by_email(stage)
    error = await refused(stage.on(replace(services, delivers=frozenset())).by_password())
    assert error.code == "InvalidUserPoolConfigurationException"


# --- sessions ----------------------------------------------------------------------------------------------


async def test_session_works_once(stage):
    app = await enrol(stage)
    asked = await stage.by_password()
    await with_code(stage, asked, app.code())
    assert said(await refused(with_code(stage, asked, app.code(1)))) == INVALID_SESSION


async def test_session_expires(stage, clock):
    app = await enrol(stage)
    asked = await stage.by_password()
    clock.advance(minutes=3)
    expected = ("NotAuthorized", "Invalid session for the user, session is expired.")
    assert said(await refused(with_code(stage, asked, app.code()))) == expected


async def test_session_of_another_user(stage):
    """Check 51: the session says who signs in, whatever name comes with it."""
    await stage.person(EVE)
    app = await enrol(stage)
    asked = await stage.by_password()
    code = {"SOFTWARE_TOKEN_MFA_CODE": app.code()}
    assert said(await refused(respond(stage, asked, USERNAME=EVE, **code))) == INVALID_SESSION
    assert "AuthenticationResult" in await respond(stage, asked, **code)


@pytest.mark.parametrize("place", [0, 40, -1])
async def test_tampered_session(stage, place):
    """One changed character anywhere is enough."""
    app = await enrol(stage)
    asked = await stage.by_password()
    letters = list(asked["Session"])
    letters[place] = "A" if letters[place] != "A" else "B"
    forged = asked | {"Session": "".join(letters)}
    assert said(await refused(with_code(stage, forged, app.code()))) == INVALID_SESSION
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_session_of_another_client(stage):
    app = await enrol(stage)
    asked = await stage.by_password()
    await stage.new_client()
    assert said(await refused(with_code(stage, asked, app.code()))) == INVALID_SESSION


CHALLENGES = {
    "SOFTWARE_TOKEN_MFA": {"SOFTWARE_TOKEN_MFA_CODE": "123456"},
    "EMAIL_OTP": {"EMAIL_OTP_CODE": "123456"},
    "SELECT_MFA_TYPE": {"ANSWER": "EMAIL_OTP"},
    "MFA_SETUP": {},
    "NEW_PASSWORD_REQUIRED": {"NEW_PASSWORD": "Another-Horse9"},
    "DEVICE_SRP_AUTH": {"DEVICE_KEY": "us-east-1_0", "SRP_A": "2"},
}


@pytest.mark.parametrize("name", CHALLENGES)
@pytest.mark.parametrize("session", [None, "x" * 40])
async def test_challenge_without_a_session(stage, name, session):
    """Check 54: no challenge can be answered that was never asked."""
    await enrol(stage)
    asked = {"ChallengeName": name} | ({"Session": session} if session else {})
    assert said(await refused(respond(stage, asked, **CHALLENGES[name]))) == INVALID_SESSION


@pytest.mark.parametrize("name", sorted(CHALLENGES.keys() - {"SOFTWARE_TOKEN_MFA"}))
async def test_another_challenge_than_the_due_one(stage, name):
    """Attack 32: the client cannot choose what comes next."""
    app = await enrol(stage)
    asked = await stage.by_password()
    assert said(await refused(respond(stage, asked, name, **CHALLENGES[name]))) == INVALID_SESSION
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


@pytest.mark.parametrize("member", ["SOFTWARE_TOKEN_MFA_CODE", "EMAIL_OTP_CODE"])
async def test_missing_code(stage, member):
    """Check 54: nothing pending and nothing given are not equal."""
    if member == "EMAIL_OTP_CODE":
        await by_email(stage)
    else:
        await enrol(stage)
    asked = await stage.by_password()
    for given in ({}, {member: ""}):
        error = await refused(respond(stage, asked, **given))
        assert said(error) == ("InvalidParameter", f"Missing required parameter {member}")


async def test_sms_that_was_not_asked_for(stage):
    """A session waits for the answer to its own challenge."""
    await enrol(stage)
    error = await refused(respond(stage, await stage.by_password(), "SMS_MFA", SMS_MFA_CODE="123456"))
    assert said(error) == INVALID_SESSION


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("AdminDisableUser", {}, ("NotAuthorized", "User is disabled.")),
        ("AdminUserGlobalSignOut", {}, INVALID_SESSION),
        ("AdminSetUserPassword", {"Password": "Another-Horse9", "Permanent": True}, INVALID_SESSION),
        ("AdminDeleteUser", {}, INVALID_SESSION),
    ],
)
async def test_what_ends_a_half_done_sign_in(stage, clock, name, more, expected):
    app = await enrol(stage)
    asked = await stage.by_password()
    clock.advance(seconds=1)
    await stage.admin(name, Username=EMAIL, **more)
    assert said(await refused(with_code(stage, asked, app.code()))) == expected


async def test_secret_hash(services, invoke):
    """The client proves itself with every answer."""
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await configure(stage)
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    app = await enrol(stage)
    asked = await stage.by_password()
    secret, stage.secret = stage.secret, None
    assert (await refused(with_code(stage, asked, app.code()))).message.endswith("SECRET_HASH was not received")
    stage.secret = secret
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_long_sessions(stage, clock):
    """The client's AuthSessionValidity holds for codes as well."""
    await stage.new_client(AuthSessionValidity=15)
    app = await enrol(stage)
    asked = await stage.by_password()
    clock.advance(minutes=14)
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())
