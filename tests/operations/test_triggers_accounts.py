"""PreSignUp and PostConfirmation: what is decided before an account is made, and what is told when it is confirmed."""

import pytest
from operations.stage import EMAIL, PASSWORD, refused, said
from operations.triggers_stage import ARN

CONFIRMS = "def PreSignUp(event):\n    event['response']['autoConfirmUser'] = True\n"
TOLD = "def PostConfirmation(event): pass\n"
REFUSES = "def PostConfirmation(event): raise ValueError('Not told')\n"
NOT_TOLD = ("UserLambdaValidation", "PostConfirmation failed with error Not told.")


async def test_confirmed_without_a_code(hooks):
    """The answer says so, nothing is sent, and the user signs in; the address is still unproved."""
    stage = await hooks.stage(CONFIRMS)
    answer = await stage.sign_up()
    assert answer["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in answer
    assert await stage.mail() == []
    user = await stage.user()
    assert (user["UserStatus"], user["attributes"].get("email_verified")) == ("CONFIRMED", None)
    assert "AccessToken" in await stage.tokens()


async def test_a_verified_address(hooks):
    stage = await hooks.stage(CONFIRMS + "    event['response']['autoVerifyEmail'] = True")
    await stage.sign_up()
    assert (await stage.user())["attributes"]["email_verified"] == "true"


@pytest.mark.parametrize("member", ["autoVerifyEmail", "autoVerifyPhone"])
async def test_nothing_to_verify(hooks, member):
    """A contact that the user does not have cannot be verified, and he is not made."""
    settings = {"UsernameAttributes": [], "AutoVerifiedAttributes": []}
    stage = await hooks.stage(f"def PreSignUp(event): event['response']['{member}'] = True", **settings)
    error = await refused(stage.sign_up("ada"))
    assert error.code == "InvalidLambdaResponseException"
    assert member in error.message
    assert (await stage.admin("ListUsers"))["Users"] == []


async def test_a_verified_alias_of_somebody_else(hooks):
    """An alias stays with whom it belongs to; the second user is not made."""
    settings = {"UsernameAttributes": [], "AliasAttributes": ["email"]}
    stage = await hooks.stage(CONFIRMS + "    event['response']['autoVerifyEmail'] = True", **settings)
    attributes = [{"Name": "email", "Value": EMAIL}]
    await stage.sign_up("ada", UserAttributes=attributes)
    assert (await refused(stage.sign_up("eve", UserAttributes=attributes))).code == "UsernameExistsException"
    assert [user["Username"] for user in (await stage.admin("ListUsers"))["Users"]] == ["ada"]
    assert (await stage.user())["Username"] == "ada"


async def test_what_the_app_sends_along(hooks):
    """ValidationData is a map of its own beside ClientMetadata, and is never stored."""
    stage = await hooks.stage("def PreSignUp(event): pass")
    await stage.sign_up(ValidationData=[{"Name": "captcha", "Value": "ok"}], ClientMetadata={"from": "app"})
    request = hooks.events()[0]["request"]
    assert (request["validationData"], request["clientMetadata"]) == ({"captcha": "ok"}, {"from": "app"})
    assert "captcha" not in (await stage.user())["attributes"]


async def test_an_administrator_makes_the_user(hooks):
    """The function may refuse him; what it says about confirming has no effect."""
    stage = await hooks.stage(
        """
        def PreSignUp(event):
            if event["request"]["userAttributes"]["email"].startswith("eve"):
                raise ValueError("Not eve")
            event["response"].update(autoConfirmUser=True, autoVerifyEmail=True)
        """
    )
    await stage.admin("AdminCreateUser", Username=EMAIL, ClientMetadata={"by": "root"})
    user = await stage.user()
    assert (user["UserStatus"], user["attributes"].get("email_verified")) == ("FORCE_CHANGE_PASSWORD", None)
    (event,) = hooks.events()
    assert event["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"]["clientMetadata"] == {"by": "root"}
    error = await refused(stage.admin("AdminCreateUser", Username="eve@example.com"))
    assert said(error) == ("UserLambdaValidation", "PreSignUp failed with error Not eve.")
    assert len((await stage.admin("ListUsers"))["Users"]) == 1


async def test_a_reminder_asks_nobody(hooks):
    """Who is only reminded was asked about before."""
    stage = await hooks.stage("def PreSignUp(event): pass")
    await stage.admin("AdminCreateUser", Username=EMAIL)
    await stage.admin("AdminCreateUser", Username=EMAIL, MessageAction="RESEND")
    assert hooks.sources() == ["PreSignUp_AdminCreateUser"]


async def test_told_of_a_confirmation(hooks):
    """The user is confirmed when the function hears of him."""
    stage = await hooks.stage(TOLD)
    await stage.sign_up()
    await stage.confirm(ClientMetadata={"from": "app"})
    (event,) = hooks.events()
    assert event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    request = event["request"]
    assert request["clientMetadata"] == {"from": "app"}
    assert request["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    assert request["userAttributes"]["email_verified"] == "true"


async def test_told_of_every_way_to_be_confirmed(hooks):
    """A sign-up that needs no code, an administrator, and a new password by a code."""
    stage = await hooks.stage(TOLD + CONFIRMS + "    event['response']['autoVerifyEmail'] = True")
    await stage.sign_up()
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    await reset(stage)
    await stage.admin("UpdateUserPool", AutoVerifiedAttributes=["email"], LambdaConfig={"PostConfirmation": ARN})
    await stage.sign_up("bob@example.com")
    await stage.admin("AdminConfirmSignUp", Username="bob@example.com")
    told = [(e["triggerSource"], e["callerContext"]["clientId"]) for e in hooks.events("PostConfirmation")]
    assert told == [
        ("PostConfirmation_ConfirmSignUp", stage.client),
        ("PostConfirmation_ConfirmForgotPassword", stage.client),
        ("PostConfirmation_ConfirmSignUp", "CLIENT_ID_NOT_APPLICABLE"),
    ]


async def test_refusing_too_late(hooks):
    """What the function refuses stays confirmed, and the caller hears of it."""
    stage = await hooks.stage(REFUSES)
    await stage.sign_up()
    assert said(await refused(stage.confirm())) == NOT_TOLD
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    await stage.sign_up("bob@example.com")
    assert said(await refused(stage.admin("AdminConfirmSignUp", Username="bob@example.com"))) == NOT_TOLD
    assert (await stage.user("bob@example.com"))["UserStatus"] == "CONFIRMED"
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    assert said(await refused(reset(stage))) == NOT_TOLD
    assert "AccessToken" in await stage.tokens(password="Another-Horse9")


async def test_a_wrong_code_tells_nobody(hooks):
    stage = await hooks.stage(TOLD)
    await stage.sign_up()
    right = await stage.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert (await refused(stage.confirm(code=wrong))).code == "CodeMismatchException"
    assert hooks.events() == []


async def reset(stage) -> None:
    """A new password with the code that was sent."""
    await stage.public(
        "ConfirmForgotPassword",
        ClientId=stage.client,
        Username=EMAIL,
        ConfirmationCode=await stage.code(),
        Password=PASSWORD.replace("Correct", "Another"),
    )
