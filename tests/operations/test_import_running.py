"""Import jobs carried out: who comes into the pool, what is told of the others, and what a death in between costs."""

import asyncio

import pytest
from operations.importing import ADA, BOB, HEADER, Importing, importing
from pool_rows import add_user, read

from poolhouse.store import import_jobs as stored
from poolhouse.store import pools, users

SUCCEEDED, EXISTS = "The import succeeded.", "The user already exists."


@pytest.fixture
async def world(services, invoke) -> Importing:
    return await importing(services, invoke)


async def test_every_outcome(world):
    """Good rows come in, known users are skipped, others fail; the job goes on and counts each."""
    await add_user(world.services.database, world.pool, "x" * 36, email="bob@example.com")
    job = await world.ran(ADA, BOB, "eve@example.com,false,eve@example.com,false,Eve", "x,y", ADA)
    shown = await world.shown(job)
    assert shown["Status"] == "Succeeded"
    assert [shown[f"{kind}Users"] for kind in ("Imported", "Skipped", "Failed")] == [1, 2, 2]
    assert {"StartDate", "CompletionDate", "CompletionMessage"} < set(shown)
    report = await world.report(job)
    assert [(row.line, row.outcome) for row in report if row.line in (3, 4, 5)] == [
        (3, "Skipped"),
        (4, "Failed"),
        (5, "Failed"),
    ]
    assert {report[0].outcome, report[4].outcome} == {"Imported", "Skipped"}
    assert "auto verified" in report[2].message
    assert await world.people() == {"ada@example.com": "RESET_REQUIRED", "bob@example.com": "CONFIRMED"}


async def test_imported_user(world, invoke):
    """The username of such a pool is the sub; the contact is verified; there is no password; the sub is new."""
    await world.ran(ADA)
    user = await read(world.services.database, users.get, world.pool, "ada@example.com")
    assert (user.username, user.status, user.credential, user.enabled) == (user.sub, "RESET_REQUIRED", None, 1)
    assert users.attributes_of(user) == {
        "sub": user.sub,
        "email": "ada@example.com",
        "email_verified": "true",
        "name": "Ada",
    }
    assert await read(world.services.database, pools.count_users, world.pool.id) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"cognito:username,cognito:mfa_enabled,sub\n", "'sub'"),
        (f"{HEADER}\n{ADA}".encode("utf-16"), "UTF-8"),
        (b"\x1f\x8b\x08\x00" + bytes(range(256)), "UTF-8"),
        (b"x" * 20_000, "16000"),
    ],
)
async def test_file_that_is_none(world, data, words):
    """The whole job fails and says why; nobody comes in."""
    job = await world.started(data)
    await world.run()
    shown = await world.shown(job)
    assert shown["Status"] == "Failed"
    assert words in shown["CompletionMessage"]
    assert await world.people() == {}
    assert await read(world.services.database, stored.file, job) is None


async def test_attributes_cannot_be_smuggled(world):
    """Neither a column of the product's own nor a cell with commas or formulas becomes anything but text."""
    rows = [
        "ada@example.com,false,ada@example.com,true,\"=cmd|' /C calc'!A0\"",
        'bob@example.com,false,bob@example.com,true,"x\n,sub"',
        "eve@example.com,false,eve@example.com,true,a\0b",
    ]
    job = await world.ran(*rows)
    assert [row.outcome for row in await world.report(job)] == ["Imported", "Imported", "Failed"]
    ada = users.attributes_of(await read(world.services.database, users.get, world.pool, "ada@example.com"))
    assert ada["name"] == "=cmd|' /C calc'!A0"
    bob = users.attributes_of(await read(world.services.database, users.get, world.pool, "bob@example.com"))
    assert bob["name"] == "x\n,sub"


async def test_many_rows_twice_the_same_person(world):
    """In every batch of a longer file each name gets in once."""
    rows = [f"u{n % 40}@example.com,false,u{n % 40}@example.com,true,N" for n in range(100)]
    job = await world.ran(*rows)
    shown = await world.shown(job)
    assert (shown["ImportedUsers"], shown["SkippedUsers"], shown["FailedUsers"]) == (40, 60, 0)
    assert [row.line for row in await world.report(job)] == list(range(2, 102))
    assert await read(world.services.database, pools.count_users, world.pool.id) == 40


async def test_another_process_goes_on(world, clock):
    """A job whose holder died in the middle is taken over when its time is up, and no row is settled twice."""
    rows = [f"u{n}@example.com,false,u{n}@example.com,true,N" for n in range(80)]
    job = await world.started("\n".join((HEADER, *rows)).encode())
    dying = asyncio.create_task(world.run("dying"))
    while (await world.shown(job))["ImportedUsers"] < 32:
        await asyncio.sleep(0)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    before = await world.shown(job)
    assert before["Status"] == "InProgress"
    assert not await world.run("other")
    clock.advance(seconds=11)
    assert await world.run("other")
    shown = await world.shown(job)
    assert (shown["Status"], shown["ImportedUsers"], shown["SkippedUsers"]) == ("Succeeded", 80, 0)
    assert await read(world.services.database, pools.count_users, world.pool.id) == 80


async def test_two_processes_one_job(world):
    """Only one of them holds it."""
    job = await world.started(f"{HEADER}\n{ADA}\n{BOB}".encode())
    assert sorted(await asyncio.gather(world.run("one"), world.run("two"))) == [False, True]
    assert (await world.shown(job))["ImportedUsers"] == 2


async def test_stop_in_the_middle(world):
    """The job ends at the next batch; who came in stays."""
    rows = [f"u{n}@example.com,false,u{n}@example.com,true,N" for n in range(200)]
    job = await world.started("\n".join((HEADER, *rows)).encode())
    running = asyncio.create_task(world.run())
    while (await world.shown(job))["ImportedUsers"] == 0:
        await asyncio.sleep(0)
    await world.ask("StopUserImportJob", JobId=job)
    await running
    shown = await world.shown(job)
    assert shown["Status"] == "Stopped"
    assert 0 < shown["ImportedUsers"] < 200
    assert await read(world.services.database, pools.count_users, world.pool.id) == shown["ImportedUsers"]


async def test_nothing_to_do(world):
    """No job, and one that was not started, are left alone."""
    assert not await world.run()
    job = await world.job()
    assert not await world.run()
    assert (await world.shown(job))["Status"] == "Created"


async def test_text_messages_as_a_second_factor(services, invoke):
    """cognito:mfa_enabled switches them on where the pool serves them and the phone is verified."""
    phone = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["phone_number"]}
    world = await importing(services, invoke, **phone, MfaConfiguration="OPTIONAL", SmsMfaEnabled=True)
    rows = [
        "cognito:username,cognito:mfa_enabled,email,phone_number,phone_number_verified",
        "ada@example.com,true,,+15551234567,true",
        "bob@example.com,false,,+15551234568,true",
    ]
    job = await world.started("\n".join(rows).encode())
    await world.run()
    assert [row.outcome for row in await world.report(job)] == ["Imported", "Imported"]
    ada, bob = [await world.ask("AdminGetUser", Username=f"{name}@example.com") for name in ("ada", "bob")]
    assert (ada["UserMFASettingList"], "UserMFASettingList" in bob) == (["SMS_MFA"], False)


async def test_text_messages_that_nobody_sends(world):
    """Asking for what the pool does not serve is no import without it."""
    job = await world.ran("ada@example.com,true,ada@example.com,true,Ada")
    assert [(row.outcome, "SMS" in row.message) for row in await world.report(job)] == [("Failed", True)]
    assert await world.people() == {}
