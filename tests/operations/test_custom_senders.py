"""CustomEmailSender and CustomSMSSender: a function of the pool delivers the messages, code and all."""

import dataclasses

import pytest
from operations.stage import EMAIL
from operations.triggers_stage import ARN

from poolhouse.messages import inbox
from poolhouse.messages.delivery import HELD, deliver_once
from poolhouse.messages.inbox import LocalInbox
from poolhouse.operations.custom_messages import CustomSenders

KEY = "arn:aws:kms:us-east-1:000000000000:key/1"
BOTH = {
    "KMSKeyID": KEY,
    "CustomEmailSender": {"LambdaArn": ARN, "LambdaVersion": "V1_0"},
    "CustomSMSSender": {"LambdaArn": ARN, "LambdaVersion": "V1_0"},
}
EMAIL_ONLY = {name: BOTH[name] for name in ("KMSKeyID", "CustomEmailSender")}
TAKES = "CustomEmailSender = CustomSMSSender = lambda event: {'response': {}}\n"
NUMBER = "+15551239934"


async def deliver(stage, **more) -> int:
    services = stage.services
    sender = CustomSenders(services, LocalInbox(services.database))
    return await deliver_once(services.database, services.vault, sender, services.clock() + more.get("later", 0))


async def in_the_inbox(stage) -> list[dict]:
    return await inbox.messages(stage.services.database, stage.services.vault)


async def test_a_mail(hooks):
    """The function gets the code as text, who the user is, and what the app told it; nothing reaches the server's own
    sender, which need not exist.
    """
    stage = await hooks.stage(TAKES, config=EMAIL_ONLY)
    sub = (await stage.sign_up(ClientMetadata={"lang": "de"}))["UserSub"]
    assert hooks.events() == []
    assert await deliver(stage) == 1
    [event] = hooks.events()
    assert event["triggerSource"] == "CustomEmailSender_SignUp"
    assert (event["userName"], event["callerContext"]["clientId"]) == (sub, stage.client)
    asked = event["request"]
    assert (asked["type"], asked["clientMetadata"]) == ("customEmailSenderRequestV1", {"lang": "de"})
    assert (asked["userAttributes"]["email"], asked["userAttributes"]["cognito:user_status"]) == (EMAIL, "UNCONFIRMED")
    assert await in_the_inbox(stage) == []
    assert await deliver(stage, later=HELD) == 0
    assert await stage.confirm(code=asked["code"]) == {}


async def test_a_text_message(hooks):
    phones = {"UsernameAttributes": ["phone_number"], "AutoVerifiedAttributes": ["phone_number"]}
    stage = await hooks.stage(TAKES, config=BOTH, **phones)
    await stage.sign_up(NUMBER)
    await deliver(stage)
    [event] = hooks.events()
    assert event["triggerSource"] == "CustomSMSSender_SignUp"
    assert event["request"]["type"] == "customSMSSenderRequestV1"
    assert await stage.confirm(NUMBER, event["request"]["code"]) == {}


async def test_every_source(hooks):
    stage = await hooks.stage(TAKES, config=EMAIL_ONLY)
    await stage.sign_up()
    await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=EMAIL)
    await deliver(stage)
    await stage.confirm(code=hooks.events()[-1]["request"]["code"])
    token = (await stage.tokens())["AccessToken"]
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    await stage.public("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    change = [{"Name": "email", "Value": "new@example.com"}]
    await stage.public("UpdateUserAttributes", AccessToken=token, UserAttributes=change)
    await stage.admin("AdminCreateUser", Username="bob@example.com")
    await deliver(stage)
    names = ["SignUp", "ResendCode", "ForgotPassword", "VerifyUserAttribute", "UpdateUserAttribute", "AdminCreateUser"]
    assert sorted(hooks.sources()) == sorted(f"CustomEmailSender_{name}" for name in names)


async def test_the_other_medium_is_the_servers(hooks):
    stage = await hooks.stage(TAKES, config=EMAIL_ONLY, AutoVerifiedAttributes=["phone_number"])
    await stage.sign_up(UserAttributes=[{"Name": "phone_number", "Value": NUMBER}])
    await deliver(stage)
    assert hooks.events() == []
    assert [each["medium"] for each in await in_the_inbox(stage)] == ["SMS"]


async def test_a_sender_that_fails(hooks, clock):
    """The message waits, and is handed over again."""
    stage = await hooks.stage("CustomEmailSender = lambda event: 1 / 0", config=EMAIL_ONLY)
    await stage.sign_up()
    assert await deliver(stage) == 1
    assert await deliver(stage) == 0
    clock.advance(seconds=5)
    assert await deliver(stage) == 1
    assert len({event["request"]["code"] for event in hooks.events()}) == 1
    assert len(hooks.events()) == 2


async def test_a_user_who_is_gone(hooks):
    """Nobody is told anything."""
    stage = await hooks.stage(TAKES, config=EMAIL_ONLY)
    await stage.sign_up()
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    await deliver(stage)
    assert hooks.events() == []
    assert await deliver(stage, later=HELD) == 0


async def test_no_words_are_asked_for(hooks):
    """A message that a function delivers has no words to choose."""
    source = TAKES + "def CustomMessage(event): raise ValueError('asked')\n"
    stage = await hooks.stage(source, config=EMAIL_ONLY)
    await stage.sign_up()
    await deliver(stage)
    assert hooks.sources() == ["CustomEmailSender_SignUp"]


@pytest.mark.parametrize("medium", ["CustomEmailSender", "CustomSMSSender"])
async def test_a_sender_of_the_pool_is_enough(hooks, medium):
    """A server without a sender of its own serves a pool that has one, and no other medium."""
    contact = "email" if medium == "CustomEmailSender" else "phone_number"
    pool = {"UsernameAttributes": ["email", "phone_number"], "AutoVerifiedAttributes": [contact]}
    stage = await hooks.stage(TAKES, config={"KMSKeyID": KEY, medium: BOTH[medium]}, **pool)
    silent = stage.on(dataclasses.replace(stage.services, delivers=frozenset()))
    name = EMAIL if contact == "email" else NUMBER
    assert (await silent.sign_up(name))["CodeDeliveryDetails"]["AttributeName"] == contact
    await deliver(stage)
    assert hooks.sources() == [f"{medium}_SignUp"]
