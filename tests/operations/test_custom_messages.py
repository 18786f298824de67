"""CustomMessage: a function of the pool chooses the words of every message, and what it says too little of is refused."""

import pytest
from operations.factors_stage import EMAIL_ONLY, by_email, configure, respond
from operations.stage import EMAIL, PASSWORD, refused, said

WORDS = """
def CustomMessage(event):
    code, name = event["request"]["codeParameter"], event["request"]["usernameParameter"] or ""
    source = event["triggerSource"]
    event["response"]["emailSubject"] = source
    event["response"]["emailMessage"] = f"{source}: {name} {code}"
    event["response"]["smsMessage"] = f"sms {source}: {name} {code}"
"""
NUMBER = "+15551239934"


def listed(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


async def test_sign_up(hooks):
    """The function sees the new user, who asked, and the placeholder; not the code, which is filled in."""
    stage = await hooks.stage(WORDS)
    sub = (await stage.sign_up(ClientMetadata={"lang": "de"}))["UserSub"]
    [letter] = await stage.mail()
    assert letter["subject"] == "CustomMessage_SignUp"
    assert letter["body"] == f"CustomMessage_SignUp:  {letter['code']}"
    [event] = hooks.events()
    assert event["userName"] == sub
    assert event["callerContext"]["clientId"] == stage.client
    assert event["request"]["codeParameter"] == "{####}"
    assert event["request"]["usernameParameter"] is None
    assert event["request"]["clientMetadata"] == {"lang": "de"}
    known = event["request"]["userAttributes"]
    assert (known["sub"], known["email"], known["cognito:user_status"]) == (sub, EMAIL, "UNCONFIRMED")
    assert letter["code"] not in str(event)


async def test_every_source(hooks):
    """Each occasion by its own name."""
    kept = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}
    stage = await hooks.stage(WORDS, **kept)
    await stage.sign_up()
    await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=EMAIL)
    await stage.confirm()
    token = (await stage.tokens())["AccessToken"]
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    await stage.public("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    await stage.public("UpdateUserAttributes", AccessToken=token, UserAttributes=listed(email="new@example.com"))
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=listed(email="third@example.com"))
    await stage.admin("AdminCreateUser", Username="bob@example.com")
    sources = [
        "SignUp",
        "ResendCode",
        "ForgotPassword",
        "VerifyUserAttribute",
        "UpdateUserAttribute",
        "UpdateUserAttribute",
        "AdminCreateUser",
    ]
    assert hooks.sources() == [f"CustomMessage_{source}" for source in sources]
    addresses = [EMAIL, "new@example.com", "third@example.com", "bob@example.com"]
    letters = [each for address in addresses for each in await stage.mail(address)]
    assert [each["subject"] for each in letters] == hooks.sources()
    assert all(each["body"].endswith(each["code"]) for each in letters)


async def test_an_administrators_reset(hooks):
    stage = await hooks.stage(WORDS)
    await stage.sign_up()
    await stage.confirm()
    await stage.admin("AdminResetUserPassword", Username=EMAIL, ClientMetadata={"by": "root"})
    [event] = hooks.events("CustomMessage_ForgotPassword")
    assert event["request"]["clientMetadata"] == {"by": "root"}
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert (await stage.mail())[-1]["subject"] == "CustomMessage_ForgotPassword"


async def test_second_factor(hooks):
    """It is asked when a code goes out, and not when none does."""
    stage = await hooks.stage(WORDS)
    await stage.person()
    await configure(stage, "OPTIONAL", **EMAIL_ONLY)
    await by_email(stage)
    asked = await stage.by_password()
    letter = (await stage.mail())[-1]
    assert letter["body"] == f"CustomMessage_Authentication:  {letter['code']}"
    assert "AuthenticationResult" in await respond(stage, asked, EMAIL_OTP_CODE=letter["code"])
    assert len(hooks.events("CustomMessage_Authentication")) == 1


async def test_text_messages(hooks):
    stage = await hooks.stage(WORDS, UsernameAttributes=["phone_number"], AutoVerifiedAttributes=["phone_number"])
    await stage.sign_up(NUMBER)
    [letter] = await stage.mail(NUMBER)
    assert letter["body"] == f"sms CustomMessage_SignUp:  {letter['code']}"


async def test_invitation(hooks):
    """With the name that the person signs in with."""
    stage = await hooks.stage(WORDS)
    await stage.admin("AdminCreateUser", Username=EMAIL, ClientMetadata={"team": "x"})
    [letter] = await stage.mail()
    assert letter["body"] == f"CustomMessage_AdminCreateUser: {EMAIL} {letter['code']}"
    [event] = hooks.events()
    assert event["request"]["usernameParameter"] == "{username}"
    assert event["request"]["clientMetadata"] == {"team": "x"}
    await stage.admin("AdminCreateUser", Username=EMAIL, MessageAction="RESEND")
    assert len(await stage.mail()) == 2


async def test_a_function_that_says_nothing(hooks):
    """The pool's own words."""
    stage = await hooks.stage("def CustomMessage(event): pass")
    await stage.sign_up()
    [letter] = await stage.mail()
    assert letter["body"] == f"Your confirmation code is {letter['code']}"


@pytest.mark.parametrize(
    ("said_", "lacking"),
    [
        ("emailMessage'] = 'no code'", "emailMessage without {####}"),
        ("smsMessage'] = 'no code'", "smsMessage without {####}"),
        ("smsMessage'] = 'x' * 135 + '{####}'", "smsMessage that is not a text of at most 140 characters"),
        ("emailSubject'] = 'x' * 141", "emailSubject that is not a text of at most 140 characters"),
        ("emailMessage'] = 7", "emailMessage that is not a text"),
    ],
)
async def test_words_that_do_not_do(hooks, said_, lacking):
    """Nobody is made, and nothing is sent."""
    stage = await hooks.stage(f"def CustomMessage(event): event['response']['{said_}")
    error = await refused(stage.sign_up())
    assert error.code == "InvalidLambdaResponseException"
    assert lacking in error.message
    assert (await stage.admin("ListUsers"))["Users"] == []
    assert await stage.mail() == []


async def test_an_invitation_without_a_name(hooks):
    stage = await hooks.stage("def CustomMessage(event): event['response']['emailMessage'] = '{####}'")
    error = await refused(stage.admin("AdminCreateUser", Username=EMAIL))
    assert said(error) == ("InvalidLambdaResponse", "CustomMessage answered a emailMessage without {username}.")
    assert (await stage.admin("ListUsers"))["Users"] == []


async def test_a_function_that_refuses(hooks):
    """Its words reach the caller; nothing is changed and nothing sent."""
    stage = await hooks.stage("def CustomMessage(event): raise ValueError('Not now')")
    request = {"Username": EMAIL, "MessageAction": "SUPPRESS", "UserAttributes": listed(email_verified="true")}
    await stage.admin("AdminCreateUser", **request)
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    expected = ("UserLambdaValidation", "CustomMessage failed with error Not now.")
    assert said(await refused(stage.sign_up("bob@example.com"))) == expected
    assert said(await refused(stage.admin("AdminResetUserPassword", Username=EMAIL))) == expected
    forgot = stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    assert said(await refused(forgot)) == expected
    token = (await stage.tokens())["AccessToken"]
    change = listed(email="new@example.com")
    update = stage.public("UpdateUserAttributes", AccessToken=token, UserAttributes=change)
    assert said(await refused(update)) == expected
    assert len((await stage.admin("ListUsers"))["Users"]) == 1
    assert (await stage.user())["attributes"]["email"] == EMAIL
    assert await stage.mail() == []


async def test_nobody_is_asked_about_nobody(hooks):
    """Names that nobody has, names that are taken, and users who get no message wake no function."""
    client = {"PreventUserExistenceErrors": "ENABLED"}
    stage = await hooks.stage(WORDS, client=client)
    await stage.sign_up()
    before = len(hooks.events())
    await stage.public("ForgotPassword", ClientId=stage.client, Username="nobody@example.com")
    await stage.public("ResendConfirmationCode", ClientId=stage.client, Username="nobody@example.com")
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    assert (await refused(stage.sign_up())).code == "UsernameExistsException"
    assert len(hooks.events()) == before


async def test_the_limit_holds_for_the_function_too(hooks):
    """Whoever may not ask for another message does not wake the function either."""
    stage = await hooks.stage(WORDS)
    await stage.sign_up()
    resend = {"ClientId": stage.client, "Username": EMAIL}
    for _ in range(5):
        await stage.public("ResendConfirmationCode", **resend)
    for _ in range(3):
        assert (await refused(stage.public("ResendConfirmationCode", **resend))).code == "LimitExceededException"
    assert len(hooks.events("CustomMessage_ResendCode")) == 5


async def test_link(hooks):
    """Where accounts are confirmed with links, the words need one."""
    link = {"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}}
    source = "def CustomMessage(event): event['response']['emailMessage'] = 'Go ' + event['request']['linkParameter']"
    stage = await hooks.stage(source, **link)
    await stage.sign_up()
    [letter] = await stage.mail()
    assert letter["body"].startswith('Go <a href="http://127.0.0.1:4500/confirmUser?client_id=')
    assert letter["body"].endswith(">Click Here</a>")


async def test_words_without_a_link(hooks):
    """A code alone confirms nobody there."""
    link = {"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}}
    stage = await hooks.stage("def CustomMessage(event): event['response']['emailMessage'] = '{####}'", **link)
    error = await refused(stage.sign_up())
    assert "emailMessage without a verification link" in error.message


# --- where the client hides who exists ----------------------------------------------------------------------

FAILS = "def CustomMessage(event): assert event['triggerSource'].endswith('_SignUp'), 'Not now'"
FORGETS = """
def CustomMessage(event):
    if event["triggerSource"] != "CustomMessage_SignUp":
        event["response"]["emailMessage"] = "Nothing"
"""
OTP = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}}
HIDES = {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]}


@pytest.mark.parametrize("source", [FAILS, FORGETS], ids=["fails", "forgets"])
async def test_a_failure_tells_nobody_who_exists(hooks, source):
    """No message, and the answer that everybody gets."""
    stage = await hooks.stage(source, client=HIDES, **OTP)
    await stage.sign_up()
    before = await stage.mail()
    for name in (EMAIL, "eve@example.com"):
        resent = await stage.public("ResendConfirmationCode", ClientId=stage.client, Username=name)
        assert resent["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    await stage.confirm()
    for name in (EMAIL, "eve@example.com"):
        asked = await stage.public("ForgotPassword", ClientId=stage.client, Username=name)
        assert asked["CodeDeliveryDetails"]["AttributeName"] == "email"
    parameters = {"USERNAME": EMAIL, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    begun = await stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="USER_AUTH", AuthParameters=parameters)
    assert begun["ChallengeName"] == "EMAIL_OTP"
    error = await refused(respond(stage, begun, EMAIL_OTP_CODE="000000"))
    assert said(error) == ("CodeMismatch", "Invalid code or auth state for the user.")
    assert await stage.mail() == before
