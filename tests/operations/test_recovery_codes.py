"""Setting a new password with a code: what the code is good for, for whom, how often, and for how long."""

import asyncio

import pytest
from operations.resets import (
    EXPIRED,
    LIMIT,
    MISMATCH,
    NEW,
    admin_reset,
    answer,
    forgot,
    letters,
    member,
    other,
    write,
)
from operations.stage import EMAIL, EMAIL_POOL, Stage, build, refused, said

BOB = "bob@example.com"


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def test_new_password(stage):
    """It replaces the old one in every way of signing in; the code is used up by it."""
    await member(stage)
    await forgot(stage)
    code = await stage.code()
    assert await answer(stage, code) == {}
    assert "AuthenticationResult" in await stage.srp(password=NEW)
    assert "AuthenticationResult" in await stage.by_password(password=NEW)
    assert (await refused(stage.by_password())).message == "Incorrect username or password."
    assert said(await refused(answer(stage, code, password="Third-Horse9"))) == EXPIRED
    assert "AuthenticationResult" in await stage.by_password(password=NEW)


async def test_attributes_stay(stage):
    """Everything but the password, and the address stays verified."""
    await member(stage, nickname="A")
    before = (await stage.user())["attributes"]
    await forgot(stage)
    await answer(stage)
    assert (await stage.user())["attributes"] == before


async def test_address_becomes_verified(stage):
    """Whoever read the code owns the address, even when it was unverified meanwhile."""
    await member(stage)
    await forgot(stage)
    await write(stage, email_verified="false")
    assert await answer(stage) == {}
    assert (await stage.user())["attributes"]["email_verified"] == "true"


async def test_wrong_code(stage):
    await member(stage)
    await forgot(stage)
    assert said(await refused(answer(stage, other(await stage.code())))) == MISMATCH
    assert "AuthenticationResult" in await stage.by_password()


async def test_code_lives_an_hour(stage, clock):
    await member(stage)
    await forgot(stage)
    clock.advance(hours=1, seconds=-1)
    assert said(await refused(answer(stage, other(await stage.code())))) == MISMATCH
    clock.advance(seconds=1)
    assert said(await refused(answer(stage))) == EXPIRED
    assert "AuthenticationResult" in await stage.by_password()


async def test_sixteenth_try(stage, clock):
    """Fifteen tries an hour, the right code included; refused ones do not prolong the hour, nor does a new code end it."""
    await member(stage)
    await forgot(stage)
    for _ in range(15):
        assert said(await refused(answer(stage, other(await stage.code())))) == MISMATCH
    clock.advance(minutes=59)
    await forgot(stage)
    for _ in range(3):
        assert said(await refused(answer(stage))) == LIMIT
    assert "AuthenticationResult" in await stage.by_password()
    clock.advance(minutes=1)
    assert await answer(stage) == {}


async def test_parallel_tries(stage):
    """However many guesses come at once, fifteen are looked at."""
    await member(stage)
    await forgot(stage)
    code = other(await stage.code())
    outcomes = await asyncio.gather(*(answer(stage, code) for _ in range(25)), return_exceptions=True)
    told = [said(outcome) for outcome in outcomes]
    assert (told.count(MISMATCH), told.count(LIMIT)) == (15, 10)


async def test_right_code_many_times_at_once(stage):
    """One password is set: that of the one caller who was told so."""
    await member(stage)
    await forgot(stage)
    code = await stage.code()
    passwords = [f"Better-Horse{number}" for number in range(6)]
    outcomes = await asyncio.gather(*(answer(stage, code, password=each) for each in passwords), return_exceptions=True)
    [winner] = [index for index, outcome in enumerate(outcomes) if outcome == {}]
    assert {said(outcome) for outcome in outcomes if outcome != {}} == {EXPIRED}
    assert "AuthenticationResult" in await stage.by_password(password=passwords[winner])


@pytest.mark.parametrize(
    ("password", "reason"),
    [("Short1!", "Password not long enough"), ("NO-LOWER-CASE1", "Password must have lowercase characters")],
)
async def test_policy(stage, password, reason):
    """A password that the pool does not take costs neither the code nor a try."""
    await member(stage)
    await forgot(stage)
    for _ in range(16):
        error = await refused(answer(stage, password=password))
        assert said(error) == ("InvalidPassword", f"Password did not conform with policy: {reason}")
    assert await answer(stage) == {}


@pytest.mark.parametrize("member_name", ["ConfirmationCode", "Password", "Username", "ClientId"])
async def test_missing_members(stage, member_name):
    """Nothing can be left out of the request, above all not the code of a user who was never sent one."""
    await member(stage)
    request = {"ClientId": stage.client, "Username": EMAIL, "ConfirmationCode": "123456", "Password": NEW}
    del request[member_name]
    error = await refused(stage.public("ConfirmForgotPassword", **request))
    assert error.code == "InvalidParameterException"
    assert f"'{member_name[0].lower()}{member_name[1:]}'" in error.message
    assert "AuthenticationResult" in await stage.by_password()


@pytest.mark.parametrize("code", ["", " ", "0", "\uff10" * 6])
async def test_codes_that_nobody_was_sent(stage, code):
    await member(stage)
    await forgot(stage)
    call = stage.public(
        "ConfirmForgotPassword", ClientId=stage.client, Username=EMAIL, ConfirmationCode=code, Password=NEW
    )
    assert (await refused(call)).code in {"InvalidParameterException", "CodeMismatchException"}
    assert "AuthenticationResult" in await stage.by_password()


# --- what a code is bound to -------------------------------------------------------------------------------


async def test_sign_up_code_resets_nothing(stage):
    """Not even for a user who has a recovery code of his own."""
    await stage.sign_up()
    sign_up_code = await stage.code()
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    assert said(await refused(answer(stage, sign_up_code))) == EXPIRED
    await write(stage, email_verified="true")
    await forgot(stage)
    if sign_up_code != await stage.code():
        assert said(await refused(answer(stage, sign_up_code))) == MISMATCH
    assert "AuthenticationResult" in await stage.by_password()


async def test_recovery_code_verifies_nothing(stage):
    """No attribute, and no sign-up."""
    await member(stage)
    token = (await stage.tokens())["AccessToken"]
    await forgot(stage)
    code = await stage.code()
    call = stage.public("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)
    assert said(await refused(call)) == EXPIRED
    assert (await refused(stage.confirm(code=code))).code == "NotAuthorizedException"
    assert await answer(stage, code) == {}


async def test_attribute_code_resets_nothing(stage):
    await member(stage)
    token = (await stage.tokens())["AccessToken"]
    await stage.public("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    assert said(await refused(answer(stage, await stage.code()))) == EXPIRED
    assert "AuthenticationResult" in await stage.by_password()


async def test_code_of_another_user(stage):
    await member(stage)
    await member(stage, BOB)
    await forgot(stage)
    code = await stage.code()
    assert said(await refused(answer(stage, code, BOB))) == EXPIRED
    await forgot(stage, BOB)
    if code != await stage.code(BOB):
        assert said(await refused(answer(stage, code, BOB))) == MISMATCH
    assert "AuthenticationResult" in await stage.by_password(BOB)


async def test_code_of_a_namesake_in_another_pool(services, invoke, stage):
    there = await build(services, invoke, nth=1)
    for each in (stage, there):
        await member(each)
    await forgot(there)
    assert said(await refused(answer(stage, await there.code()))) == EXPIRED
    assert "AuthenticationResult" in await stage.by_password()


async def test_any_client_of_the_pool(stage):
    """The code is the user's, whichever app he asked in."""
    await member(stage)
    await forgot(stage)
    await stage.new_client()
    assert await answer(stage) == {}


async def test_code_after_a_change_of_address(stage):
    """It went to an address that is no longer the user's, so it opens nothing, now or later."""
    await member(stage)
    await forgot(stage)
    code = await stage.code()
    await write(stage, email=BOB, email_verified="true")
    assert said(await refused(answer(stage, code, BOB))) == EXPIRED
    await write(stage, BOB, email=EMAIL, email_verified="true")
    assert said(await refused(answer(stage, code))) == EXPIRED
    assert "AuthenticationResult" in await stage.by_password()


async def test_address_that_somebody_else_has_proved(services, invoke):
    """In an alias pool the code for an address that was taken over opens nothing, and takes nothing back."""
    stage = await build(services, invoke, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    address = [{"Name": "email", "Value": EMAIL}]
    await stage.sign_up("ada", UserAttributes=address)
    await stage.confirm("ada", await stage.code())
    await forgot(stage, "ada")
    code = await stage.code()
    await stage.sign_up("eve", UserAttributes=address)
    await stage.confirm("eve", await stage.code(), ForceAliasCreation=True)
    assert said(await refused(answer(stage, code, "ada"))) == EXPIRED
    assert (await stage.user("ada"))["attributes"]["email_verified"] == "false"
    assert (await stage.user(EMAIL))["Username"] == "eve"
    assert "AuthenticationResult" in await stage.by_password("ada")


@pytest.mark.parametrize("typed", ["ADA@example.com", "sub", "ada@example.com"])
async def test_every_name_of_the_user(stage, typed):
    """Codes and counts belong to the user, not to the name that was typed."""
    sub = await member(stage)
    name = sub if typed == "sub" else typed
    await forgot(stage, name)
    code = await stage.code()
    for _ in range(14):
        await refused(answer(stage, other(code)))
    assert await answer(stage, code, name) == {}
    assert said(await refused(answer(stage, code))) == LIMIT


async def test_deleted_user(stage):
    """A new account with the same address has nothing of the old one's."""
    await member(stage)
    await forgot(stage)
    code = await stage.code()
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    await member(stage)
    assert said(await refused(answer(stage, code))) == EXPIRED


async def test_lockout_ends(stage):
    """Whoever was locked out by somebody's guesses gets in with the new password at once."""
    await member(stage)
    for _ in range(6):
        await refused(stage.by_password(password="Wrong-Horse9"))
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "Password attempts exceeded")
    await forgot(stage)
    await answer(stage)
    assert "AuthenticationResult" in await stage.by_password(password=NEW)


async def test_failed_reset_does_not_end_the_lockout(stage):
    await member(stage)
    for _ in range(6):
        await refused(stage.by_password(password="Wrong-Horse9"))
    await forgot(stage)
    await refused(answer(stage, other(await stage.code())))
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "Password attempts exceeded")


async def test_secret_hash(services, invoke):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    await write(stage, email_verified="true")
    right = {"SecretHash": stage.hashed(EMAIL)["SECRET_HASH"]}
    for given, text in (({}, "SECRET_HASH was not received"), ({"SecretHash": "d3Jvbmc="}, "Unable to verify")):
        assert text in (await refused(forgot(stage, **given))).message
        assert text in (await refused(answer(stage, "123456", **given))).message
    assert await letters(stage) == []
    await forgot(stage, **right)
    assert await answer(stage, **right) == {}


async def test_two_resets_at_once(stage):
    """An administrator's reset and the user's own answer end in one of the two states, never in between."""
    await member(stage)
    await forgot(stage)
    code = await stage.code()
    outcomes = await asyncio.gather(answer(stage, code), admin_reset(stage), return_exceptions=True)
    assert outcomes[1] == {}
    status = (await stage.user())["UserStatus"]
    if status == "CONFIRMED":
        assert "AuthenticationResult" in await stage.by_password(password=NEW)
    else:
        assert status == "RESET_REQUIRED"
        assert await answer(stage) == {}


async def test_pool_with_plain_usernames(services, invoke):
    """The code goes to the address of the user whose name was typed."""
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"])
    await stage.sign_up("ada", UserAttributes=[{"Name": "email", "Value": EMAIL}])
    await stage.confirm("ada", await stage.code())
    assert (await forgot(stage, "ada"))["Destination"] == "a***@e***"
    assert await answer(stage, await stage.code(), "ada") == {}
    assert "AuthenticationResult" in await stage.srp("ada", NEW)


async def test_second_factor_is_no_way_back(services, invoke):
    """Where codes by e-mail are the second factor, the mailbox alone does not open the account."""
    mail = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    stage = await build(services, invoke, **EMAIL_POOL)
    await member(stage)
    await stage.admin("SetUserPoolMfaConfig", **mail)
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, EmailMfaSettings={"Enabled": True})
    assert (await refused(forgot(stage))).code == "InvalidParameterException"
    assert (await refused(admin_reset(stage))).code == "InvalidParameterException"
    assert await letters(stage) == []
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, EmailMfaSettings={"Enabled": False})
    assert await forgot(stage)
