"""What an administrator does leaves a record with it; what he is refused leaves one behind it."""

import asyncio
import dataclasses
import sqlite3

import asyncpg
import pytest
from operations.audit.trail import events, last, nothing_recorded, text_of
from operations.every_operation import allow, role
from operations.stage import PASSWORD, Stage, build, refused

from poolhouse import service_model
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import Anonymous, CognitoIdentity, Person, RoleSession, Root
from poolhouse.errors import ResourceNotFoundException
from poolhouse.operations import audit
from poolhouse.operations.gate import call
from poolhouse.operations.unwritten import EACH_CALLER, EVERYBODY, MINUTE, Note, Unwritten

ROLE = "arn:aws:iam::000000000000:role/editor"


@pytest.fixture
async def stage(services, invoke) -> Stage:
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"])
    await stage.admin("AdminCreateUser", Username="ada", MessageAction="SUPPRESS")
    await stage.admin("CreateGroup", GroupName="EDITORS")
    return stage


def guest(number: int) -> RoleSession:
    who = CognitoIdentity(f"us-east-1:{number}", "us-east-1:pool", "unauthenticated")
    return RoleSession(ROLE, "guests", f"s{number}", "000000000000", "us-east-1", PolicySet(), identity=who)


async def test_an_allowed_change(services, stage, clock):
    """Who, what, on whom, by which rule, with which request: exactly."""
    await stage.admin("AdminAddUserToGroup", Username="ada", GroupName="EDITORS")
    sub = (await stage.user("ada"))["attributes"]["sub"]
    event = await last(services)
    assert (event.kind, event.operation, event.result) == ("admin", "AdminAddUserToGroup", "ok")
    assert (event.pool_id, event.subject, event.at) == (stage.pool, sub, clock.now)
    assert event.actor == "arn:aws:iam::000000000000:root"
    said = {name: value for name, value in event.body.items() if name not in ("event_id", "request_id")}
    assert said == {
        "address": "127.0.0.1",
        "way": "awsjson",
        "rule": "root",
        "principal": "arn:aws:iam::000000000000:root",
        "request": {"UserPoolId": stage.pool, "Username": "ada", "GroupName": "EDITORS"},
    }


async def test_the_rule_of_a_role(services, stage):
    """The statement that allowed is named by its Sid, or by its place."""
    plain = allow("*", "cognito-idp:AdminDisableUser")
    named = allow("*", "cognito-idp:AdminEnableUser") | {"Sid": "Support"}
    await stage.invoke("AdminDisableUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=role(plain, named))
    assert (await last(services)).body["rule"] == "statement 1 of role editor"
    await stage.invoke("AdminEnableUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=role(plain, named))
    event = await last(services)
    assert event.body["rule"] == "Support of role editor"
    assert event.actor == "arn:aws:sts::000000000000:assumed-role/editor/s"


async def test_the_rule_among_several_policies(services, stage):
    """A condition that is looked at each time names its statement too."""
    allowing = allow("*", "cognito-idp:AdminEnableUser")
    allowing["Condition"] = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    documents = [[allow("*", "cognito-idp:ListUsers")], [allow("*", "cognito-idp:Get*"), allowing]]
    parsed = [parse({"Version": "2012-10-17", "Statement": each}) for each in documents]
    who = RoleSession(ROLE, "editor", "s", "000000000000", "us-east-1", PolicySet(parsed))
    await stage.invoke("AdminEnableUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=who)
    assert (await last(services)).body["rule"] == "statement 2 of policy 2 of role editor"


async def test_refused_by_policy(services, stage):
    """A change and a look alike; the state is what it was."""
    for name in ("AdminDeleteUser", "AdminGetUser"):
        request = {"UserPoolId": stage.pool, "Username": "ada"}
        error = await refused(stage.invoke(name, request, principal=role()))
        event = await last(services)
        assert (event.kind, event.operation, event.result) == ("admin", name, "AccessDeniedException")
        assert event.body["rule"] == error.message
        assert event.subject == "ada"
    assert (await stage.user("ada"))["Enabled"]


async def test_refused_by_the_operation(services, stage):
    """What was rolled back is recorded as refused, by the name that was given."""
    error = await refused(stage.admin("AdminAddUserToGroup", Username="nobody", GroupName="EDITORS"))
    event = await last(services)
    assert (event.operation, event.result, event.subject) == ("AdminAddUserToGroup", error.code, "nobody")
    assert event.body["rule"] == "root"


async def test_looks_of_root_leave_no_record(services, stage):
    before = len(await events(services))
    await stage.user("ada")
    await refused(stage.user("nobody"))
    await stage.admin("ListUsers")
    assert len(await events(services)) == before


async def test_every_look_is_recorded_on_demand(services, stage, settings):
    """With audit_reads=all."""
    every = stage.on(dataclasses.replace(services, settings=dataclasses.replace(settings, audit_reads="all")))
    await every.admin("ListUsers", Filter='email = "ada@example.com"')
    event = await last(services)
    assert (event.operation, event.result) == ("ListUsers", "ok")
    assert event.body["request"]["Filter"] == 'email = "..."'
    await refused(every.admin("AdminGetUser", Username="nobody"))
    assert (await last(services)).result == "UserNotFoundException"


async def test_strangers_leave_no_record(services, stage):
    """Nobody who shows no credentials can fill the disk."""
    before = len(await events(services))
    for _ in range(3):
        await refused(
            stage.invoke("AdminDeleteUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=Anonymous())
        )
    assert len(await events(services)) == before


async def test_a_person_who_was_refused(services, stage):
    """A person without delegation: who he is stands in the record, with the groups that he is in now."""
    sub = (await stage.user("ada"))["attributes"]["sub"]
    await stage.admin("AdminAddUserToGroup", Username="ada", GroupName="EDITORS")
    who = Person(stage.pool, sub, "ada", "jti-1", "192.0.2.7", "console", "000000000000", "us-east-1")
    error = await refused(stage.invoke("ListUsers", {"UserPoolId": stage.pool}, principal=who))
    event = await last(services)
    assert (event.operation, event.result, event.actor) == ("ListUsers", error.code, who.arn)
    assert event.body["rule"] == error.message
    said = {name: event.body[name] for name in ("sub", "username", "groups", "token_id", "via", "address")}
    assert said == {
        "sub": sub,
        "username": "ada",
        "groups": ["EDITORS"],
        "token_id": "jti-1",
        "via": "console",
        "address": "192.0.2.7",
    }


async def test_identity_pool_credentials_are_a_persons(services, stage):
    """What a signed-in user does with them is recorded as his, looks included."""
    sub = (await stage.user("ada"))["attributes"]["sub"]
    identity = CognitoIdentity("us-east-1:1", "us-east-1:pool", "authenticated", "p", stage.pool, sub, "ada")
    policies = PolicySet([parse({"Version": "2012-10-17", "Statement": [allow("*", "cognito-idp:*")]})])
    who = RoleSession(ROLE, "users", "s", "000000000000", "us-east-1", policies, identity=identity)
    await stage.invoke("AdminGetUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=who)
    event = await last(services)
    assert event.actor == f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{stage.pool}/user/{sub}"
    assert event.body["principal"] == who.arn
    assert (event.operation, event.subject, event.body["via"]) == ("AdminGetUser", sub, "identityPool")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("AdminDeleteUser", {}),
        ("AdminSetUserPassword", {"Password": "Another-Horse9", "Permanent": True}),
        ("AdminUpdateUserAttributes", {"UserAttributes": [{"Name": "nickname", "Value": "A"}]}),
        ("AdminDisableUser", {}),
        ("AdminCreateUser", {"Username": "eve", "MessageAction": "SUPPRESS"}),
    ],
)
async def test_no_record_no_action(services, stage, database_url, name, more):
    """A database that cannot keep the record keeps the change neither."""
    await stage.admin("AdminUpdateUserAttributes", Username="ada", UserAttributes=[{"Name": "nickname", "Value": "B"}])
    before = await stage.admin("ListUsers")
    async with nothing_recorded(database_url):
        with pytest.raises((sqlite3.Error, asyncpg.PostgresError), match="full"):
            await stage.admin(name, **{"Username": "ada", **more})
    assert await stage.admin("ListUsers") == before


async def test_secrets_and_attributes_are_left_out(services, stage):
    """Passwords, attribute values, metadata: names at most."""
    await stage.admin(
        "AdminCreateUser",
        Username="eve",
        TemporaryPassword="Hidden-Horse7",
        UserAttributes=[{"Name": "email", "Value": "eve@example.com"}, {"Name": "nickname", "Value": "Evie"}],
        ValidationData=[{"Name": "captcha", "Value": "solved-it"}],
        ClientMetadata={"ticket": "hidden-ticket"},
        MessageAction="SUPPRESS",
    )
    event = await last(services)
    assert event.body["request"] == {
        "UserPoolId": stage.pool,
        "Username": "eve",
        "UserAttributes": ["email", "nickname"],
        "ValidationData": ["captcha"],
        "MessageAction": "SUPPRESS",
        "ClientMetadata": ["ticket"],
    }
    for secret in ("Hidden-Horse7", "eve@example.com", "Evie", "solved-it", "hidden-ticket"):
        assert secret not in text_of(event)


async def test_a_made_pool_is_named(services, stage, invoke):
    made = (await invoke("CreateUserPool", {"PoolName": "other"}))["UserPool"]["Id"]
    event = await last(services)
    assert (event.operation, event.pool_id, event.subject) == ("CreateUserPool", made, "other")


async def test_floods_are_counted(services, stage, clock):
    """The same refusal a hundred times is one record, and one with the count when the minute is over."""
    clock.now = clock.now // MINUTE * MINUTE
    before = len(await events(services))
    for _ in range(100):
        await refused(stage.invoke("AdminDeleteUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=role()))
    assert len(await events(services)) == before + 1
    clock.advance(seconds=60)
    await audit.flush(services)
    event = await last(services)
    assert len(await events(services)) == before + 2
    assert (event.operation, event.body["repeated"]) == ("AdminDeleteUser", 99)


async def test_many_names_of_one_caller_are_counted(services, stage, clock):
    """Whoever is refused for ever new names gets a bounded number of records a minute."""
    clock.now = clock.now // MINUTE * MINUTE
    before = len(await events(services))
    for number in range(EACH_CALLER + 40):
        request = {"UserPoolId": stage.pool, "Username": f"u{number}"}
        await refused(stage.invoke("AdminDeleteUser", request, principal=role()))
    assert len(await events(services)) == before + EACH_CALLER
    clock.advance(seconds=60)
    await audit.flush(services)
    event = await last(services)
    assert (event.subject, event.body["repeated"]) == ("", 40)


async def test_guests_share_what_one_caller_may_leave(services, stage, clock):
    """Guest credentials are anybody's: ever new guests are one caller."""
    clock.now = clock.now // MINUTE * MINUTE
    before = len(await events(services))
    for number in range(20):
        await refused(stage.invoke("ListUsers", {"UserPoolId": stage.pool}, principal=guest(number)))
    assert len(await events(services)) == before + 1


async def test_what_is_counted_at_the_end_is_written(services, stage):
    """A server that stops writes its counts first."""
    for _ in range(3):
        await refused(stage.invoke("AdminDeleteUser", {"UserPoolId": stage.pool, "Username": "ada"}, principal=role()))
    await audit.flush(services, final=True)
    assert (await last(services)).body["repeated"] == 2


async def test_parallel_changes_each_leave_a_record(services, stage):
    names = [f"p{number}" for number in range(12)]
    await asyncio.gather(*(stage.admin("AdminCreateUser", Username=name, MessageAction="SUPPRESS") for name in names))
    found = [event for event in await events(services) if event.operation == "AdminCreateUser"]
    assert {event.body["request"]["Username"] for event in found} == {"ada", *names}


async def test_assumed_roles(services, stage, invoke):
    """Credentials are not given out without a record; here the role does not exist, which is recorded as refused."""
    request = {"RoleArn": ROLE, "RoleSessionName": "support"}
    await refused(invoke("AssumeRole", request, service="sts"))
    event = await last(services)
    assert (event.operation, event.subject, event.result) == ("AssumeRole", ROLE, "AccessDeniedException")


async def test_passwords_in_other_requests(services, stage):
    await stage.admin("AdminSetUserPassword", Username="ada", Password=PASSWORD, Permanent=True)
    event = await last(services)
    assert event.body["request"] == {"UserPoolId": stage.pool, "Username": "ada", "Permanent": True}


async def test_the_operator_at_the_command_line(services, clock):
    """What is done without an operation of AWS's is recorded as well."""
    async with services.database.write() as tx:
        await audit.operator_did(
            tx, services.vault, clock.now, principal="operator", operation="SetSecret", subject="API_KEY"
        )
    event = await last(services)
    assert (event.operation, event.subject, event.body["way"]) == ("SetSecret", "API_KEY", "cli")


async def test_refused_access(services, clock):
    """Callers whom GraphQL's or REST's guard turns away, in the same measure."""
    said = {
        "actor": "arn:x",
        "pool_id": "us-east-1_a",
        "subject": "s",
        "what": "Mutation.addUserToGroup",
        "way": "graphql",
        "address": "192.0.2.1",
        "request_id": "r",
        "rule": "This field needs a member of ADMINS.",
    }
    for _ in range(3):
        await audit.access_refused(services, **said, facts={"username": "eve", "groups": (), "token_id": "j"})
    event = await last(services, kind="access")
    assert (event.operation, event.actor, event.result) == ("Mutation.addUserToGroup", "arn:x", "AccessDenied")
    assert event.body["username"] == "eve"
    assert len(await events(services, kind="access")) == 1


async def test_a_region_that_is_not_the_pools(services, stage):
    """Refused behind the policies, recorded with the rule that let the caller so far."""
    operation = service_model.operation("cognito-idp", "AdminDeleteUser")
    request = service_model.from_params(operation, {"UserPoolId": stage.pool, "Username": "ada"})
    elsewhere = Root(account_id="000000000000", region="eu-west-1")
    with pytest.raises(ResourceNotFoundException):
        await call(services, elsewhere, operation, request, request_id="r")
    assert (await last(services)).result == "ResourceNotFoundException"


def test_the_bound_of_everybody():
    """However many callers there are, what is kept apart in a minute is bounded."""
    unwritten = Unwritten()
    for number in range(EVERYBODY + 500):
        unwritten.admits(Note(1, "p", "admin", "Op", f"a{number}", "", "Denied", {}), f"a{number}")
    assert len(unwritten._seen) == EVERYBODY + 1
    assert [note.body["repeated"] for note in unwritten.due(2 * MINUTE)] == [500]
