"""Invited users: the temporary password leads to a challenge, and only its holder can answer it."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, refused, said

from poolhouse.store import pools, users

TEMPORARY = "Temporary-Pass1"
INVALID = ("NotAuthorized", "Invalid session for the user.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def invite(stage: Stage, username: str = EMAIL, **more) -> dict:
    request = {"Username": username, "TemporaryPassword": TEMPORARY, "MessageAction": "SUPPRESS", **more}
    return (await stage.admin("AdminCreateUser", **request))["User"]


async def start(stage: Stage, username: str = EMAIL) -> dict:
    answer = await stage.srp(username, TEMPORARY)
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return answer


async def respond(stage: Stage, session: str | None, username: str = EMAIL, password: str = PASSWORD, **more) -> dict:
    request = {
        "ClientId": stage.client,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "ChallengeResponses": {"USERNAME": username, "NEW_PASSWORD": password, **more},
    }
    return await stage.public("RespondToAuthChallenge", **request, **({"Session": session} if session else {}))


async def unchanged(stage: Stage, username: str = EMAIL) -> bool:
    """Whether the user still has the temporary password and nothing else."""
    status = (await stage.user(username))["UserStatus"]
    return status == "FORCE_CHANGE_PASSWORD" and "Session" in await stage.by_password(username, TEMPORARY)


async def test_first_sign_in(stage):
    user = await invite(stage)
    asked = await start(stage)
    parameters = asked["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == user["Username"]
    assert json.loads(parameters["requiredAttributes"]) == []
    assert json.loads(parameters["userAttributes"]) == {"email": EMAIL}
    assert "AuthenticationResult" in await respond(stage, asked["Session"])
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert "AuthenticationResult" in await stage.srp()
    assert (await refused(stage.srp(password=TEMPORARY))).message == "Incorrect username or password."


async def test_invitation_by_mail(stage):
    """The password in the mail is the one that signs in."""
    await stage.admin("AdminCreateUser", Username=EMAIL, DesiredDeliveryMediums=["EMAIL"])
    [letter] = await stage.mail()
    assert letter["purpose"] == "invitation"
    assert (await stage.by_password(password=letter["code"]))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_wrong_temporary_password(stage):
    """No challenge without the password."""
    await invite(stage)
    assert said(await refused(stage.by_password(password="Wrong-Pass1"))) == (
        "NotAuthorized",
        "Incorrect username or password.",
    )


async def test_answer_with_the_id_of_the_challenge(stage):
    user = await invite(stage)
    asked = await start(stage)
    assert "AuthenticationResult" in await respond(stage, asked["Session"], user["Username"])


async def test_answer_without_a_session(stage):
    await invite(stage)
    assert said(await refused(respond(stage, None))) == INVALID
    assert await unchanged(stage)


@pytest.mark.parametrize("session", ["x" * 40, "AYABe" * 30, "." * 20])
async def test_answer_with_an_invented_session(stage, session):
    await invite(stage)
    assert said(await refused(respond(stage, session))) == INVALID
    assert await unchanged(stage)


async def test_answer_with_another_users_session(stage):
    await invite(stage)
    await invite(stage, "bob@example.com")
    asked = await start(stage)
    assert said(await refused(respond(stage, asked["Session"], "bob@example.com"))) == INVALID
    assert await unchanged(stage)
    assert await unchanged(stage, "bob@example.com")


async def test_answer_for_a_confirmed_user(stage):
    """A session from before an administrator set the password is worth nothing."""
    await invite(stage)
    asked = await start(stage)
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password="Permanent-Pass1", Permanent=True)
    assert said(await refused(respond(stage, asked["Session"]))) == INVALID
    assert "AuthenticationResult" in await stage.by_password(password="Permanent-Pass1")


async def test_answer_after_another_invitation(stage):
    """The old temporary password and the session that it led to are dead together."""
    await invite(stage)
    asked = await start(stage)
    await stage.admin(
        "AdminCreateUser", Username=EMAIL, TemporaryPassword="Second-Pass1", MessageAction="RESEND",
        DesiredDeliveryMediums=["EMAIL"],
    )  # fmt: skip
    assert said(await refused(respond(stage, asked["Session"]))) == INVALID
    assert (await refused(stage.by_password(password=TEMPORARY))).code == "NotAuthorizedException"


async def test_session_once(stage):
    await invite(stage)
    asked = await start(stage)
    await respond(stage, asked["Session"])
    assert said(await refused(respond(stage, asked["Session"], password="Another-Pass1"))) == INVALID
    assert "AuthenticationResult" in await stage.by_password()


async def test_parallel_answers(stage):
    await invite(stage)
    asked = await start(stage)
    calls = (respond(stage, asked["Session"], password=f"Parallel-Pass{number}") for number in range(4))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1


async def test_session_expires(stage, clock):
    await invite(stage)
    asked = await start(stage)
    clock.advance(minutes=3)
    assert said(await refused(respond(stage, asked["Session"]))) == (
        "NotAuthorized",
        "Invalid session for the user, session is expired.",
    )
    assert await unchanged(stage)


async def test_session_lives_as_the_client_says(services, invoke, clock):
    stage = await build(services, invoke, client={"AuthSessionValidity": 15})
    await invite(stage)
    asked = await start(stage)
    clock.advance(minutes=14, seconds=59)
    assert "AuthenticationResult" in await respond(stage, asked["Session"])


async def test_session_of_another_client(stage):
    await invite(stage)
    asked = await start(stage)
    await stage.new_client()
    assert said(await refused(respond(stage, asked["Session"]))) == INVALID
    assert await unchanged(stage)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "InvalidPassword"),
        ("no-upper-case1", "InvalidPassword"),
        ("With Blank-1", "InvalidParameter"),
        ("Long-Pass1" * 30, "InvalidParameter"),
        ("", "InvalidParameter"),
    ],
)
async def test_bad_new_password(stage, password, code):
    """The session stays good for a better one."""
    await invite(stage)
    asked = await start(stage)
    error = await refused(respond(stage, asked["Session"], password=password))
    assert error.code == f"{code}Exception"
    assert await unchanged(stage)
    assert "AuthenticationResult" in await respond(stage, asked["Session"])


async def test_disabled_meanwhile(stage):
    await invite(stage)
    asked = await start(stage)
    await stage.admin("AdminDisableUser", Username=EMAIL)
    assert said(await refused(respond(stage, asked["Session"]))) == ("NotAuthorized", "User is disabled.")


async def test_temporary_password_expires(stage, clock):
    """The right temporary password says so, a wrong one is just wrong."""
    await invite(stage)
    clock.advance(days=7)
    assert "Temporary password has expired" in (await refused(stage.by_password(password=TEMPORARY))).message
    assert (await refused(stage.by_password())).message == "Incorrect username or password."
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password=PASSWORD, Permanent=True)
    assert "AuthenticationResult" in await stage.by_password()


async def test_required_attributes(services, invoke):
    """Missing ones are asked for and can be given, present ones cannot be changed on the way."""
    schema = [{"Name": "name", "Required": True, "Mutable": True}]
    stage = await build(services, invoke, **EMAIL_POOL, Schema=schema)
    await invite(stage, UserAttributes=[{"Name": "name", "Value": "Somebody"}])
    await _without_name(stage)
    asked = await start(stage)
    session = asked["Session"]
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    assert (await refused(respond(stage, session))).message == "Invalid attributes given, name is missing"
    stolen = {"userAttributes.name": "Ada", "userAttributes.email": "eve@example.com"}
    assert (await refused(respond(stage, session, **stolen))).message == "Cannot modify an already provided email"
    flag = {"userAttributes.name": "Ada", "userAttributes.email_verified": "true"}
    assert (await refused(respond(stage, session, **flag))).code == "NotAuthorizedException"
    assert await unchanged(stage)
    assert "AuthenticationResult" in await respond(stage, session, **{"userAttributes.name": "Ada"})
    assert (await stage.user())["attributes"]["name"] == "Ada"


async def _without_name(stage: Stage) -> None:
    async with stage.services.database.write() as tx:
        pool = await pools.get(tx, stage.pool)
        user = await users.get(tx, pool, EMAIL)
        known = users.attributes_of(user)
        await users.change(tx, pool, user, 1, attributes={name: known[name] for name in known if name != "name"})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_tampered_session(stage, data):
    """Any changed character makes it nothing."""
    if not hasattr(stage, "session"):
        await invite(stage)
        stage.session = (await start(stage))["Session"]
    position = data.draw(st.integers(0, len(stage.session) - 1))
    letter = data.draw(st.sampled_from("ABYZabyz0189-_.").filter(lambda one: one != stage.session[position]))
    changed = stage.session[:position] + letter + stage.session[position + 1 :]
    assert said(await refused(respond(stage, changed))) == INVALID


@pytest.mark.parametrize("ending", ["AdminUserGlobalSignOut", "AdminDisableUser"])
async def test_challenge_after_a_sign_out(stage, clock, ending):
    """What ended every sign-in of the user ended this one too, also when he is enabled again."""
    await invite(stage)
    session = (await start(stage))["Session"]
    clock.advance(seconds=1)
    await stage.admin(ending, Username=EMAIL)
    await stage.admin("AdminEnableUser", Username=EMAIL)
    assert said(await refused(respond(stage, session))) == INVALID
    assert await unchanged(stage)


@pytest.mark.parametrize("length", [2048, 2049])
async def test_longest_attribute(services, invoke, length):
    """What is added with the new password is held to the bounds of every attribute."""
    schema = [{"Name": "x", "AttributeDataType": "String", "Mutable": True}]
    writes = {"WriteAttributes": ["custom:x"], "ReadAttributes": ["custom:x"]}
    stage = await build(services, invoke, client=writes, **EMAIL_POOL, Schema=schema)
    await invite(stage)
    session, given_ = (await start(stage))["Session"], {"userAttributes.custom:x": "x" * length}
    if length == 2048:
        assert "AuthenticationResult" in await respond(stage, session, **given_)
    else:
        assert "shorter than or equal to 2048" in (await refused(respond(stage, session, **given_))).message
        assert await unchanged(stage)
