"""Sign-ins and passwords in the trail, and AdminListUserAuthEvents, which reads them there."""

import asyncio
import sqlite3

import asyncpg
import pytest
from operations.audit.trail import events, last, nothing_recorded, text_of
from operations.stage import EMAIL, PASSWORD, Stage, build, refused

from poolhouse.operations import audit
from poolhouse.operations.unwritten import MINUTE, WAITING
from poolhouse.store import audit as store

HIDING = {"PreventUserExistenceErrors": "ENABLED"}


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke, client=HIDING)


async def told(services) -> list[tuple[str, str]]:
    return [(event.operation, event.result) for event in await events(services, kind="sign-in")]


async def test_a_sign_in(services, stage):
    """Written with the sign-in: who, from where, with which client and by which challenge."""
    sub = await stage.person()
    await stage.srp()
    event = await last(services, kind="sign-in")
    assert (event.operation, event.result, event.subject) == ("RespondToAuthChallenge", "ok", sub)
    assert event.actor == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{stage.pool}/user/{sub}"
    said = {name: event.body[name] for name in ("address", "client_id", "challenge", "username", "way")}
    assert said["client_id"] == stage.client
    assert (said["address"], said["challenge"], said["way"]) == ("127.0.0.1", "PASSWORD_VERIFIER", "awsjson")


async def test_a_wrong_password(services, stage):
    sub = await stage.person()
    await refused(stage.by_password(password="Wrong-Horse9"))
    event = await last(services, kind="sign-in")
    assert (event.operation, event.result, event.subject) == ("InitiateAuth", "NotAuthorizedException", sub)
    assert "Wrong-Horse9" not in text_of(event)


async def test_a_name_that_nobody_has(services, stage):
    """Recorded without the name: somebody may have typed his password there."""
    await refused(stage.by_password("My-Secret-Horse9"))
    event = await last(services, kind="sign-in")
    assert (event.pool_id, event.subject, event.actor) == (stage.pool, "", "")
    assert "Horse" not in text_of(event)


async def test_guesses_do_not_write_in_the_request(services, stage):
    """Whoever exists or not: a failed sign-in writes no record before it is answered."""
    await stage.person()
    await audit.flush(services)
    async with services.database.read() as tx:
        before = await audit_rows(tx)
    for name in (EMAIL, "nobody@example.com"):
        await refused(stage.by_password(name, "Wrong-Horse9"))
        async with services.database.read() as tx:
            assert await audit_rows(tx) == before
    assert len(services.unwritten.attempts) == 2


async def audit_rows(tx) -> int:
    return (await store.state(tx)).rows


async def test_many_unknown_names_are_counted(services, stage, clock):
    """A stranger with a list of names leaves one record, and one with the count."""
    clock.now = clock.now // MINUTE * MINUTE
    for number in range(25):
        await refused(stage.by_password(f"nobody{number}@example.com"))
    assert await told(services) == [("InitiateAuth", "NotAuthorizedException")]
    clock.advance(seconds=60)
    await audit.flush(services)
    assert (await last(services, kind="sign-in")).body["repeated"] == 24


async def test_more_attempts_than_can_wait(services, stage):
    """Memory is bounded too: what does not fit is counted."""
    await refused(stage.by_password("nobody@example.com"))
    waiting = services.unwritten.attempts
    waiting.extend([waiting[0]] * (WAITING - 1))
    await refused(stage.by_password("nobody@example.com"))
    assert (len(waiting), services.unwritten.lost) == (WAITING, 1)
    while await audit.flush(services) or waiting:
        pass
    found = [event.body["repeated"] for event in await events(services) if event.result == "TooManyToRecord"]
    assert found == [1]


async def test_the_life_of_a_password(services, stage):
    """Sign-up, forgotten, recovered, changed: each with its own record."""
    await stage.person()
    await stage.admin(
        "AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    await stage.public("ForgotPassword", ClientId=stage.client, Username=EMAIL)
    given = {"ClientId": stage.client, "Username": EMAIL, "Password": "Recovered-Horse9"}
    await refused(stage.public("ConfirmForgotPassword", ConfirmationCode="000000", **given))
    await audit.flush(services)
    await stage.public("ConfirmForgotPassword", ConfirmationCode=await stage.code(), **given)
    token = (await stage.tokens(password="Recovered-Horse9"))["AccessToken"]
    change = {"AccessToken": token, "PreviousPassword": "Recovered-Horse9", "ProposedPassword": "Changed-Horse9"}
    await refused(stage.public("ChangePassword", **{**change, "PreviousPassword": "Wrong-Horse9"}))
    await audit.flush(services)
    await stage.public("ChangePassword", **change)
    assert await told(services) == [
        ("SignUp", "ok"),
        ("ForgotPassword", "ok"),
        ("ConfirmForgotPassword", "CodeMismatchException"),
        ("ConfirmForgotPassword", "ok"),
        ("InitiateAuth", "ok"),
        ("ChangePassword", "NotAuthorizedException"),
        ("ChangePassword", "ok"),
    ]
    written = "".join(text_of(event) for event in await events(services))
    for secret in (PASSWORD, "Recovered-Horse9", "Changed-Horse9", "Wrong-Horse9", token):
        assert secret not in written


async def test_no_record_no_sign_in(services, stage, database_url):
    """Tokens are given out only for a sign-in that is on record."""
    await stage.person()
    async with nothing_recorded(database_url):
        with pytest.raises((sqlite3.Error, asyncpg.PostgresError), match="full"):
            await stage.by_password()
    assert [event.operation for event in await events(services, kind="sign-in")] == ["SignUp"]


async def test_refreshing_is_no_sign_in(services, stage):
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    before = await told(services)
    parameters = {"REFRESH_TOKEN": token, **stage.hashed(EMAIL)}
    await stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
    await refused(
        stage.public(
            "InitiateAuth", ClientId=stage.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": "x"}
        )
    )
    assert await told(services) == before


async def test_a_sign_in_by_an_administrator(services, stage):
    """AdminInitiateAuth: the subject signed in, the actor is the back-end that asked; refused calls are the role's."""
    sub = await stage.person()
    asked = {"ClientId": stage.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    await stage.admin("AdminInitiateAuth", AuthParameters={"USERNAME": EMAIL, "PASSWORD": PASSWORD}, **asked)
    event = await last(services)
    assert (event.kind, event.operation, event.subject) == ("sign-in", "AdminInitiateAuth", sub)
    assert event.actor == "arn:aws:iam::000000000000:root"
    await refused(
        stage.admin("AdminInitiateAuth", AuthParameters={"USERNAME": EMAIL, "PASSWORD": "Wrong-Horse9"}, **asked)
    )
    event = await last(services)
    assert (event.kind, event.result, event.subject) == ("sign-in", "NotAuthorizedException", sub)


async def test_developers_mistakes_are_no_attempts(services, stage):
    before = await told(services)
    await refused(stage.public("InitiateAuth", ClientId="nobodysclient", AuthFlow="USER_PASSWORD_AUTH"))
    await refused(stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={}))
    assert await told(services) == before


# --- AdminListUserAuthEvents ---------------------------------------------------------------------------------


async def of_user(stage, **more) -> dict:
    return await stage.admin("AdminListUserAuthEvents", Username=EMAIL, **more)


async def test_auth_events(stage):
    """Newest first, in AWS's shape; other people's are not among them."""
    await stage.person()
    await stage.person("eve@example.com")
    await stage.by_password("eve@example.com")
    await stage.by_password()
    await refused(stage.by_password(password="Wrong-Horse9"))
    found = (await of_user(stage))["AuthEvents"]
    assert [(each["EventType"], each["EventResponse"]) for each in found] == [
        ("SignIn", "Fail"),
        ("SignIn", "Pass"),
        ("SignUp", "Pass"),
    ]
    assert found[0]["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Failure"}]
    assert found[1]["EventContextData"] == {"IpAddress": "127.0.0.1"}
    assert found[1]["EventRisk"] == {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False}
    assert len({each["EventId"] for each in found}) == 3


async def test_auth_events_page_by_page(stage):
    await stage.person()
    for _ in range(4):
        await stage.by_password()
    first = await of_user(stage, MaxResults=2)
    second = await of_user(stage, MaxResults=2, NextToken=first["NextToken"])
    third = await of_user(stage, MaxResults=2, NextToken=second["NextToken"])
    pages = [each["EventId"] for page in (first, second, third) for each in page["AuthEvents"]]
    assert len(pages) == len(set(pages)) == 5
    assert "NextToken" not in third
    assert [each["EventId"] for each in (await of_user(stage, MaxResults=0))["AuthEvents"]] == pages


async def test_auth_events_of_a_guessed_account(services, stage, clock):
    """Twenty failures a minute one by one, the others as one; each is an event with an id of its own."""
    clock.now = clock.now // MINUTE * MINUTE
    await stage.person()
    for number in range(25):
        await refused(stage.by_password(password=f"Wrong-Horse{number}"))
    await audit.flush(services)
    clock.advance(seconds=60)
    found = (await of_user(stage))["AuthEvents"]
    assert [each["EventResponse"] for each in found] == ["Fail"] * 21 + ["Pass"]
    assert len({each["EventId"] for each in found}) == 22
    assert (await last(services, kind="sign-in")).body["repeated"] == 5


async def test_auth_events_of_nobody(stage):
    error = await refused(stage.admin("AdminListUserAuthEvents", Username="nobody"))
    assert error.code == "UserNotFoundException"
    await stage.person()
    token = (await of_user(stage, MaxResults=1)).get("NextToken")
    assert token is None
    error = await refused(of_user(stage, NextToken="changed"))
    assert error.code == "InvalidParameterException"


async def test_parallel_guesses_are_each_recorded(services, stage):
    """As many as the waits after wrong passwords let through."""
    await stage.person()
    await asyncio.gather(*(refused(stage.by_password(password=f"Wrong-Horse{n}")) for n in range(8)))
    found = [result for operation, result in await told(services) if operation == "InitiateAuth"]
    assert len(found) == 8
