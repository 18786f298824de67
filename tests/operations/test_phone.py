"""Accounts with phone numbers: sign-up, recovery and invitations by SMS, and what is shown of a number."""

from dataclasses import replace

import pytest
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, refused, said

NUMBER = "+15551239934"
OTHER = "+4915123456789"
SMS = {"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******9934"}
PHONE_POOL = {"UsernameAttributes": ["phone_number"], "AutoVerifiedAttributes": ["phone_number"]}
BOTH = {"UsernameAttributes": ["email", "phone_number"], "AutoVerifiedAttributes": ["email", "phone_number"]}


@pytest.fixture
async def stage(services, invoke) -> Stage:
    """A pool whose people sign in with their phone numbers."""
    return await build(services, invoke, **PHONE_POOL)


def listed(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


async def test_sign_up(stage):
    """The code goes by SMS, in AWS's words, and the number that it came back from is verified."""
    assert (await stage.sign_up(NUMBER))["CodeDeliveryDetails"] == SMS
    [letter] = await stage.mail(NUMBER)
    assert (letter["medium"], letter["purpose"], letter["subject"]) == ("SMS", "sign_up", "")
    assert letter["body"] == f"Your confirmation code is {letter['code']}"
    assert await stage.confirm(NUMBER) == {}
    user = await stage.user(NUMBER)
    assert (user["UserStatus"], user["attributes"]["phone_number_verified"]) == ("CONFIRMED", "true")
    assert "AuthenticationResult" in await stage.srp(NUMBER)


async def test_resend(stage):
    await stage.sign_up(NUMBER)
    first = await stage.code(NUMBER)
    again = await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=NUMBER)
    assert again == {"CodeDeliveryDetails": SMS}
    if await stage.code(NUMBER) != first:
        assert (await refused(stage.confirm(NUMBER, first))).code == "CodeMismatchException"
    assert await stage.confirm(NUMBER) == {}


async def test_phone_comes_first(services, invoke):
    """Where the pool verifies both and the user has both, the phone gets the code, and it alone is verified."""
    stage = await build(services, invoke, **BOTH)
    made = await stage.sign_up(EMAIL, UserAttributes=listed(phone_number=NUMBER))
    assert made["CodeDeliveryDetails"] == SMS
    assert await stage.mail() == []
    await stage.confirm(EMAIL, await stage.code(NUMBER))
    known = (await stage.user())["attributes"]
    assert known["phone_number_verified"] == "true"
    assert known.get("email_verified", "false") == "false"


async def test_mail_where_there_is_no_phone(services, invoke):
    stage = await build(services, invoke, **BOTH)
    assert (await stage.sign_up())["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    await stage.confirm()
    assert (await stage.user())["attributes"]["email_verified"] == "true"


async def test_templates(services, invoke):
    """The pool's words for text messages."""
    template = {"SmsMessage": "{####} is for {username}"}
    stage = await build(services, invoke, **PHONE_POOL, VerificationMessageTemplate=template)
    sub = (await stage.sign_up(NUMBER))["UserSub"]
    [letter] = await stage.mail(NUMBER)
    assert letter["body"] == f"{letter['code']} is for {sub}"
    described = (await stage.admin("DescribeUserPool"))["UserPool"]
    assert described["VerificationMessageTemplate"]["SmsMessage"] == template["SmsMessage"]


async def test_code_of_the_other_contact(services, invoke):
    """A code is for the number that it went to: after a change it verifies nothing, and still confirms."""
    stage = await build(services, invoke, **PHONE_POOL)
    await stage.sign_up(NUMBER)
    code = await stage.code(NUMBER)
    await stage.admin("AdminUpdateUserAttributes", Username=NUMBER, UserAttributes=listed(phone_number=OTHER))
    await stage.confirm(OTHER, code)
    user = await stage.user(OTHER)
    assert (user["UserStatus"], user["attributes"]["phone_number_verified"]) == ("CONFIRMED", "false")


async def test_recovery(stage):
    await stage.sign_up(NUMBER)
    await stage.confirm(NUMBER)
    answer = await stage.public("ForgotPassword", ClientId=stage.client, Username=NUMBER)
    assert answer == {"CodeDeliveryDetails": SMS}
    letter = (await stage.mail(NUMBER))[-1]
    assert letter["body"] == f"Your password reset code is {letter['code']}"
    new = {"ConfirmationCode": letter["code"], "Password": "Another-Horse1"}
    assert await stage.public("ConfirmForgotPassword", ClientId=stage.client, Username=NUMBER, **new) == {}
    assert "AuthenticationResult" in await stage.by_password(NUMBER, "Another-Horse1")


async def test_sixth_text_message(stage):
    """Five an hour, then nobody's phone rings."""
    await stage.sign_up(NUMBER)
    for _ in range(5):
        await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=NUMBER)
    error = await refused(stage.public("ResendConfirmationCode", ClientId=stage.client, Username=NUMBER))
    assert error.code == "LimitExceededException"
    assert len(await stage.mail(NUMBER)) == 6


async def test_nobody_delivers_text_messages(stage, services):
    """A server that sends mail alone refuses by name, and no user is made."""
    mail_only = stage.on(replace(services, delivers=frozenset({"EMAIL"})))
    error = await refused(mail_only.sign_up(NUMBER))
    assert said(error) == ("CodeDeliveryFailure", "No delivery of SMS messages is configured for this server.")
    assert (await refused(stage.user(NUMBER))).code == "UserNotFoundException"


async def test_admin_changes_both(services, invoke):
    """Each new contact that the administrator does not call verified gets its own code."""
    stage = await build(services, invoke, **{**EMAIL_POOL, "AutoVerifiedAttributes": ["email", "phone_number"]})
    await stage.person()
    before = len(await stage.mail())
    await stage.admin(
        "AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=listed(email="new@example.com", phone_number=NUMBER)
    )
    assert [each["medium"] for each in await stage.mail("new@example.com")] == ["EMAIL"]
    assert [each["medium"] for each in await stage.mail(NUMBER)] == ["SMS"]
    assert len(await stage.mail()) == before
    verified = listed(phone_number=OTHER, phone_number_verified="true")
    await stage.admin("AdminUpdateUserAttributes", Username="new@example.com", UserAttributes=verified)
    assert await stage.mail(OTHER) == []


# --- invitations -------------------------------------------------------------------------------------------


async def invite(stage: Stage, *mediums: str, **attributes: str) -> dict:
    wanted = {"DesiredDeliveryMediums": list(mediums)} if mediums else {}
    request = {"Username": "ada", "UserAttributes": listed(**attributes), **wanted}
    return await stage.admin("AdminCreateUser", **request)


@pytest.fixture
async def named(services, invoke) -> Stage:
    """A pool whose people have names of their own."""
    template = {"SMSMessage": "{username}: {####}", "EmailMessage": "mail {username} {####}"}
    return await build(
        services, invoke, AdminCreateUserConfig={"InviteMessageTemplate": template}, AutoVerifiedAttributes=["email"]
    )


@pytest.mark.parametrize(
    ("mediums", "reached"),
    [
        ((), ["SMS"]),
        (("SMS",), ["SMS"]),
        (("EMAIL",), ["EMAIL"]),
        (("EMAIL", "SMS"), ["EMAIL", "SMS"]),
        (("SMS", "SMS"), ["SMS"]),
    ],
)
async def test_invitation(named, mediums, reached):
    """By every medium that is asked for; by SMS, as on AWS, when none is. All carry the same password."""
    await invite(named, *mediums, email=EMAIL, phone_number=NUMBER)
    found = [each for to in (EMAIL, NUMBER) for each in await named.mail(to)]
    assert [each["medium"] for each in found] == reached
    assert len({each["code"] for each in found}) == 1
    texts = {"SMS": f"ada: {found[0]['code']}", "EMAIL": f"mail ada {found[0]['code']}"}
    assert [each["body"] for each in found] == [texts[medium] for medium in reached]


async def test_invitation_by_what_there_is(named):
    """Without a wish, and of several wishes, what the user has."""
    await invite(named, email=EMAIL)
    assert len(await named.mail()) == 1
    await named.admin("AdminDeleteUser", Username="ada")
    await invite(named, "SMS", "EMAIL", phone_number=NUMBER)
    assert len(await named.mail(NUMBER)) == 1


async def test_invitation_without_a_number(named):
    error = await refused(invite(named, "SMS", email=EMAIL))
    assert error.message == "DesiredDeliveryMediums: the user has no phone_number to send the invitation to."
    assert (await refused(named.user("ada"))).code == "UserNotFoundException"


async def test_invited_by_phone(stage):
    """The message names what the person signs in with, and its password opens the door."""
    await stage.admin("AdminCreateUser", Username=NUMBER, DesiredDeliveryMediums=["SMS"])
    [letter] = await stage.mail(NUMBER)
    assert letter["body"] == f"Your username is {NUMBER} and temporary password is {letter['code']}"
    assert (await stage.by_password(NUMBER, letter["code"]))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert PASSWORD not in letter["body"]
