"""A sign-in that stops at a challenge: in progress, then what became of it, as one event."""

import asyncio
import sqlite3

import asyncpg
import pytest
from operations.audit.trail import events, nothing_recorded
from operations.factors_stage import Authenticator, configure, enrol, from_device, new_device, respond, with_code
from operations.stage import EMAIL, Stage, build, refused

from poolhouse.operations import audit
from poolhouse.operations.audit import Hour
from poolhouse.operations.console import overview

PASSED = {"ChallengeName": "Password", "ChallengeResponse": "Success"}
MFA = {"ChallengeName": "Mfa", "ChallengeResponse": "Success"}


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke)
    await configure(stage)
    await stage.person()
    return stage


async def listed(stage: Stage, **more) -> list[dict]:
    return (await stage.admin("AdminListUserAuthEvents", Username=EMAIL, **more))["AuthEvents"]


async def told(stage: Stage) -> list[tuple[str, str]]:
    return [(each["EventType"], each["EventResponse"]) for each in await listed(stage)]


async def test_until_the_second_factor(services, stage):
    """One event with one id: in progress, failed with a wrong code, passed with the right one."""
    app = await enrol(stage)
    asked = await stage.by_password()
    begun, *before = await listed(stage)
    assert (begun["EventResponse"], begun["ChallengeResponses"]) == ("InProgress", [PASSED])
    await refused(with_code(stage, asked, app.wrong()))
    failed, *rest = await listed(stage)
    assert (failed["EventId"], failed["EventResponse"], rest) == (begun["EventId"], "Fail", before)
    await with_code(stage, asked, app.code())
    passed, *rest = await listed(stage)
    assert (passed["EventId"], passed["EventResponse"], rest) == (begun["EventId"], "Pass", before)
    assert passed["CreationDate"] == begun["CreationDate"]
    assert passed["ChallengeResponses"] == [PASSED, {**MFA, "ChallengeResponse": "Failure"}, MFA]
    kept = [event.result for event in await events(services, kind="sign-in")][-3:]
    assert kept == ["in progress", "CodeMismatchException", "ok"]


async def test_a_sign_in_that_nobody_finishes(stage):
    """It stays what it is; the next one is another event."""
    app = await enrol(stage)
    await stage.by_password()
    await with_code(stage, await stage.srp(), app.code())
    found = await listed(stage)
    assert [each["EventResponse"] for each in found[:2]] == ["Pass", "InProgress"]
    assert found[0]["EventId"] != found[1]["EventId"]


async def test_several_challenges(stage):
    """A temporary password, then an authenticator that has to be set up: one record of the stop, one of the end."""
    await configure(stage, "ON")
    await stage.admin("AdminSetUserPassword", Username=EMAIL, Password="Temporary-Horse9", Permanent=False)
    asked = await stage.by_password(password="Temporary-Horse9")
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    asked = await respond(stage, asked, NEW_PASSWORD="Chosen-Horse99")
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert await told(stage) == [("SignIn", "InProgress"), ("SignUp", "Pass")]
    made = await stage.public("AssociateSoftwareToken", Session=asked["Session"])
    app = Authenticator(stage, made["SecretCode"])
    verified = await stage.public("VerifySoftwareToken", Session=made["Session"], UserCode=app.code())
    await respond(stage, {**asked, "Session": verified["Session"]})
    assert await told(stage) == [("SignIn", "Pass"), ("SignUp", "Pass")]


async def test_a_device(stage):
    """Its proof is a challenge too, in two steps."""
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    await stage.admin("UpdateUserPool", DeviceConfiguration=devices)
    device, _ = await new_device(stage)
    before = len(await listed(stage))
    asked = await from_device(stage, device)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert (await told(stage))[0] == ("SignIn", "InProgress")
    await device.prove(stage, asked)
    assert (await told(stage))[0] == ("SignIn", "Pass")
    assert len(await listed(stage)) == before + 1


async def test_page_by_page(stage):
    """However the records fall on pages, each event is listed once, and whole."""
    app = await enrol(stage)
    open_ones = [await stage.by_password() for _ in range(3)]
    await refused(stage.by_password(password="Wrong-Horse9"))
    await audit.flush(stage.services)
    for asked in open_ones[:2]:
        await refused(with_code(stage, asked, app.wrong()))
    await audit.flush(stage.services)
    await with_code(stage, open_ones[0], app.code())
    whole = await listed(stage)
    assert [each["EventResponse"] for each in whole] == ["Pass", "Fail", "Fail", "InProgress", "Pass", "Pass"]
    for size in range(1, 6):
        found, token = [], None
        while token is not None or not found:
            more = {} if token is None else {"NextToken": token}
            page = await stage.admin("AdminListUserAuthEvents", Username=EMAIL, MaxResults=size, **more)
            found, token = found + page["AuthEvents"], page.get("NextToken")
        assert found == whole, size


async def test_no_record_no_challenge(services, stage, database_url):
    """Where nothing can be recorded nobody gets past his password."""
    await enrol(stage)
    before = await told(stage)
    async with nothing_recorded(database_url):
        with pytest.raises((sqlite3.Error, asyncpg.PostgresError), match="full"):
            await stage.by_password()
    assert await told(stage) == before


async def test_strangers_leave_nothing_in_progress(services, stage):
    """Who has not passed a first factor is nobody yet, whatever was sent to him."""
    before = await events(services)
    parameters = {"USERNAME": EMAIL, "SRP_A": "a" * 768, **stage.hashed(EMAIL)}
    asked = await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
    )
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    assert await events(services) == before


async def test_parallel_answers(stage):
    """Of two right answers one is taken; the event has passed, whichever came first."""
    app = await enrol(stage)
    asked = await stage.by_password()
    await asyncio.gather(*(with_code(stage, asked, app.code()) for _ in range(2)), return_exceptions=True)
    found = (await listed(stage))[0]
    assert MFA in found["ChallengeResponses"]
    assert found["EventResponse"] == "Pass"


def test_the_chart():
    """What is in progress is neither a sign-in nor a failure."""
    hour = 100 * 24
    counted = [Hour(hour, "sign-in", result, 3) for result in ("ok", audit.IN_PROGRESS, "NotAuthorizedException")]
    span = overview.spans(counted, hour * 3_600_000_000, 1, "day")[-1]
    assert (span.signed_in, span.failed) == (3, 3)
