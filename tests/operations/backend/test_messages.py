"""Messages of an applied backend: the pool says what the definition says, and sends as it says."""

from operations.backend.world import function, manifest

from poolhouse.define.manifest import (
    Attribute,
    EmailSender,
    Invitation,
    Multifactor,
    SmsSender,
    Verification,
)

NUMBER = "+15551239934"
BY_PHONE = {
    "login": ("phone_number",),
    "attributes": (Attribute(name="phone_number", required=True),),
    "account_recovery": ("verified_phone_number",),
}


async def described(world) -> dict:
    return (await world.invoke("DescribeUserPool", {"UserPoolId": world.applied.pool_id}))["UserPool"]


async def test_phone_login(world):
    """People sign up, sign in and come back with a number."""
    await world.apply(manifest(auth={**BY_PHONE, "verification": Verification(sms="Yours: {####}")}))
    pool = await described(world)
    assert (pool["UsernameAttributes"], pool["AutoVerifiedAttributes"]) == (["phone_number"], ["phone_number"])
    stage = await world.stage()
    made = await stage.sign_up(NUMBER)
    assert made["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    [letter] = await stage.mail(NUMBER)
    assert letter["body"] == f"Yours: {letter['code']}"
    await stage.confirm(NUMBER)
    assert "AuthenticationResult" in await stage.srp(NUMBER)


async def test_words(world):
    await world.apply(manifest(auth={"invitation": Invitation(sms="{username}, {####}")}))
    template = (await described(world))["AdminCreateUserConfig"]["InviteMessageTemplate"]
    assert template["SMSMessage"] == "{username}, {####}"


async def test_link(world):
    words = Verification(style="LINK", subject="Hi", body="Go {##there##}")
    await world.apply(manifest(auth={"verification": words}))
    assert (await described(world))["VerificationMessageTemplate"] == {
        "DefaultEmailOption": "CONFIRM_WITH_LINK",
        "EmailMessageByLink": "Go {##there##}",
        "EmailSubjectByLink": "Hi",
        "SmsMessage": "The verification code to your new account is {####}",
    }
    assert await world.apply(manifest(auth={"verification": words})) == []


async def test_second_factor_by_sms(world):
    wanted = Multifactor(mode="REQUIRED", sms=True, sms_message="In: {####}")
    await world.apply(manifest(auth={"multifactor": wanted}))
    request = {"UserPoolId": world.applied.pool_id}
    assert await world.invoke("GetUserPoolMfaConfig", request) == {
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {"SmsAuthenticationMessage": "In: {####}"},
        "SoftwareTokenMfaConfiguration": {"Enabled": False},
    }
    assert await world.apply(manifest()) != []
    assert await world.invoke("GetUserPoolMfaConfig", request) == {"MfaConfiguration": "OFF"}


async def test_senders(world):
    """As whom, and how; names are quoted where they have to be."""
    email = EmailSender(from_email="hi@example.com", from_name="Ada, Co", reply_to="help@example.com")
    sms = SmsSender(external_id="x", sns_caller_arn="arn:aws:iam::000000000000:role/sms", sns_region="eu-west-1")
    await world.apply(manifest(auth={"email_sender": email, "sms_sender": sms}))
    pool = await described(world)
    assert pool["EmailConfiguration"] == {
        "EmailSendingAccount": "COGNITO_DEFAULT",
        "From": '"Ada, Co" <hi@example.com>',
        "ReplyToEmailAddress": "help@example.com",
    }
    assert pool["SmsConfiguration"] == {
        "SnsCallerArn": "arn:aws:iam::000000000000:role/sms",
        "ExternalId": "x",
        "SnsRegion": "eu-west-1",
    }


async def test_senders_of_ones_own(world):
    """The functions of the backend, by ARN; a definition without them takes them away."""
    senders = {"email_sender": EmailSender(function="send"), "sms_sender": SmsSender(function="send")}
    await world.apply(manifest(auth=senders, functions=(function("send"),)))
    arn = "arn:aws:lambda:us-east-1:000000000000:function:send"
    config = (await described(world))["LambdaConfig"]
    assert config["CustomEmailSender"] == config["CustomSMSSender"] == {"LambdaArn": arn, "LambdaVersion": "V1_0"}
    await world.apply(manifest())
    assert (await described(world))["LambdaConfig"] == {}
