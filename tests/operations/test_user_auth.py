"""USER_AUTH: the choice of the first factor, what each one leads to, and what nobody may learn from it."""

import pytest
from operations.choices_stage import (
    BOTH_PASSWORDS,
    HIDING,
    USER_AUTH,
    begin,
    choices,
    member,
    policy,
    prefer,
    register,
    token,
)
from operations.factors_stage import EXCEEDED, INVALID_SESSION, WRONG_CODE, configure, enrol, respond, with_code
from operations.stage import EMAIL, FLOWS, PASSWORD, claims, refused, said

from poolhouse.crypto.srp import ClientSession

INCORRECT = ("NotAuthorized", "Incorrect username or password.")
NOBODY = "nobody@example.com"


@pytest.fixture
async def stage(services, invoke):
    made = await choices(services, invoke)
    await member(made)
    return made


async def hiding(services, invoke, **settings):
    made = await choices(services, invoke, client=HIDING, **settings)
    await member(made)
    return made


def tokens_of(answer):
    return claims(answer["AuthenticationResult"]["IdToken"])["email"]


async def wrong(stage, destination=EMAIL):
    code = await stage.code(destination)
    return f"{(int(code) + 1) % 10**6:06d}"


# --- the choice ---------------------------------------------------------------------------------------------


async def test_choice(stage):
    """What the pool allows and the user has; a passkey comes with its registration."""
    answer = await begin(stage)
    assert (answer["ChallengeName"], answer["ChallengeParameters"]) == ("SELECT_CHALLENGE", {})
    assert answer["AvailableChallenges"] == [*BOTH_PASSWORDS, "EMAIL_OTP"]
    await register(stage, await token(stage))
    assert (await begin(stage))["AvailableChallenges"] == [*BOTH_PASSWORDS, "EMAIL_OTP", "WEB_AUTHN"]


@pytest.mark.parametrize(("factors", "more"), [(("PASSWORD",), []), (("PASSWORD", "EMAIL_OTP"), ["EMAIL_OTP"])])
async def test_choice_of_the_pool(services, invoke, factors, more):
    stage = await choices(services, invoke, **policy(*factors))
    await member(stage)
    assert (await begin(stage))["AvailableChallenges"] == [*BOTH_PASSWORDS, *more]


async def test_preference_that_cannot_be_met(stage):
    """The user is asked instead."""
    answer = await prefer(stage, "WEB_AUTHN")
    assert (answer["ChallengeName"], answer["AvailableChallenges"][-1]) == ("SELECT_CHALLENGE", "EMAIL_OTP")
    error = await refused(prefer(stage, "CUSTOM_CHALLENGE"))
    assert error.code == "InvalidParameterException"


async def test_flow_has_to_be_allowed(services, invoke):
    stage = await choices(services, invoke, client={"ExplicitAuthFlows": FLOWS})
    await member(stage)
    error = await refused(begin(stage))
    assert said(error) == ("InvalidParameter", "USER_AUTH flow not enabled for this client")


async def test_by_an_administrator(stage):
    parameters = {"USERNAME": EMAIL, "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    answer = await stage.admin(
        "AdminInitiateAuth", ClientId=stage.client, AuthFlow="USER_AUTH", AuthParameters=parameters
    )
    assert tokens_of(answer) == EMAIL


async def test_secret_of_the_client(services, invoke):
    """Every step needs the hash."""
    client = {"ExplicitAuthFlows": USER_AUTH, "GenerateSecret": True}
    stage = await choices(services, invoke, client=client)
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    asked = await begin(stage)
    assert tokens_of(await respond(stage, asked, ANSWER="PASSWORD", PASSWORD=PASSWORD)) == EMAIL
    asked, stage.secret = await begin(stage), None
    assert "SECRET_HASH was not received" in (await refused(begin(stage))).message
    error = await refused(respond(stage, asked, ANSWER="PASSWORD", PASSWORD=PASSWORD))
    assert "SECRET_HASH was not received" in error.message


# --- passwords ----------------------------------------------------------------------------------------------


async def test_password(stage):
    """In the first call, in the choice, or as an answer of its own."""
    assert tokens_of(await prefer(stage, "PASSWORD", PASSWORD=PASSWORD)) == EMAIL
    assert tokens_of(await respond(stage, await begin(stage), ANSWER="PASSWORD", PASSWORD=PASSWORD)) == EMAIL
    asked = await prefer(stage, "PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    assert said(await refused(respond(stage, asked, PASSWORD="Wrong-Horse9"))) == INCORRECT
    assert tokens_of(await respond(stage, asked, PASSWORD=PASSWORD)) == EMAIL
    assert said(await refused(respond(stage, asked, PASSWORD=PASSWORD))) == INVALID_SESSION


@pytest.mark.parametrize("way", ["start", "select", "answer"])
async def test_srp(stage, way):
    session = ClientSession(stage.pool)
    if way == "start":
        asked = await prefer(stage, "PASSWORD_SRP", SRP_A=session.public)
    elif way == "select":
        asked = await respond(stage, await begin(stage), ANSWER="PASSWORD_SRP", SRP_A=session.public)
    else:
        asked = await respond(stage, await prefer(stage, "PASSWORD_SRP"), SRP_A=session.public)
    parameters = asked["ChallengeParameters"]
    answer = session.answer(parameters, parameters["USER_ID_FOR_SRP"], PASSWORD, stage.services.clock())
    assert tokens_of(await stage.srp_end(answer)) == EMAIL


async def test_guesses_count_like_everywhere(stage):
    """Passwords that are tried here lock the other flows, and the other way round."""
    for _ in range(5):
        assert said(await refused(prefer(stage, "PASSWORD", PASSWORD="Wrong-Horse9"))) == INCORRECT
    exceeded = ("NotAuthorized", "Password attempts exceeded")
    assert said(await refused(stage.by_password())) == exceeded
    assert said(await refused(prefer(stage, "PASSWORD", PASSWORD=PASSWORD))) == exceeded


# --- codes --------------------------------------------------------------------------------------------------


async def test_code_by_email(stage):
    """The mail goes to the verified address; its code is good once."""
    asked = await prefer(stage, "EMAIL_OTP")
    shown = dict(asked["ChallengeParameters"])
    assert shown.pop("USER_ID_FOR_SRP") == (await stage.user())["Username"]
    assert shown == {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***"}
    code = await stage.code()
    assert tokens_of(await with_code(stage, asked, code)) == EMAIL
    assert said(await refused(with_code(stage, asked, code))) == INVALID_SESSION


async def test_wrong_code(stage):
    """It leaves the session good, until there were too many."""
    asked = await prefer(stage, "EMAIL_OTP")
    guess = await wrong(stage)
    assert said(await refused(with_code(stage, asked, guess))) == WRONG_CODE
    again = await prefer(stage, "EMAIL_OTP")
    for _ in range(4):
        await refused(with_code(stage, asked, guess))
    right = await stage.code()
    assert said(await refused(with_code(stage, again, right))) == EXCEEDED
    stage.services.clock.advance(seconds=2)
    assert tokens_of(await with_code(stage, again, right)) == EMAIL


async def test_code_of_another_sign_in(stage):
    """A code is good in the session that asked for it, for the user who asked."""
    first = await prefer(stage, "EMAIL_OTP")
    code = await stage.code()
    second = await prefer(stage, "EMAIL_OTP")
    if await stage.code() == code:
        pytest.skip("two equal codes in a row")
    assert said(await refused(with_code(stage, second, code))) == WRONG_CODE
    error = await refused(respond(stage, first, EMAIL_OTP_CODE=code, USERNAME="eve@example.com"))
    assert said(error) == INVALID_SESSION
    assert tokens_of(await with_code(stage, first, code)) == EMAIL


async def test_answers_are_not_repeated(stage):
    """What an app sends in the wrong member may be a secret: it is neither answered nor logged."""
    asked = await begin(stage)
    wrong = (respond(stage, asked, ANSWER=PASSWORD), prefer(stage, PASSWORD))
    assert not [text for call in wrong if PASSWORD in (text := said(await refused(call))[1])]


async def test_code_and_a_new_address(stage):
    """What went to the old mailbox is good for nothing."""
    asked, code = await prefer(stage, "EMAIL_OTP"), await stage.code()
    changed = [{"Name": "email", "Value": "new@example.com"}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=changed)
    assert (await refused(with_code(stage, asked, code))).code == "ExpiredCodeException"


async def test_unverified_address(stage):
    unverified = [{"Name": "email_verified", "Value": "false"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=unverified)
    answer = await prefer(stage, "EMAIL_OTP")
    assert answer["AvailableChallenges"] == BOTH_PASSWORDS
    assert [each["purpose"] for each in await stage.mail()] == ["sign_up"]


async def test_codes_an_hour(stage):
    """Whoever knows a name cannot flood the mailbox."""
    for _ in range(10):
        await prefer(stage, "EMAIL_OTP")
    assert (await refused(prefer(stage, "EMAIL_OTP"))).code == "TooManyRequestsException"
    assert [each["purpose"] for each in await stage.mail()] == ["sign_up"] + ["mfa"] * 10


async def test_session_expires(stage):
    asked, code = await prefer(stage, "EMAIL_OTP"), await stage.code()
    stage.services.clock.advance(seconds=180)
    assert "expired" in (await refused(with_code(stage, asked, code))).message


async def test_code_by_text_message(services, invoke):
    stage = await choices(services, invoke, **policy("PASSWORD", "SMS_OTP"))
    await member(stage)
    phone = [{"Name": "phone_number", "Value": "+15550109934"}, {"Name": "phone_number_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=phone)
    asked = await prefer(stage, "SMS_OTP")
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "+*******9934"
    answer = await respond(stage, asked, SMS_OTP_CODE=await stage.code("+15550109934"))
    assert tokens_of(answer) == EMAIL


# --- second factors -----------------------------------------------------------------------------------------


async def test_second_factor_needs_the_password_before_it(stage):
    """Who has an authenticator is not let in by the mailbox alone."""
    await configure(stage)
    app = await enrol(stage)
    assert (await prefer(stage, "EMAIL_OTP"))["AvailableChallenges"] == BOTH_PASSWORDS
    asked = await prefer(stage, "PASSWORD", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert tokens_of(await with_code(stage, asked, app.code())) == EMAIL


async def test_second_factor_that_was_set_up_meanwhile(stage):
    """A code that was asked for before does not go round it."""
    asked, code = await prefer(stage, "EMAIL_OTP"), await stage.code()
    await configure(stage)
    await enrol(stage)
    assert (await with_code(stage, asked, code))["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


async def test_session_of_one_step_is_none_of_another(stage):
    """Neither a first factor's session nor a second one's is taken for the other."""
    chosen = await begin(stage)
    for name, answer in (("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"), ("NEW_PASSWORD_REQUIRED", "NEW_PASSWORD")):
        error = await refused(respond(stage, chosen, name, **{answer: "123456"}))
        assert said(error) == INVALID_SESSION
    for name, answer in (("EMAIL_OTP", "EMAIL_OTP_CODE"), ("PASSWORD", "PASSWORD"), ("WEB_AUTHN", "CREDENTIAL")):
        error = await refused(respond(stage, chosen, name, **{answer: "123456"}))
        assert said(error) == INVALID_SESSION


async def test_choice_that_was_not_offered(stage):
    error = await refused(respond(stage, await begin(stage), ANSWER="WEB_AUTHN"))
    assert said(error) == ("InvalidParameter", "The answer is not a challenge that the user can choose.")


# --- who may sign in ----------------------------------------------------------------------------------------


async def test_unknown_user(stage):
    assert said(await refused(begin(stage, NOBODY))) == ("UserNotFound", "User does not exist.")


async def test_unconfirmed_user(stage):
    await stage.sign_up("new@example.com")
    assert (await refused(begin(stage, "new@example.com"))).code == "UserNotConfirmedException"


async def test_invited_user(stage):
    """A temporary password is replaced first, whatever else there is."""
    known = [{"Name": "email_verified", "Value": "true"}]
    invited = {"TemporaryPassword": PASSWORD, "UserAttributes": known, "MessageAction": "SUPPRESS"}
    await stage.admin("AdminCreateUser", Username="new@example.com", **invited)
    answer = await begin(stage, "new@example.com")
    assert answer["AvailableChallenges"] == BOTH_PASSWORDS
    asked = await prefer(stage, "PASSWORD", "new@example.com", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_factors_of_a_user(stage):
    """What GetUserAuthFactors and its twin answer."""
    access = await token(stage)
    await register(stage, access)
    wanted = {
        "Username": (await stage.user())["Username"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"],
    }
    assert await stage.public("GetUserAuthFactors", AccessToken=access) == wanted
    assert await stage.admin("AdminGetUserAuthFactors", Username=EMAIL) == wanted


# --- what nobody may learn ----------------------------------------------------------------------------------


async def test_made_up_choices_are_stable_and_like_real_ones(services, invoke):
    """Every choice that a real user can have, some name that nobody has gets too."""
    stage = await hiding(services, invoke)
    made_up = {}
    for number in range(80):
        name = f"nobody{number}@example.com"
        made_up[name] = tuple((await begin(stage, name))["AvailableChallenges"])
    real = tuple((await begin(stage))["AvailableChallenges"])
    passwordless = ("EMAIL_OTP",)
    assert {real, (*real, "WEB_AUTHN"), passwordless, tuple(BOTH_PASSWORDS)} <= set(made_up.values())
    for name in list(made_up)[:8]:
        assert tuple((await begin(stage, name))["AvailableChallenges"]) == made_up[name]
        assert tuple((await begin(stage, name.upper()))["AvailableChallenges"]) == made_up[name]


async def test_code_for_nobody(services, invoke):
    """The answers of a made-up user are those of a real one, to the last wrong code; nothing is sent."""
    stage = await hiding(services, invoke)
    offered = [await prefer(stage, "EMAIL_OTP", f"a{number}@example.com") for number in range(8)]
    asked = next(each for each in offered if each["ChallengeName"] == "EMAIL_OTP")
    real = await prefer(stage, "EMAIL_OTP")
    assert {*asked} == {*real}
    assert {*asked["ChallengeParameters"]} == {*real["ChallengeParameters"]}
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "a***@e***"
    assert len(asked["ChallengeParameters"]["USER_ID_FOR_SRP"]) == 36
    for session, destination in ((asked, EMAIL), (real, EMAIL)):
        name = session["ChallengeParameters"]["USER_ID_FOR_SRP"]
        guess = await wrong(stage, destination)
        for _ in range(5):
            error = await refused(respond(stage, session, EMAIL_OTP_CODE=guess, USERNAME=name))
            assert said(error) == WRONG_CODE
        assert said(await refused(respond(stage, session, EMAIL_OTP_CODE=guess, USERNAME=name))) == EXCEEDED
    assert [len(await stage.mail(f"a{number}@example.com")) for number in range(8)] == [0] * 8


async def test_password_of_nobody(services, invoke):
    stage = await hiding(services, invoke)
    for number in range(6):
        name = f"nobody{number}@example.com"
        answer = await begin(stage, name)
        if "PASSWORD" in answer["AvailableChallenges"]:
            error = await refused(respond(stage, answer, ANSWER="PASSWORD", PASSWORD=PASSWORD, USERNAME=name))
            assert said(error) == INCORRECT


async def test_codes_an_hour_for_nobody(services, invoke):
    """The limit is the same, so that it tells nothing."""
    stage = await hiding(services, invoke)
    for name in (f"a{number}@example.com" for number in range(99)):
        if (await prefer(stage, "EMAIL_OTP", name))["ChallengeName"] == "EMAIL_OTP":
            break
    for _ in range(9):
        await prefer(stage, "EMAIL_OTP", name)
    assert (await refused(prefer(stage, "EMAIL_OTP", name))).code == "TooManyRequestsException"


async def test_unconfirmed_user_where_nobody_is_told_who_exists(services, invoke):
    """He hears that he is not confirmed when he has proved that the address is his."""
    stage = await hiding(services, invoke)
    await stage.sign_up("new@example.com")
    await stage.code("new@example.com")
    asked = await prefer(stage, "EMAIL_OTP", "new@example.com")
    code = await stage.code("new@example.com")
    error = await refused(respond(stage, asked, EMAIL_OTP_CODE=code, USERNAME="new@example.com"))
    assert error.code == "UserNotConfirmedException"
    assert (await stage.user("new@example.com"))["UserStatus"] == "UNCONFIRMED"
