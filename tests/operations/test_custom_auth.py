"""CUSTOM_AUTH: the pool's functions decide about the first factor, and about nothing else."""

import asyncio
import json

import pytest
from operations.factors_stage import INVALID_SESSION, configure, enrol, respond, with_code
from operations.stage import EMAIL, PASSWORD, claims, refused, said

from poolhouse.crypto.srp import ClientSession

HIDES = {"PreventUserExistenceErrors": "ENABLED"}
INCORRECT = ("NotAuthorized", "Incorrect username or password.")
EXCEEDED = ("NotAuthorized", "Password attempts exceeded")
# Two right answers in a row; three wrong ones end it.
HOOKS = """
def DefineAuthChallenge(event):
    session, response = event["request"]["session"], event["response"]
    rounds = [each for each in session if each["challengeName"] == "CUSTOM_CHALLENGE"]
    if [each["challengeName"] for each in session] == ["SRP_A"]:
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif sum(not each["challengeResult"] for each in rounds) >= 3:
        response["failAuthentication"] = True
    elif sum(each["challengeResult"] for each in rounds) >= 2:
        response["issueTokens"] = True
    else:
        response["challengeName"] = "CUSTOM_CHALLENGE"

def CreateAuthChallenge(event):
    number = len(event["request"]["session"])
    event["response"].update(
        publicChallengeParameters={"question": f"What is {number} + 1?", "USERNAME": "forged"},
        privateChallengeParameters={"answer": str(number + 1)},
        challengeMetadata=f"SUM_{number}",
    )

def VerifyAuthChallengeResponse(event):
    request = event["request"]
    event["response"]["answerCorrect"] = request["privateChallengeParameters"]["answer"] == request["challengeAnswer"]
"""
ISSUES = "def DefineAuthChallenge(event): event['response']['issueTokens'] = True\n"


async def start(stage, name=EMAIL, **more):
    parameters = {"USERNAME": name, **stage.hashed(name), **more}
    return await stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="CUSTOM_AUTH", AuthParameters=parameters)


async def answer(stage, asked, text, name=EMAIL):
    return await respond(stage, asked, "CUSTOM_CHALLENGE", USERNAME=name, ANSWER=text)


async def begun(hooks, **settings):
    stage = await hooks.stage(HOOKS, **settings)
    await stage.person()
    return stage


async def test_two_right_answers(hooks):
    """The challenges are shown with the canonical name, then tokens are issued."""
    stage = await begun(hooks)
    name = (await stage.user())["Username"]
    asked = await start(stage)
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"] == {"question": "What is 0 + 1?", "USERNAME": name}
    asked = await answer(stage, asked, "1")
    assert asked["ChallengeParameters"]["question"] == "What is 1 + 1?"
    ended = await answer(stage, asked, "2")
    assert claims(ended["AuthenticationResult"]["AccessToken"])["username"] == name


async def test_what_the_functions_are_told(hooks):
    """The rounds so far, the private parameters, and the metadata of answers only."""
    stage = await begun(hooks)
    asked = await stage.public(
        "InitiateAuth",
        ClientId=stage.client,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": EMAIL},
        ClientMetadata={"from": "start"},
    )
    await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": EMAIL, "ANSWER": "wrong"},
        ClientMetadata={"from": "answer"},
    )
    define, create, verify, again, _ = hooks.events()
    assert define["request"]["session"] == []
    assert define["response"] == {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    assert (create["request"]["challengeName"], create["request"]["clientMetadata"]) == ("CUSTOM_CHALLENGE", {})
    assert verify["request"]["challengeAnswer"] == "wrong"
    assert verify["request"]["privateChallengeParameters"] == {"answer": "1"}
    assert again["request"]["session"] == [
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "SUM_0"}
    ]
    assert again["request"]["clientMetadata"] == {"from": "answer"}
    assert {event["request"]["userNotFound"] for event in hooks.events()} == {False}


async def test_the_private_part_stays_private(hooks):
    """The answer is in nothing that the client gets."""
    stage = await hooks.stage(HOOKS.replace("str(number + 1)", "'the-secret-answer'"))
    await stage.person()
    shown = json.dumps(await start(stage))
    assert "secret-answer" not in shown
    assert "dGhlLXNlY3JldC" not in shown


async def test_three_wrong_answers(hooks):
    stage = await begun(hooks)
    asked = await start(stage)
    for _ in range(2):
        asked = await answer(stage, asked, "no")
    assert said(await refused(answer(stage, asked, "no"))) == INCORRECT


async def test_an_administrator_starts_it(hooks):
    stage = await begun(hooks)
    request = {"ClientId": stage.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": EMAIL}}
    asked = await stage.admin("AdminInitiateAuth", **request)
    for text in ("1", "2"):
        asked = await stage.admin(
            "AdminRespondToAuthChallenge",
            ClientId=stage.client,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": EMAIL, "ANSWER": text},
        )
    assert "AuthenticationResult" in asked


# --- with the password -------------------------------------------------------------------------------------


async def by_srp(stage, password=PASSWORD):
    session = ClientSession(stage.pool)
    asked = await start(stage, CHALLENGE_NAME="SRP_A", SRP_A=session.public)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    shown = asked["ChallengeParameters"]
    return session.answer(shown, shown["USER_ID_FOR_SRP"], password, stage.services.clock())


async def test_after_the_password(hooks):
    """The password is one round among others; behind it the functions go on."""
    stage = await begun(hooks)
    asked = await stage.srp_end(await by_srp(stage))
    assert asked["ChallengeParameters"]["question"] == "What is 2 + 1?"
    asked = await answer(stage, asked, "3")
    assert "AuthenticationResult" in await answer(stage, asked, "4")
    shown = hooks.events("CreateAuthChallenge")[0]["request"]["session"]
    assert [(each["challengeName"], each["challengeResult"]) for each in shown] == [
        ("SRP_A", True),
        ("PASSWORD_VERIFIER", True),
    ]


async def test_a_wrong_password(hooks):
    """It counts like any other, and the functions hear nothing."""
    stage = await begun(hooks)
    before = len(hooks.events())
    for _ in range(5):
        assert said(await refused(stage.srp_end(await by_srp(stage, "Wrong-Horse9")))) == INCORRECT
    assert len(hooks.events()) == before + 5
    assert said(await refused(stage.by_password())) == EXCEEDED


async def test_the_password_alone_is_no_custom_sign_in(hooks):
    """An exchange of one flow is worth nothing in the other, in neither direction."""
    stage = await begun(hooks)
    assert "AuthenticationResult" in await stage.srp()
    assert "AuthenticationResult" not in await stage.srp_end(await by_srp(stage))


@pytest.mark.parametrize("first", ["PASSWORD_VERIFIER", "CUSTOM_CHALLENGE", ""])
async def test_beginnings_that_there_are_not(hooks, first):
    stage = await begun(hooks)
    assert (await refused(start(stage, CHALLENGE_NAME=first, SRP_A="2"))).code == "InvalidParameterException"
    assert hooks.events() == []


# --- who may not -------------------------------------------------------------------------------------------


async def test_a_client_that_may_not(hooks):
    stage = await begun(hooks)
    await stage.new_client()
    assert said(await refused(start(stage))) == ("InvalidParameter", "CUSTOM_AUTH flow not enabled for this client")
    assert hooks.events() == []


@pytest.mark.parametrize("missing", ["DefineAuthChallenge", "CreateAuthChallenge"])
async def test_a_pool_without_the_function(hooks, missing):
    stage = await hooks.stage(HOOKS.replace(f"def {missing}", "def unused"))
    await stage.person()
    expected = "Custom auth lambda trigger is not configured for the user pool."
    assert said(await refused(start(stage))) == ("InvalidParameter", expected)


async def test_unknown_users(hooks):
    """Hidden ones go through every challenge, and no function can let them in."""
    stage = await hooks.stage(HOOKS, client=HIDES)
    asked = await start(stage, "nobody@example.com")
    assert asked["ChallengeParameters"]["USERNAME"] != "nobody@example.com"
    asked = await answer(stage, asked, "1", "nobody@example.com")
    assert said(await refused(answer(stage, asked, "2", "nobody@example.com"))) == INCORRECT
    assert {event["request"]["userNotFound"] for event in hooks.events()} == {True}
    assert {event["userName"] for event in hooks.events()} == {"nobody@example.com"}
    await stage.new_client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    assert (await refused(start(stage, "nobody@example.com"))).code == "UserNotFoundException"


@pytest.mark.parametrize("hides", [True, False])
async def test_users_who_may_not_sign_in(hooks, hides):
    """Disabled and unconfirmed users are refused, whatever the functions say."""
    stage = await hooks.stage(ISSUES, client=HIDES if hides else None)
    await stage.sign_up()
    assert (await refused(start(stage))).code == "UserNotConfirmedException"
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(start(stage))) == ("NotAuthorized", "User is disabled.")
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert "AuthenticationResult" in await start(stage)


@pytest.mark.parametrize("change", ["AdminDisableUser", "AdminUserGlobalSignOut", "AdminDeleteUser"])
async def test_what_happens_meanwhile(hooks, clock, change):
    """A sign-in under way ends with what ends others."""
    stage = await begun(hooks)
    asked = await answer(stage, await start(stage), "1")
    clock.advance(seconds=1)
    await stage.admin(change, Username=EMAIL)
    assert (await refused(answer(stage, asked, "2"))).code == "NotAuthorizedException"


async def test_sessions(hooks, clock):
    """Good once, for a while, for one user, one client and one challenge."""
    stage = await begun(hooks)
    await stage.person("bob@example.com")
    asked = await start(stage)
    assert said(await refused(answer(stage, asked, "1", "bob@example.com"))) == INVALID_SESSION
    assert said(await refused(respond(stage, asked, "SOFTWARE_TOKEN_MFA", SOFTWARE_TOKEN_MFA_CODE="1"))) == (
        INVALID_SESSION
    )
    await answer(stage, asked, "1")
    assert said(await refused(answer(stage, asked, "1"))) == INVALID_SESSION
    asked = await start(stage)
    clock.advance(seconds=180)
    assert (await refused(answer(stage, asked, "1"))).message.endswith("session is expired.")


async def test_one_answer_per_session(hooks):
    """Of parallel answers to one challenge, one is heard."""
    stage = await begun(hooks)
    asked = await start(stage)
    answers = await asyncio.gather(*(answer(stage, asked, "1") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, dict) for each in answers) == 1
    assert len(hooks.events("VerifyAuthChallengeResponse")) == 1


# --- guesses -----------------------------------------------------------------------------------------------


async def test_guesses_are_counted(hooks):
    """Parallel sessions get no more wrong answers than one after the other, and a right one comes too late."""
    stage = await begun(hooks)
    sessions = [await start(stage) for _ in range(9)]
    wrong = await asyncio.gather(*(answer(stage, each, "no") for each in sessions), return_exceptions=True)
    assert sum(isinstance(each, dict) for each in wrong) == 5
    assert said(await refused(start(stage))) == EXCEEDED


async def test_a_right_answer_to_an_easy_challenge_takes_nothing_back(hooks, clock):
    """Only the end of the sign-in does."""
    stage = await begun(hooks)
    for _ in range(5):
        await answer(stage, await answer(stage, await start(stage), "1"), "no")
    assert said(await refused(start(stage))) == EXCEEDED
    clock.advance(seconds=2)
    asked = await answer(stage, await start(stage), "1")
    assert "AuthenticationResult" in await answer(stage, asked, "2")
    assert (await start(stage))["ChallengeName"] == "CUSTOM_CHALLENGE"


async def test_the_password_is_not_unlocked(hooks):
    """A custom sign-in that ends well says nothing about who guessed at the password."""
    stage = await hooks.stage(ISSUES)
    await stage.person()
    for _ in range(4):
        await refused(stage.by_password(password="Wrong-Horse9"))
    assert "AuthenticationResult" in await start(stage)
    await refused(stage.by_password(password="Wrong-Horse9"))
    assert said(await refused(stage.by_password())) == EXCEEDED


# --- what follows ------------------------------------------------------------------------------------------


async def test_a_second_factor_comes_behind(hooks):
    stage = await hooks.stage(ISSUES)
    await stage.person()
    await configure(stage)
    app = await enrol(stage)
    asked = await start(stage)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())


async def test_an_invited_user_still_chooses_a_password(hooks):
    stage = await hooks.stage(ISSUES)
    await stage.admin("AdminCreateUser", Username=EMAIL, TemporaryPassword=PASSWORD)
    asked = await start(stage)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "AuthenticationResult" in await respond(stage, asked, NEW_PASSWORD="Another-Horse9")


async def test_all_triggers_of_a_sign_in(hooks):
    more = "".join(f"def {name}(event): pass\n" for name in ("PreAuthentication", "PostAuthentication"))
    stage = await hooks.stage(ISSUES + more + "def PreTokenGeneration(event): pass")
    await stage.person()
    await start(stage)
    assert hooks.sources() == [
        "PreAuthentication_Authentication",
        "DefineAuthChallenge_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_Authentication",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def DefineAuthChallenge(event): pass",
        "def DefineAuthChallenge(event): event['response']['challengeName'] = 'SMS_MFA'",
        "def DefineAuthChallenge(event): event['response']['challengeName'] = 'PASSWORD_VERIFIER'",
        "def DefineAuthChallenge(event): event['response']['issueTokens'] = 'yes'",
        HOOKS.replace('{"answer": str(number + 1)}', "{'answer': 1}"),
        HOOKS.replace("str(number + 1)", "'x' * 2000"),
    ],
)
async def test_answers_that_are_none(hooks, source):
    """Nobody is let in, and nothing is asked, by what cannot be understood or kept."""
    stage = await hooks.stage(source)
    await stage.person()
    assert (await refused(start(stage))).code == "InvalidLambdaResponseException"


async def test_the_end_beats_the_tokens(hooks):
    """A function that says both means the end."""
    stage = await hooks.stage(ISSUES.rstrip() + "; event['response']['failAuthentication'] = True")
    await stage.person()
    assert said(await refused(start(stage))) == INCORRECT


async def test_no_sign_in_without_end(hooks):
    """Twenty challenges are the most."""
    endless = HOOKS.replace("elif sum(not each", "elif False and sum(not each").replace(">= 2", ">= 1000")
    stage = await hooks.stage(endless)
    await stage.person()
    asked, rounds = await start(stage), 0
    while isinstance(asked, dict):
        rounds += 1
        asked = await answer(stage, asked, str(rounds)) if rounds < 20 else await refused(answer(stage, asked, "20"))
    assert said(asked) == INCORRECT
    assert rounds == 20
