"""Signing up, proving the address, and asking for another code."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from cases import each
from operations.stage import EMAIL, EMAIL_POOL, Stage, build, refused, said

MISMATCH = ("CodeMismatch", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCode", "Invalid code provided, please request a code again.")
LIMIT = ("LimitExceeded", "Attempt limit exceeded, please try after some time.")
UNKNOWN = ("UserNotFound", "Username/client id combination not found.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


@pytest.fixture
async def hiding(services, invoke) -> Stage:
    return await build(services, invoke, client={"PreventUserExistenceErrors": "ENABLED"})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def resend(stage: Stage, username: str = EMAIL) -> dict:
    return await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=username)


# --- SignUp ------------------------------------------------------------------------------------------------


async def test_sign_up(stage):
    """The username becomes the sub, the address an attribute, and a code goes there."""
    answer = await stage.sign_up()
    assert answer == {
        "UserConfirmed": False,
        "UserSub": str(uuid.UUID(answer["UserSub"])),
        "CodeDeliveryDetails": {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"},
    }
    user = await stage.user(answer["UserSub"])
    assert (user["Username"], user["UserStatus"], user["Enabled"]) == (answer["UserSub"], "UNCONFIRMED", True)
    assert user["attributes"] == {"sub": answer["UserSub"], "email": EMAIL}
    [letter] = await stage.mail()
    assert (letter["purpose"], letter["username"], letter["pool"]) == ("sign_up", answer["UserSub"], stage.pool)
    assert letter["code"] in letter["body"]


async def test_name_is_taken(stage):
    await stage.sign_up()
    assert said(await refused(stage.sign_up("ADA@example.com"))) == ("UsernameExists", "User already exists")


async def test_two_at_once(stage):
    """One account, one code."""
    outcomes = await asyncio.gather(*(stage.sign_up() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert len(await stage.mail()) == 1


@each(
    "change, code, text",
    [
        ({"Username": "ada"}, "InvalidParameter", "Username should be an email."),
        ({"Password": "NO-LOWER-CASE1"}, "InvalidPassword", "Password must have lowercase characters"),
        ({"Password": "Short1!"}, "InvalidPassword", "Password not long enough"),
        (
            {"UserAttributes": [{"Name": "custom:nope", "Value": "x"}]},
            "InvalidParameter",
            "does not exist in the schema.",
        ),
        ({"UserAttributes": [{"Name": "sub", "Value": "x"}]}, "NotAuthorized", "unauthorized attribute"),
        ({"UserAttributes": [{"Name": "email_verified", "Value": "true"}]}, "NotAuthorized", "unauthorized attribute"),
        ({"UserAttributes": [{"Name": "email", "Value": "b@example.com"}]}, "InvalidParameter", "differs"),
        ({"SecretHash": "d3Jvbmc="}, "NotAuthorized", "Unable to verify secret hash"),
        ({"ClientId": "1example23456789"}, "ResourceNotFound", "User pool client 1example23456789 does not exist."),
    ],
)
async def test_refused_sign_up(stage, change, code, text):
    """Nothing is made and nothing is sent."""
    error = await refused(stage.sign_up(change.get("Username", EMAIL), **change))
    assert error.code == code + "Exception"
    assert text in error.message
    assert (await refused(stage.user())).code == "UserNotFoundException"
    assert await stage.mail() == []


async def test_sign_up_without_password(stage):
    """Where nobody could sign in without one."""
    call = stage.public("SignUp", ClientId=stage.client, Username=EMAIL)
    text = "Password is required: passwordless sign-in is not enabled."
    assert said(await refused(call)) == ("InvalidParameter", text)
    assert (await stage.admin("ListUsers"))["Users"] == []


async def test_sign_up_is_closed(services, invoke):
    stage = await build(services, invoke, **EMAIL_POOL, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    text = "SignUp is not permitted for this user pool"
    assert said(await refused(stage.sign_up())) == ("NotAuthorized", text)


async def test_attribute_that_the_client_may_not_write(services, invoke):
    stage = await build(services, invoke, client={"WriteAttributes": ["email"]})
    call = stage.sign_up(UserAttributes=[{"Name": "name", "Value": "Ada"}])
    assert said(await refused(call)) == ("NotAuthorized", "A client attempted to write unauthorized attribute")


async def test_nothing_to_verify(services, invoke):
    """Without automatic verification no code is sent and none is announced."""
    stage = await build(services, invoke, UsernameAttributes=["email"])
    assert "CodeDeliveryDetails" not in await stage.sign_up()
    assert await stage.mail() == []


async def test_no_address(services, invoke):
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"])
    assert "CodeDeliveryDetails" not in await stage.sign_up("ada")


async def test_nobody_delivers(services, invoke):
    """Without a delivery a user who needs a code is not made."""
    stage = await build(services, invoke)
    silent = stage.on(replace(services, delivers=frozenset()))
    assert (await refused(silent.sign_up())).code == "CodeDeliveryFailureException"
    assert (await refused(stage.user())).code == "UserNotFoundException"
    await stage.sign_up()
    assert (await refused(resend(silent))).code == "CodeDeliveryFailureException"
    assert len(await stage.mail()) == 1


async def test_delivery_is_woken_after_the_commit(services, invoke):
    """Whoever is woken finds the message."""
    woken = []
    stage = (await build(services, invoke)).on(replace(services, wake_delivery=lambda: woken.append(1)))
    await stage.sign_up()
    assert woken == [1]


async def test_template(services, invoke):
    """The pool's own words, with both placeholders filled."""
    template = {"EmailSubject": "Hello", "EmailMessage": "{username}, your code: {####}"}
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"], VerificationMessageTemplate=template)
    await stage.sign_up("{####}", UserAttributes=[{"Name": "email", "Value": EMAIL}])
    [letter] = await stage.mail()
    assert (letter["subject"], letter["body"]) == ("Hello", f"{{####}}, your code: {letter['code']}")


# --- ConfirmSignUp -----------------------------------------------------------------------------------------


async def test_confirm(stage):
    """The right code confirms the user and verifies the address that it went to."""
    await stage.sign_up()
    assert await stage.confirm() == {}
    user = await stage.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"]["email_verified"] == "true"
    assert "AuthenticationResult" in await stage.srp()


async def test_confirm_twice(stage):
    await stage.sign_up()
    code = await stage.code()
    await stage.confirm(code=code)
    text = "User cannot be confirmed. Current status is CONFIRMED"
    assert said(await refused(stage.confirm(code=code))) == ("NotAuthorized", text)


async def test_wrong_code(stage):
    await stage.sign_up()
    assert said(await refused(stage.confirm(code=wrong(await stage.code())))) == MISMATCH
    assert (await stage.user())["UserStatus"] == "UNCONFIRMED"


async def test_sixteenth_try(stage, clock):
    """Fifteen tries an hour, the right code included; a refused try does not prolong the hour."""
    await stage.sign_up()
    code = await stage.code()
    for _ in range(15):
        assert said(await refused(stage.confirm(code=wrong(code)))) == MISMATCH
    clock.advance(minutes=59)
    assert said(await refused(stage.confirm(code=code))) == LIMIT
    clock.advance(minutes=1)
    assert await stage.confirm(code=code) == {}


async def test_parallel_tries(stage):
    await stage.sign_up()
    code = await stage.code()
    tries = [wrong(code)] * 25
    outcomes = await asyncio.gather(*(stage.confirm(code=each) for each in tries), return_exceptions=True)
    told = [said(outcome) for outcome in outcomes]
    assert (told.count(MISMATCH), told.count(LIMIT)) == (15, 10)


async def test_code_expires(stage, clock):
    await stage.sign_up()
    code = await stage.code()
    clock.advance(hours=24, minutes=3)
    error = await refused(stage.confirm(code=code))
    assert (said(error), error.seconds_ago) == (EXPIRED, 180)


async def test_no_code_at_all(services, invoke):
    """A user who was never sent a code cannot be confirmed by any."""
    stage = await build(services, invoke, UsernameAttributes=["email"])
    await stage.sign_up()
    error = await refused(stage.confirm(code="000000"))
    assert (said(error), error.seconds_ago) == (EXPIRED, None)


async def test_code_of_another_user(stage):
    await stage.sign_up()
    await stage.sign_up("bob@example.com")
    ada, bob = await stage.code(), await stage.code("bob@example.com")
    if ada != bob:
        assert said(await refused(stage.confirm("bob@example.com", ada))) == MISMATCH


async def test_code_after_a_change_of_address(stage):
    """The code still confirms the user; the address that it did not go to stays unverified."""
    await stage.sign_up()
    code = await stage.code()
    changed = [{"Name": "email", "Value": "new@example.com"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=changed)
    await stage.confirm("new@example.com", code)
    user = await stage.user("new@example.com")
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"].get("email_verified") != "true"


async def test_alias_is_claimed_at_confirmation(services, invoke):
    """Two may sign up with one address; who confirms second needs force, and the first then loses it."""
    stage = await build(services, invoke, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    address = [{"Name": "email", "Value": EMAIL}]
    await stage.sign_up("ada", UserAttributes=address)
    await stage.confirm("ada", await stage.code())
    await stage.sign_up("eve", UserAttributes=address)
    code = await stage.code()
    text = "An account with the email already exists."
    assert said(await refused(stage.confirm("eve", code))) == ("AliasExists", text)
    assert (await stage.user("eve"))["UserStatus"] == "UNCONFIRMED"
    assert await stage.confirm("eve", code, ForceAliasCreation=True) == {}
    assert (await stage.user("ada"))["attributes"]["email_verified"] == "false"
    assert (await stage.user(EMAIL))["Username"] == "eve"


async def test_alias_that_cannot_be_signed_up_with(services, invoke):
    stage = await build(services, invoke, AliasAttributes=["preferred_username"])
    call = stage.sign_up("ada", UserAttributes=[{"Name": "preferred_username", "Value": "countess"}])
    assert (await refused(call)).code == "InvalidParameterException"


async def test_confirm_an_unknown_user(stage):
    assert said(await refused(stage.confirm(code="123456"))) == UNKNOWN


async def test_confirm_a_hidden_user(hiding):
    """He is answered like a user with another code, and counted like one."""
    told = [said(await refused(hiding.confirm(code="123456"))) for _ in range(16)]
    assert told == [MISMATCH] * 15 + [LIMIT]


async def test_secret_is_asked_for(services, invoke):
    stage = await build(services, invoke, client={"GenerateSecret": True})
    names = stage.hashed(EMAIL)["SECRET_HASH"]
    await stage.sign_up(SecretHash=names)
    assert (await refused(stage.confirm())).message.endswith("SECRET_HASH was not received")
    assert (await refused(resend(stage))).message.endswith("SECRET_HASH was not received")
    assert await stage.confirm(SecretHash=names) == {}


# --- ResendConfirmationCode --------------------------------------------------------------------------------


async def test_resend(stage):
    """The new code replaces the old one."""
    await stage.sign_up()
    old = await stage.code()
    details = (await resend(stage))["CodeDeliveryDetails"]
    assert details == {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"}
    new = await stage.code()
    if new != old:
        assert said(await refused(stage.confirm(code=old))) == MISMATCH
    assert await stage.confirm(code=new) == {}


async def test_sixth_resend(stage, clock):
    await stage.sign_up()
    for _ in range(5):
        await resend(stage)
    assert said(await refused(resend(stage))) == LIMIT
    assert len(await stage.mail()) == 6
    clock.advance(hours=1)
    assert await resend(stage)


async def test_resend_to_a_confirmed_user(stage):
    await stage.person()
    assert said(await refused(resend(stage))) == ("InvalidParameter", "User is already confirmed.")


async def test_resend_to_an_unknown_user(stage):
    assert said(await refused(resend(stage))) == UNKNOWN


async def test_resend_without_verification(services, invoke):
    stage = await build(services, invoke, UsernameAttributes=["email"])
    await stage.sign_up()
    text = "Cannot resend codes. Auto verification not turned on."
    assert said(await refused(resend(stage))) == ("InvalidParameter", text)


async def test_resend_hides_who_exists(hiding):
    """Unconfirmed, confirmed and unknown users get the same answer; only the first gets a mail."""
    await hiding.sign_up()
    await hiding.person("amy@example.org")
    before = len(await hiding.mail("amy@example.org"))
    answers = [await resend(hiding, name) for name in (EMAIL, "amy@example.org", "abe@elsewhere.com")]
    assert answers[0] == answers[1] == answers[2]
    assert len(await hiding.mail(EMAIL)) == 2
    assert len(await hiding.mail("amy@example.org")) == before
    assert await hiding.mail("abe@elsewhere.com") == []


async def test_resend_hides_who_exists_behind_usernames(services, invoke):
    client = {"PreventUserExistenceErrors": "ENABLED"}
    stage = await build(services, invoke, client=client, AutoVerifiedAttributes=["email"])
    first, second = [(await resend(stage, "eve"))["CodeDeliveryDetails"] for _ in range(2)]
    assert first == second
    assert len(first["Destination"]) == len("a***@e***")
