"""Everybody who comes into a pool by an import, or is turned away by it, is on record with who started it."""

import asyncio
import sqlite3
from datetime import UTC, datetime

import asyncpg
import pytest
from operations.audit.trail import events, link_all, nothing_recorded, verified
from operations.causes import OPERATOR, by_command
from operations.every_operation import allow
from operations.importing import ADA, BOB, HEADER, Importing, importing
from pool_rows import add_user, read

from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import CognitoIdentity, RoleSession
from poolhouse.operations import import_files, pulling
from poolhouse.operations.import_settling import Import
from poolhouse.store import users
from poolhouse.store.users import attributes_of

EVE = "eve@example.com,false,eve@example.com,false,Eve"


@pytest.fixture
async def world(services, invoke) -> Importing:
    return await importing(services, invoke)


async def of_rows(services, operation: str = "ImportUser") -> dict[int, object]:
    """Line -> event."""
    return {event.body["request"]["Line"]: event for event in await events(services, operation=operation)}


async def test_every_row_of_a_job(world, services):
    """Imported, skipped and failed; a row that cannot be read has its line alone."""
    await add_user(services.database, world.pool, "x" * 36, email="bob@example.com")
    job = await world.ran(ADA, BOB, EVE, "x,y", '"x"y,z')
    ada = await read(services.database, users.get, world.pool, "ada@example.com")
    found = await of_rows(services)
    assert [(line, event.subject, event.result) for line, event in sorted(found.items())] == [
        (2, ada.sub, "ok"),
        (3, "bob@example.com", "UsernameExistsException"),
        (4, "eve@example.com", "InvalidParameterException"),
        (5, "x", "InvalidParameterException"),
        (6, "", "InvalidParameterException"),
    ]
    started = (await events(services, operation="StartUserImportJob"))[0]
    for event in found.values():
        assert (event.kind, event.pool_id, event.actor) == ("admin", world.pool.id, OPERATOR)
        assert event.body["request_id"] == started.body["request_id"]
        assert (event.body["way"], event.body["address"]) == ("awsjson", "127.0.0.1")
        assert event.body["request"]["JobId"] == job
    assert found[2].body["request"]["Username"] == "ada@example.com"
    assert found[2].body["rule"] == "root"
    assert found[3].body["rule"] == "The user already exists."
    assert "auto verified" in found[4].body["rule"]
    assert "Ada" not in str(found[2].body)
    await link_all(services)
    assert (await verified(services)).problem is None


async def test_a_person_who_started_a_job(world, services, invoke):
    """With credentials of the identity pool: he is named in each record, with his groups of that moment."""
    boss = await add_user(services.database, world.pool, "y" * 36, email="boss@example.com")
    await world.ask("CreateGroup", GroupName="ADMINS")
    await world.ask("AdminAddUserToGroup", Username=boss.sub, GroupName="ADMINS")
    identity = CognitoIdentity(
        "us-east-1:1", "us-east-1:pool", "authenticated", "p", world.pool.id, boss.sub, boss.username
    )
    policies = PolicySet([parse({"Version": "2012-10-17", "Statement": [allow("*", "cognito-idp:*")]})])
    role = "arn:aws:iam::000000000000:role/boss"
    credentials = RoleSession(role, "users", "s", "0" * 12, "us-east-1", policies, identity=identity)
    job = await world.job()
    await world.upload(job, f"{HEADER}\n{ADA}".encode())
    await world.start(job, credentials)
    assert await world.run()
    event = (await of_rows(services))[2]
    assert event.actor.endswith(f":userpool/{world.pool.id}/user/{boss.sub}")
    assert event.body["principal"] == credentials.arn
    said = {name: event.body[name] for name in ("sub", "username", "groups", "via", "address")}
    assert said == {
        "sub": boss.sub,
        "username": boss.username,
        "groups": ["ADMINS"],
        "via": "identityPool",
        "address": "127.0.0.1",
    }


async def test_no_record_no_import(world, services, database_url):
    """Neither user nor outcome is kept of a batch whose records cannot be; the job goes on where it was."""
    job = await world.started(f"{HEADER}\n{ADA}\n{EVE}".encode())
    async with nothing_recorded(database_url):
        with pytest.raises((sqlite3.Error, asyncpg.PostgresError), match="full"):
            await world.run()
    assert (await world.people(), await world.report(job)) == ({}, [])
    if database_url.startswith("postgresql"):  # on SQLite the trigger stays
        assert await world.run()
        assert list(await world.people()) == ["ada@example.com"]
        assert sorted(await of_rows(services)) == [2, 3]


async def test_two_processes_record_each_row_once(world, services, clock):
    """Also where one process takes over from another that was thought dead."""
    rows = [f"u{n}@example.com,false,u{n}@example.com,true,N" for n in range(80)]
    job = await world.started("\n".join((HEADER, *rows)).encode())
    first = asyncio.create_task(world.run("one"))
    while (await world.shown(job))["ImportedUsers"] == 0:
        await asyncio.sleep(0)
    clock.advance(seconds=11)
    await asyncio.gather(first, world.run("two"))
    found = await events(services, operation="ImportUser")
    assert sorted(event.body["request"]["Line"] for event in found) == list(range(2, 82))
    assert {event.result for event in found} == {"ok"}


async def test_a_file_of_the_command_line(world, services):
    """Users with their groups, and groups; a second run skips all of it and says so."""
    lines = b'{"group": {"name": "EDITORS"}}\n{"username": "ada@example.com", "groups": ["EDITORS"]}\nnonsense\n'
    for results in (["ok", "ok"], ["GroupExistsException", "UsernameExistsException"]):
        of = Import(services, world.pool, by_command(world.pool))
        _ = [row async for row in import_files.bring_in(of, import_files.json_entries([lines]))]
        group, user, nothing = (await events(services, actor=OPERATOR))[-3:]
        assert [group.result, user.result] == results
        assert (group.operation, group.subject) == ("ImportGroup", "EDITORS")
        assert user.body["request"] == {
            "From": "people.jsonl",
            "Line": 2,
            "Username": "ada@example.com",
            "Groups": ["EDITORS"],
        }
        assert (user.body["way"], user.body["request_id"]) == ("cli", "the-run")
        assert (nothing.operation, nothing.subject, nothing.result) == ("ImportUser", "", "InvalidParameterException")


# --- pulls -------------------------------------------------------------------------------------------------


def shown(number: int, status: str = "CONFIRMED", **more: str) -> dict:
    """Somebody as ListUsers at AWS shows him."""
    given = {"sub": f"00000000-0000-4000-8000-{number:012}", "email": f"u{number}@example.com", **more}
    return {
        "Username": given["sub"],
        "Attributes": [{"Name": name, "Value": value} for name, value in given.items()],
        "UserStatus": status,
        "UserCreateDate": datetime(2020, 1, 1, tzinfo=UTC),
    }


async def pull(world: Importing, *people: dict) -> None:
    running, _ = await pulling.begin(world.services, world.pool, "eu-central-1_Old", by_command(world.pool))
    await running.groups([{"GroupName": "EDITORS"}])
    await running.users([pulling.incoming(each) for each in people], None)
    await running.done()


async def test_everybody_who_is_pulled(world, services):
    """Added, updated, left to this pool, refused; who is the same already leaves no record."""
    await pull(world, shown(1), shown(2), shown(3, status="EXTERNAL_PROVIDER"))
    second = attributes_of(await read(services.database, users.get, world.pool, "u2@example.com"))["sub"]
    await world.ask("AdminSetUserPassword", Username=second, Password="Another-Horse9", Permanent=True)
    await pull(world, shown(1, name="Eve"), shown(2))
    await pull(world, shown(1, name="Eve"))
    found = await events(services, operation="PullUser")
    assert [(event.subject[-1], event.result, event.body["request"].get("Outcome")) for event in found] == [
        ("1", "ok", "added"),
        ("2", "ok", "added"),
        ("3", "InvalidParameterException", None),
        ("1", "ok", "updated"),
        ("2", "UsernameExistsException", None),
    ]
    assert {(event.actor, event.body["request_id"]) for event in found} == {(OPERATOR, "the-run")}
    assert [event.subject for event in await events(services, operation="PullGroup")] == ["EDITORS"]


async def test_pulled_memberships(world, services):
    """Given and taken: whoever has a group by a pull can be traced to it."""
    running, _ = await pulling.begin(services, world.pool, "eu-central-1_Old", by_command(world.pool))
    await running.groups([{"GroupName": "EDITORS"}])
    await running.users([pulling.incoming(shown(1))], None)
    sub = shown(1)["Username"]
    await running.members("EDITORS", [sub], found := pulling.array("q"))
    await running.members("EDITORS", [sub], found)
    await running.no_more_members("EDITORS", pulling.array("q"))
    assert [
        (event.subject, event.body["request"]["GroupName"], event.body["request"]["Outcome"])
        for event in await events(services, operation="PullMember")
    ] == [(sub, "EDITORS", "added"), (sub, "EDITORS", "removed")]


async def test_a_trial_leaves_no_record(world, services):
    before = await events(services)
    running, _ = await pulling.begin(services, world.pool, "eu-central-1_Old", by_command(world.pool), dry_run=True)
    await running.users([pulling.incoming(shown(1))], None)
    entries = import_files.json_entries([b'{"username": "ada@example.com"}'])
    assert [row.outcome async for row in import_files.try_out(services, world.pool, entries)] == ["Imported"]
    assert await events(services) == before
