"""The permission debugger's answers are those of the real call, and asking changes nothing."""

from dataclasses import replace

import pytest
from cases import each
from pages.console.defined import ADMIN, CUSTOMER, OUTSIDER, SUPPORT, make_defined

from poolhouse import service_model
from poolhouse.access.policies import parse
from poolhouse.access.principals import Person, RoleSession, Root
from poolhouse.errors import AccessDeniedException, DelegationRefused, PageRefusal, ServiceError
from poolhouse.operations.console import debugger
from poolhouse.operations.console.debugger import Question
from poolhouse.operations.console.debugger_answers import Scene
from poolhouse.operations.context import Call
from poolhouse.operations.gate import call, served
from poolhouse.operations.principals import policy_set
from poolhouse.store import pools, roles
from poolhouse.store.roles import Role

ROOT = Root("000000000000", "us-east-1")
OPERATIONS = (
    ("AdminGetUser", ""),
    ("ListUsers", ""),
    ("AdminDisableUser", ""),
    ("AdminEnableUser", ""),
    ("AdminListGroupsForUser", ""),
    ("ListGroups", ""),
    ("AdminAddUserToGroup", "CUSTOMERS"),
    ("AdminAddUserToGroup", "SUPPORT"),
    ("AdminAddUserToGroup", "ADMINS"),
    ("AdminRemoveUserFromGroup", "ADMINS"),
    ("AdminDeleteUser", ""),
    ("UpdateUserPool", ""),
)
"""Operations with the group that they name; the one that removes people comes last."""


@pytest.fixture
async def defined(services, invoke):
    return await make_defined(services, invoke)


@pytest.fixture
async def scene(services, defined):
    async with services.database.read() as tx:
        pool = await pools.get(tx, defined.stage.pool)
    ctx = Call(services=services, principal=ROOT, now=services.clock(), request_id="d", region="us-east-1")
    return Scene(ctx=ctx, pool=pool, applied=defined.applied[0])


async def ask(scene, kind, who, what, **more):
    return await debugger.answer(scene, Question(kind=kind, who=who, what=what, **more))


async def really(services, principal, operation, on, group, pool, *, person=None) -> bool:
    """Whether a rule lets the call through; what the operation itself then says is another matter."""
    found = service_model.operation("cognito-idp", operation)
    request = service_model.draft(
        found,
        {"UserPoolId": pool, "Username": on, "GroupName": group} if group else {"UserPoolId": pool, "Username": on},
    )
    try:
        await call(replace(services, strict=False), principal, found, request, request_id="r", person=person)
    except (AccessDeniedException, DelegationRefused):
        return False
    except ServiceError:
        return True
    return True


async def person_of(defined, email) -> Person:
    user = await defined.stage.user(email)
    return Person(
        defined.stage.pool, user["attributes"]["sub"], user["Username"], "t", "", "console", "000000000000", "us-east-1"
    )


async def session_of(services, arn) -> RoleSession:
    async with services.database.read() as tx:
        role = await roles.find(tx, arn)
    return RoleSession(role.arn, role.name, "s", "000000000000", "us-east-1", policy_set(role.policies))


@pytest.mark.parametrize("who", [ADMIN, SUPPORT, CUSTOMER, OUTSIDER])
async def test_users_as_administrators(services, defined, scene, who):
    """Every kind of user asks for everything on every other kind, in the debugger and then in earnest."""
    person = await person_of(defined, who)
    seen = set()
    for operation, group in OPERATIONS[:-2]:
        for on in (CUSTOMER, SUPPORT, ADMIN, OUTSIDER):
            told = await ask(scene, "user", who, operation, on=on, group=group)
            did = await really(services, person, operation, on, group, defined.stage.pool)
            assert told.allowed == did, (operation, on, group, told)
            seen.add(did)
    assert seen == ({True, False} if who in (ADMIN, SUPPORT) else {False})


@pytest.mark.parametrize("function", ["promote", "cleaner", "AdminQueries1f4e2a7c"])
@pytest.mark.parametrize("behalf", ["", SUPPORT, CUSTOMER])
async def test_functions_with_and_without_a_caller(services, defined, scene, function, behalf):
    """A function's grants, then what is delegated to whoever called it, unless it acts by its own authority."""
    session = await session_of(services, scene.function_roles[function])
    person = await person_of(defined, behalf) if behalf else None
    seen = set()
    for operation, group in OPERATIONS:
        told = await ask(scene, "function", function, operation, on=OUTSIDER, group=group, behalf=behalf)
        did = await really(services, session, operation, OUTSIDER, group, defined.stage.pool, person=person)
        assert told.allowed == did, (operation, group, told)
        seen.add(did)
    assert False in seen


async def test_any_role(services, defined, scene):
    """By its ARN, with a deny, a wildcard and a condition; the statements that decided are shown."""
    document = (
        '{"Version":"2012-10-17","Statement":['
        '{"Effect":"Allow","Action":"cognito-idp:Admin*","Resource":"*"},'
        '{"Effect":"Allow","Action":"cognito-idp:ListUsers","Resource":"arn:aws:cognito-idp:*:*:userpool/other"},'
        '{"Effect":"Deny","Action":"cognito-idp:AdminDeleteUser","Resource":"*"}]}'
    )
    parse(document)
    arn = "arn:aws:iam::000000000000:role/ops"
    async with services.database.write() as tx:
        await roles.put(tx, Role(arn, "ops", "", "{}", f"[{document}]", 1))
    session = await session_of(services, arn)
    wanted = {"AdminGetUser": "statement 1", "ListUsers": "another resource", "AdminDeleteUser": "explicit deny"}
    for operation, words in wanted.items():
        told = await ask(scene, "role", arn, operation, on=OUTSIDER)
        assert told.allowed == await really(services, session, operation, OUTSIDER, "", defined.stage.pool)
        assert words in f"{told.deciding.rule} {told.deciding.facts}"
        assert len(told.deciding.documents) == 1


async def test_the_rule_and_its_facts_are_told(scene):
    """The rule in the words of its definition, and what it looked at, with the names that were typed."""
    good = await ask(scene, "user", SUPPORT, "AdminDisableUser", on=CUSTOMER)
    assert good.deciding.rule.startswith('allow.group("SUPPORT").to(["getUser"')
    assert f"{CUSTOMER} is a member of CUSTOMERS (precedence 2)." in good.deciding.facts
    bad = await ask(scene, "function", "promote", "AdminAddUserToGroup", on=CUSTOMER, group="ADMINS", behalf=SUPPORT)
    policies, delegation = bad.steps
    assert not policies.allowed
    assert "condition" in " ".join(policies.facts)
    assert '"poolhouse:GroupName"' in policies.documents[0]
    assert 'allow.resource(promote).to(["addUserToGroup", "listUsers"])' in " ".join(policies.facts)
    assert "outranks" in delegation.rule


async def test_members_of_a_group(scene):
    """What its rules name, whoever the members are."""
    assert (await ask(scene, "group", "SUPPORT", "AdminDisableUser")).allowed
    assert not (await ask(scene, "group", "SUPPORT", "AdminDeleteUser")).allowed
    assert not (await ask(scene, "group", "CUSTOMERS", "AdminGetUser")).allowed


async def test_operations_of_users_themselves(scene):
    """Not a matter of rules: whoever has the token may."""
    told = await ask(scene, "user", CUSTOMER, "GetUser")
    assert told.allowed
    assert "access token" in told.deciding.facts[0]


async def test_what_is_not_served_is_refused(scene):
    operation = next(
        one.name
        for one in service_model.operations("cognito-idp")
        if one.auth == "iam" and ("cognito-idp", one.name) not in served()
    )
    told = await ask(scene, "user", ADMIN, operation)
    assert (told.allowed, "not served" in told.deciding.rule) == (False, True)


@each(
    "kind, who, what",
    [
        ("user", "nobody@example.com", "AdminGetUser"),
        ("group", "NOBODY", "AdminGetUser"),
        ("group", "NOBODY", "Mutation.promote"),
        ("function", "nothing", "AdminGetUser"),
        ("role", "arn:aws:iam::000000000000:role/none", "AdminGetUser"),
        ("user", ADMIN, "Mutation.nothing"),
        ("user", ADMIN, "NoSuchOperation"),
    ],
)
async def test_questions_about_nothing(scene, kind, who, what):
    with pytest.raises(PageRefusal):
        await ask(scene, kind, who, what)


async def test_asking_changes_nothing(services, defined, scene):
    """Not even the trail: the debugger only looks."""
    before = [await defined.state(email) for email in (ADMIN, SUPPORT, CUSTOMER)]
    for operation, group in OPERATIONS:
        for kind, who in (("user", ADMIN), ("function", "cleaner"), ("identity", ADMIN)):
            await ask(scene, kind, who, operation, on=CUSTOMER, group=group)
    assert [await defined.state(email) for email in (ADMIN, SUPPORT, CUSTOMER)] == before
