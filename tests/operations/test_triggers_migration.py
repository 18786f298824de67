"""UserMigration: people whom another system knows become users at their first sign-in, and nobody else does."""

import asyncio
import contextlib

import pytest
from operations.choices_stage import USER_AUTH, begin, prefer
from operations.factors_stage import TOTP_ONLY, configure, respond
from operations.stage import EMAIL, PASSWORD, refused, said

from poolhouse.errors import ServiceError

KNOWS = f"""
def UserMigration(event):
    if event["userName"] != "{EMAIL}" or event["request"].get("password", "{PASSWORD}") != "{PASSWORD}":
        raise ValueError("Bad password")
    event["response"].update(
        userAttributes={{"email": event["userName"], "email_verified": "true", "name": "Ada"}},
        finalUserStatus="CONFIRMED",
        messageAction="SUPPRESS",
    )
"""
NUMBER = "+15551239934"
HIDES = {"PreventUserExistenceErrors": "ENABLED"}
CHOOSING = {"ExplicitAuthFlows": USER_AUTH}
INCORRECT = ("NotAuthorized", "Incorrect username or password.")


def answering(**response) -> str:
    return f"def UserMigration(event): event['response'].update({response!r})\n"


async def names(stage) -> list[str]:
    return [user["Username"] for user in (await stage.admin("ListUsers"))["Users"]]


async def test_first_sign_in(hooks):
    """The user is made with the password that was accepted; the second sign-in asks nobody, by SRP neither."""
    stage = await hooks.stage(KNOWS)
    assert "AuthenticationResult" in await stage.by_password()
    user = await stage.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert (user["attributes"]["name"], user["attributes"]["email_verified"]) == ("Ada", "true")
    assert "AuthenticationResult" in await stage.srp()
    assert await stage.mail() == []
    (event,) = hooks.events()
    assert (event["triggerSource"], event["userName"]) == ("UserMigration_Authentication", EMAIL)
    assert event["request"] == {"password": PASSWORD, "validationData": {}, "clientMetadata": {}}


async def test_what_the_app_sends_along(hooks):
    stage = await hooks.stage(KNOWS)
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    request = {"ClientId": stage.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert "AuthenticationResult" in await stage.admin("AdminInitiateAuth", **request, ClientMetadata={"ip": "::1"})
    assert hooks.events()[0]["request"]["validationData"] == {"ip": "::1"}


@pytest.mark.parametrize("hides", [True, False])
@pytest.mark.parametrize(
    "source",
    [
        KNOWS.replace(PASSWORD, "Other-Horse9"),
        answering(),
        answering(userAttributes={}),
        answering(userAttributes={"unknown": "x"}),
        answering(userAttributes={"email": "other@example.com"}),
        answering(userAttributes={"name": "Ada", "sub": "1"}),
    ],
)
async def test_who_is_not_known(hooks, source, hides):
    """A wrong password, no answer, and attributes that no user can have: nobody is made, and all look unknown."""
    stage = await hooks.stage(source, client=HIDES if hides else None)
    error = await refused(stage.by_password())
    unknown = ("UserNotFound", f"Exception migrating user in app client {stage.client}")
    assert said(error) == (INCORRECT if hides else unknown)
    assert await names(stage) == []


@pytest.mark.parametrize("source", ["def UserMigration(event): return 1", answering(enableSMSMFA="yes")])
async def test_answers_that_are_none(hooks, source):
    """A broken function is named, unless that would tell who is unknown."""
    stage = await hooks.stage(source)
    assert (await refused(stage.by_password())).code == "InvalidLambdaResponseException"
    await stage.new_client(**HIDES)
    assert said(await refused(stage.by_password())) == INCORRECT
    assert await names(stage) == []


async def test_known_users_are_not_migrated(hooks):
    """Not even when their password is wrong: the other system's old one opens nothing."""
    stage = await hooks.stage(KNOWS)
    await stage.person()
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password="Another-Horse9", Permanent=True)
    assert said(await refused(stage.by_password())) == INCORRECT
    assert hooks.events() == []


async def test_srp_cannot_migrate(hooks):
    """Nobody sees the password, so nobody can be asked about it."""
    stage = await hooks.stage(KNOWS)
    assert (await refused(stage.srp_start())).code == "UserNotFoundException"
    assert hooks.events() == []


@pytest.mark.parametrize("hides", [True, False])
async def test_a_preferred_password(hooks, hides):
    """USER_AUTH with a password is a sign-in with a password; one that hides it asks nobody."""
    stage = await hooks.stage(KNOWS, client=CHOOSING | (HIDES if hides else {}))
    with contextlib.suppress(ServiceError):
        assert "AuthenticationResult" not in await prefer(stage, "PASSWORD_SRP", PASSWORD=PASSWORD)
    assert hooks.events() == []
    unknown = ("UserNotFound", f"Exception migrating user in app client {stage.client}")
    error = await refused(prefer(stage, "PASSWORD", PASSWORD="Wrong-Horse9"))
    assert said(error) == (INCORRECT if hides else unknown)
    assert await names(stage) == []
    assert "AuthenticationResult" in await prefer(stage, "PASSWORD", PASSWORD=PASSWORD)
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert [event["userName"] for event in hooks.events()] == [EMAIL, EMAIL]


async def test_a_password_that_was_chosen(hooks):
    """Behind a choice that unknown names get too; what the answer brings along are the function's clientMetadata."""
    stage = await hooks.stage(KNOWS.replace(f'event["userName"] != "{EMAIL}" or ', ""), client=CHOOSING | HIDES)
    asked = {f"person-{number}@example.com": await begin(stage, f"person-{number}@example.com") for number in range(9)}
    name = next(name for name, answer in asked.items() if "PASSWORD" in answer["AvailableChallenges"])
    answer = await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="SELECT_CHALLENGE",
        Session=asked[name]["Session"],
        ChallengeResponses={"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD},
        ClientMetadata={"app": "shop"},
    )
    assert "AuthenticationResult" in answer
    assert (await stage.user(name))["UserStatus"] == "CONFIRMED"
    (event,) = hooks.events()
    assert event["request"] == {"password": PASSWORD, "validationData": {}, "clientMetadata": {"app": "shop"}}


async def test_a_reset_is_the_default(hooks):
    """Without a final status the user is made and has to choose a password before he signs in."""
    stage = await hooks.stage(answering(userAttributes={"email": EMAIL, "email_verified": "true"}))
    assert (await refused(stage.by_password())).code == "PasswordResetRequiredException"
    assert (await stage.user())["UserStatus"] == "RESET_REQUIRED"


async def test_guesses_are_counted(hooks):
    """Parallel guesses at somebody who is not here yet get no more tries than guesses in turn."""
    stage = await hooks.stage(KNOWS)
    guesses = [refused(stage.by_password(password=f"Wrong-Horse{n}")) for n in range(12)]
    errors = [said(error) for error in await asyncio.gather(*guesses)]
    assert errors.count(("NotAuthorized", "Password attempts exceeded")) == 7
    assert len(hooks.events()) == 5
    assert said(await refused(stage.by_password())) == ("NotAuthorized", "Password attempts exceeded")
    assert await names(stage) == []


async def test_two_at_once(hooks):
    """Both sign in; there is one user."""
    stage = await hooks.stage(KNOWS)
    answers = await asyncio.gather(stage.by_password(), stage.by_password())
    assert all("AuthenticationResult" in answer for answer in answers)
    assert len(await names(stage)) == 1


async def test_the_username_behind_an_alias(hooks):
    """Where people type an address and have a name, the function says the name."""
    settings = {"UsernameAttributes": [], "AliasAttributes": ["email"]}
    attributes = {"username": "ada", "email": EMAIL, "email_verified": "true"}
    stage = await hooks.stage(answering(userAttributes=attributes, finalUserStatus="CONFIRMED"), **settings)
    assert "AuthenticationResult" in await stage.by_password()
    assert await names(stage) == ["ada"]


async def test_a_second_factor_by_sms(hooks):
    """The first sign-in asks for a code already; it proves the number."""
    told = {"email": EMAIL, "email_verified": "true", "phone_number": NUMBER}
    stage = await hooks.stage(answering(userAttributes=told, finalUserStatus="CONFIRMED", enableSMSMFA=True))
    await configure(stage, "OPTIONAL", SmsMfaConfiguration={}, **TOTP_ONLY)
    asked = await stage.by_password()
    assert asked["ChallengeName"] == "SMS_MFA"
    assert "AuthenticationResult" in await respond(stage, asked, "SMS_MFA", SMS_MFA_CODE=await stage.code(NUMBER))
    user = await stage.user()
    assert (user["UserMFASettingList"], user.get("PreferredMfaSetting")) == (["SMS_MFA"], None)
    assert user["attributes"]["phone_number_verified"] == "true"


@pytest.mark.parametrize(("more", "number"), [({}, NUMBER), (TOTP_ONLY, NUMBER), ({"SmsMfaConfiguration": {}}, "")])
async def test_a_second_factor_that_cannot_be(hooks, more, number):
    """In a pool that asks for no codes by SMS, and without a number, nobody is made, rather than without the factor."""
    told = {"email": EMAIL, **({"phone_number": number} if number else {})}
    stage = await hooks.stage(answering(userAttributes=told, finalUserStatus="CONFIRMED", enableSMSMFA=True))
    if more:
        await configure(stage, "OPTIONAL", **more)
    assert (await refused(stage.by_password())).code == "UserNotFoundException"
    assert await names(stage) == []


@pytest.mark.parametrize("forced", [True, False])
async def test_an_alias_that_is_taken(hooks, forced):
    """It moves when the function forces it; otherwise nobody is made and it stays."""
    settings = {"UsernameAttributes": [], "AliasAttributes": ["email"]}
    attributes = {"username": "ada", "email": EMAIL, "email_verified": "true"}
    response = {"userAttributes": attributes, "finalUserStatus": "CONFIRMED", "forceAliasCreation": forced}
    stage = await hooks.stage(answering(**response), **settings)
    verified = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminCreateUser", Username="eve", UserAttributes=verified, MessageAction="SUPPRESS")
    if forced:
        assert "AuthenticationResult" in await stage.by_password("ada")
    else:
        assert (await refused(stage.by_password("ada"))).code == "UserNotFoundException"
    assert sorted(await names(stage)) == (["ada", "eve"] if forced else ["eve"])
    assert (await stage.user())["Username"] == ("ada" if forced else "eve")


async def test_a_forgotten_password(hooks):
    """The user is made without a password and gets a code at once."""
    stage = await hooks.stage(KNOWS.replace('"CONFIRMED"', '"RESET_REQUIRED"'))
    asked = {"ClientId": stage.client, "Username": EMAIL}
    answer = await stage.public("ForgotPassword", **asked, ClientMetadata={"from": "app"})
    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    (event,) = hooks.events()
    assert event["triggerSource"] == "UserMigration_ForgotPassword"
    assert event["request"] == {"validationData": {}, "clientMetadata": {"from": "app"}}
    code = await stage.code()
    await stage.public("ConfirmForgotPassword", **asked, ConfirmationCode=code, Password="Another-Horse9")
    assert "AccessToken" in await stage.tokens(password="Another-Horse9")


async def test_a_password_that_nobody_forgot(hooks):
    """Who is unknown everywhere is answered as without the trigger, which is asked five times an hour at most."""
    stage = await hooks.stage(KNOWS)
    asked = {"ClientId": stage.client, "Username": "nobody@example.com"}
    errors = [(await refused(stage.public("ForgotPassword", **asked))).code for _ in range(7)]
    assert set(errors) == {"UserNotFoundException"}
    assert len(hooks.events()) == 5
    await stage.new_client(**HIDES)
    assert "CodeDeliveryDetails" in await stage.public(
        "ForgotPassword", ClientId=stage.client, Username="b@example.com"
    )
    assert await names(stage) == []


@pytest.mark.parametrize("name", ["", "a b", "tab\t", "nul\0", "x" * 129, "\u202eeve"])
async def test_a_name_that_no_user_can_have(hooks, name):
    """What a function calls somebody is held to the rules of every other name."""
    source = answering(userAttributes={"username": name, "email": EMAIL}, finalUserStatus="CONFIRMED")
    stage = await hooks.stage(source, client=HIDES, UsernameAttributes=[], AliasAttributes=["email"])
    assert said(await refused(stage.by_password())) == INCORRECT
    assert await names(stage) == []
