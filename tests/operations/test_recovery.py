"""Asking for a code with which a new password can be set: by the user himself, and by an administrator."""

import asyncio
from dataclasses import replace

import pytest
from operations.resets import (
    EXPIRED,
    LIMIT,
    MAIL,
    MISMATCH,
    NEW,
    NO_CONTACT,
    STATE,
    UNKNOWN,
    admin_reset,
    answer,
    forgot,
    invited,
    letters,
    member,
    other,
    recovering,
    write,
)
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, refused, said

PHONE = {"phone_number": "+15551234567", "phone_number_verified": "true"}
SMS = {"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******4567"}
BY_ADMIN = ("NotAuthorized", "Contact administrator to reset password.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


# --- ForgotPassword ----------------------------------------------------------------------------------------


async def test_code_is_sent(stage):
    """To the verified address; nothing about the user changes, and the old password works on."""
    sub = await member(stage)
    before = await stage.user()
    assert await forgot(stage) == MAIL
    [letter] = await letters(stage)
    assert (letter["username"], letter["pool"], letter["destination"]) == (sub, stage.pool, EMAIL)
    assert letter["subject"] == "Your verification code"
    assert letter["body"] == f"Your password reset code is {letter['code']}"
    assert await stage.user() == before
    assert "AuthenticationResult" in await stage.by_password()


async def test_template(services, invoke):
    """The pool's own words for codes serve here too, with the name filled in."""
    template = {"EmailSubject": "Hello", "EmailMessage": "{username}: {####}"}
    stage = await build(services, invoke, **EMAIL_POOL, VerificationMessageTemplate=template)
    sub = await member(stage)
    await forgot(stage)
    [letter] = await letters(stage)
    assert (letter["subject"], letter["body"]) == ("Hello", f"{sub}: {letter['code']}")


async def test_new_code_replaces_the_old_one(stage):
    await member(stage)
    await forgot(stage)
    old = await stage.code()
    await forgot(stage)
    new = await stage.code()
    if new != old:
        assert said(await refused(answer(stage, old))) == MISMATCH
    assert await answer(stage, new) == {}


async def test_unknown_user(stage):
    assert said(await refused(forgot(stage))) == UNKNOWN
    assert said(await refused(answer(stage, "123456"))) == UNKNOWN


async def test_user_of_another_pool(services, invoke, stage):
    """A name is looked up in the client's own pool only."""
    await member(await build(services, invoke, nth=1))
    assert said(await refused(forgot(stage))) == UNKNOWN
    assert await letters(stage) == []


@pytest.mark.parametrize("verified", ["false", None])
async def test_address_that_nobody_proved(stage, verified):
    """An address is not enough, it has to be verified."""
    await stage.person()
    if verified is not None:
        await write(stage, email_verified=verified)
    assert said(await refused(forgot(stage))) == NO_CONTACT
    assert await letters(stage) == []


async def test_unconfirmed_user(stage):
    await stage.sign_up()
    assert said(await refused(forgot(stage))) == NO_CONTACT
    code = await stage.code()
    assert said(await refused(answer(stage, code))) == ("UserNotConfirmed", "User is not confirmed.")
    assert (await stage.user())["UserStatus"] == "UNCONFIRMED"


async def test_user_with_a_temporary_password(stage):
    """He has to use it, or to be invited again."""
    await invited(stage)
    assert said(await refused(forgot(stage))) == STATE
    assert said(await refused(answer(stage, "123456"))) == STATE
    assert await letters(stage) == []
    assert (await stage.by_password())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_disabled_user(stage):
    """Neither gets a code nor can use the one he has."""
    await member(stage)
    await forgot(stage)
    await stage.admin("AdminDisableUser", Username=EMAIL)
    for call in (forgot(stage), answer(stage)):
        assert said(await refused(call)) == ("NotAuthorized", "User is disabled.")
    assert len(await letters(stage)) == 1
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert "AuthenticationResult" in await stage.by_password()


async def test_sixth_code(stage, clock):
    """Five codes an hour; a refused request neither sends one nor prolongs the hour, and the last code stays good."""
    await member(stage)
    for _ in range(5):
        await forgot(stage)
    clock.advance(minutes=59)
    assert said(await refused(forgot(stage))) == LIMIT
    assert len(await letters(stage)) == 5
    clock.advance(minutes=1)
    assert await forgot(stage) == MAIL


async def test_many_codes_at_once(stage):
    await member(stage)
    outcomes = await asyncio.gather(*(forgot(stage) for _ in range(12)), return_exceptions=True)
    assert sum(outcome == MAIL for outcome in outcomes) == 5
    assert {said(outcome) for outcome in outcomes if outcome != MAIL} == {LIMIT}
    assert len(await letters(stage)) == 5
    assert await answer(stage) == {}


async def test_nobody_delivers(stage, services):
    await member(stage)
    silent = stage.on(replace(services, delivers=frozenset()))
    assert (await refused(forgot(silent))).code == "CodeDeliveryFailureException"
    assert (await refused(admin_reset(silent))).code == "InvalidParameterException"
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert await letters(stage) == []


async def test_delivery_is_woken(stage, services):
    await member(stage)
    woken = []
    told = stage.on(replace(services, wake_delivery=lambda: woken.append(1)))
    await forgot(told)
    await admin_reset(told)
    assert woken == [1, 1]


# --- AccountRecoverySetting --------------------------------------------------------------------------------


async def test_pool_without_recovery(services, invoke):
    """The same for everybody, known or not, and for administrators."""
    stage = await build(services, invoke, **recovering("admin_only"))
    await member(stage, **PHONE)
    for call in (forgot(stage), forgot(stage, "eve@example.com"), admin_reset(stage)):
        assert said(await refused(call)) == BY_ADMIN
    assert await letters(stage) == []
    assert "AuthenticationResult" in await stage.by_password()


@pytest.mark.parametrize(
    ("mechanisms", "expected"),
    [
        ((), SMS),
        (("verified_phone_number", "verified_email"), SMS),
        (("verified_email", "verified_phone_number"), MAIL),
        (("verified_phone_number",), SMS),
    ],
)
async def test_priorities(services, invoke, mechanisms, expected):
    """The first verified contact; without a setting that is the phone, as AWS has had it of old."""
    stage = await build(services, invoke, **(recovering(*mechanisms) if mechanisms else EMAIL_POOL))
    await member(stage, **PHONE)
    assert await forgot(stage) == expected
    to = EMAIL if expected == MAIL else PHONE["phone_number"]
    assert [each["body"][:28] for each in await letters(stage, to)] == ["Your password reset code is "]


async def test_phone_alone(stage):
    """Where the address is not proved, the phone is the way back in; with the code it stays verified."""
    await member(stage, email_verified="false", **PHONE)
    assert await forgot(stage) == SMS
    assert await admin_reset(stage) == {}
    assert await answer(stage, await stage.code(PHONE["phone_number"])) == {}
    after = (await stage.user())["attributes"]
    assert (after["phone_number_verified"], after["email_verified"]) == ("true", "false")
    assert "AuthenticationResult" in await stage.srp(password=NEW)


async def test_code_after_a_change_of_phone(stage):
    """A code that went to the former number sets no password."""
    await member(stage, **PHONE)
    await forgot(stage)
    await write(stage, EMAIL, phone_number="+15557654321", phone_number_verified="true")
    error = await refused(answer(stage, await stage.code(PHONE["phone_number"])))
    assert error.code == "ExpiredCodeException"
    assert "AuthenticationResult" in await stage.by_password()


async def test_medium_that_nobody_delivers(stage, services):
    """A server that sends no text messages says so; nothing is counted as sent."""
    await member(stage, **PHONE)
    mail_only = stage.on(replace(services, delivers=frozenset({"EMAIL"})))
    error = await refused(forgot(mail_only))
    assert said(error) == ("CodeDeliveryFailure", "No delivery of SMS messages is configured for this server.")
    assert (await refused(admin_reset(mail_only))).code == "InvalidParameterException"
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert await letters(stage, PHONE["phone_number"]) == []


async def test_phone_that_the_pool_does_not_ask_for(services, invoke):
    stage = await build(services, invoke, **recovering("verified_email"))
    await member(stage, email_verified="false", phone_number="+15551234567", phone_number_verified="true")
    assert said(await refused(forgot(stage))) == NO_CONTACT


# --- AdminResetUserPassword --------------------------------------------------------------------------------


async def test_admin_resets(stage):
    """The old password is gone, a code is on its way, and with it the user is himself again."""
    await member(stage)
    assert await admin_reset(stage) == {}
    assert (await stage.user())["UserStatus"] == "RESET_REQUIRED"
    for call in (stage.by_password(), stage.srp()):
        assert said(await refused(call)) == ("PasswordResetRequired", "Password reset required for the user")
    assert await answer(stage) == {}
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert "AuthenticationResult" in await stage.srp(password=NEW)


@pytest.mark.parametrize("again", [forgot, admin_reset])
async def test_another_code_after_a_reset(stage, again):
    """Both ways send one that replaces the first."""
    await member(stage)
    await admin_reset(stage)
    first = await stage.code()
    await again(stage)
    second = await stage.code()
    assert len(await letters(stage)) == 2
    if first != second:
        assert said(await refused(answer(stage, first))) == MISMATCH
    assert await answer(stage, second) == {}


async def test_reset_hides_itself(services, invoke):
    """Where the client hides who exists, a reset user is answered like a wrong password, also with the old one."""
    stage = await build(services, invoke, client={"PreventUserExistenceErrors": "ENABLED"})
    await member(stage)
    await admin_reset(stage)
    for call in (stage.by_password(), stage.srp()):
        assert said(await refused(call)) == ("NotAuthorized", "Incorrect username or password.")


async def test_sessions_go_on_but_set_no_password(stage):
    """A reset ends no session; what it takes away is the old password, for ChangePassword too."""
    await member(stage)
    tokens = await stage.tokens()
    token = tokens["AccessToken"]
    await admin_reset(stage)
    assert await stage.public("GetUser", AccessToken=token)
    for previous in ({"PreviousPassword": PASSWORD}, {}):
        call = stage.public("ChangePassword", AccessToken=token, ProposedPassword=NEW, **previous)
        assert (await refused(call)).code == "PasswordResetRequiredException"
    await answer(stage)
    assert await stage.public("GetUser", AccessToken=token)
    refreshed = await stage.public(
        "GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=tokens["RefreshToken"]
    )
    assert "AccessToken" in refreshed["AuthenticationResult"]


async def test_admin_cannot_reset_these(stage):
    """An unconfirmed, an invited, a disabled and an unknown user; nothing is changed or sent."""
    await stage.sign_up("unconfirmed@example.com")
    await invited(stage, "invited@example.com")
    await member(stage, "disabled@example.com")
    await stage.admin("AdminDisableUser", Username="disabled@example.com")
    for name, refusal in (
        ("unconfirmed@example.com", STATE),
        ("invited@example.com", STATE),
        ("disabled@example.com", ("NotAuthorized", "User is disabled")),
    ):
        before = await stage.user(name)
        assert said(await refused(admin_reset(stage, name))) == refusal
        assert await stage.user(name) == before
        assert await letters(stage, name) == []
    assert said(await refused(admin_reset(stage, "eve@example.com"))) == ("UserNotFound", "User does not exist.")


async def test_admin_reset_without_a_contact(stage):
    await stage.person()
    assert said(await refused(admin_reset(stage))) == NO_CONTACT
    assert "AuthenticationResult" in await stage.by_password()


async def test_sixth_admin_reset(stage, clock):
    """The count is his own: whoever asks for codes in a user's name does not keep the administrator from it."""
    await member(stage)
    for _ in range(5):
        await forgot(stage)
    for _ in range(5):
        await admin_reset(stage)
    assert said(await refused(admin_reset(stage))) == LIMIT
    assert len(await letters(stage)) == 10
    clock.advance(hours=1)
    assert await admin_reset(stage) == {}


async def test_reset_ends_outstanding_sign_ins(stage):
    """SRP blocks and new-password sessions that began with the old password lead nowhere."""
    await member(stage)
    responses = await stage.srp_responses()
    await admin_reset(stage)
    assert (await refused(stage.srp_end(responses))).code == "NotAuthorizedException"
    await answer(stage, password=PASSWORD)
    assert (await refused(stage.srp_end(responses))).code == "NotAuthorizedException"
    assert "AuthenticationResult" in await stage.srp()


async def test_srp_block_of_the_old_password(stage):
    """Also when the new password is the old one, letter for letter."""
    await member(stage)
    responses = await stage.srp_responses()
    await forgot(stage)
    await answer(stage, password=PASSWORD)
    assert (await refused(stage.srp_end(responses))).code == "NotAuthorizedException"
    assert "AuthenticationResult" in await stage.srp()


async def test_new_password_session_after_a_reset(stage):
    await invited(stage)
    session = (await stage.by_password())["Session"]
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    await forgot(stage)
    await answer(stage)
    call = stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": EMAIL, "NEW_PASSWORD": "Evil-Horse9"},
    )
    assert said(await refused(call)) == ("NotAuthorized", "Invalid session for the user.")
    assert "AuthenticationResult" in await stage.by_password(password=NEW)


async def test_no_code_without_asking(stage):
    """A user who was never sent a code is let in by none."""
    await member(stage)
    assert said(await refused(answer(stage, "000000"))) == EXPIRED
    assert said(await refused(answer(stage, other("000000")))) == EXPIRED
