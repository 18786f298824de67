"""Delegation at the gate: live groups of everybody concerned decide, and what is refused leaves no trace."""

import asyncio
import contextlib

import msgspec
import pytest
from operations.backend.world import World, grant, manifest
from operations.delegation_stage import GROUPS, ROLE, RULES, Ranks, delegate

from poolhouse import service_model
from poolhouse.define.delegable import CHANGES_GROUP, DELEGABLE, MEMBERSHIP, ON_USER
from poolhouse.define.manifest import Delegation
from poolhouse.errors import (
    AccessDeniedException,
    DelegationRefused,
    GroupNotFound,
    NotImplementedException,
    ServiceError,
    UserNotFoundException,
)
from poolhouse.operations import delegation
from poolhouse.operations.families import served


@pytest.fixture
async def ranks(services, invoke) -> Ranks:
    """An owner, two admins, a supporter, a customer, an editor, and somebody in no group."""
    made = Ranks(World(services, invoke))
    await made.apply()
    for name, *groups in (
        ("owner", "OWNERS"),
        ("ada", "ADMINS"),
        ("ann", "ADMINS"),
        ("sue", "SUPPORT"),
        ("cus", "CUSTOMERS"),
        ("edi", "EDITORS"),
        ("nob",),
    ):
        await made.user(name, *groups)
    return made


def request_of(operation: str, username: str, group: str) -> dict:
    """A request that succeeds as far as delegation goes; what it does is another test's matter."""
    known = service_model.operation("cognito-idp", operation)
    made = {"GroupName": group} if operation in MEMBERSHIP | CHANGES_GROUP | {"GetGroup", "ListUsersInGroup"} else {}
    more = {
        "AdminCreateUser": {"MessageAction": "RESEND"},
        "AdminDeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
        "AdminForgetDevice": {"DeviceKey": "us-east-1_00000000-0000-0000-0000-000000000000"},
        "AdminGetDevice": {"DeviceKey": "us-east-1_00000000-0000-0000-0000-000000000000"},
        "AdminRevokeUserSession": {"SessionId": "tkn" + "x" * 25},
        "AdminSetUserPassword": {"Password": "Correct-Horse9", "Permanent": True},
        "AdminSetUserSettings": {"MFAOptions": []},
        "AdminUpdateAuthEventFeedback": {"EventId": "e", "FeedbackValue": "Valid"},
        "AdminUpdateDeviceStatus": {"DeviceKey": "us-east-1_00000000-0000-0000-0000-000000000000"},
        "AdminUpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "n"}]},
    }
    assert known is not None
    return made | ({"Username": username} if operation in ON_USER else {}) | more.get(operation, {})


SERVED = sorted(operation for operation in ON_USER - MEMBERSHIP if ("cognito-idp", operation) in served())


async def test_operations_on_users(ranks):
    """Weaker and equal users may be acted on, also oneself; stronger ones not, whatever the function's role may."""
    for operation in SERVED:
        weaker, equal = await ranks.user(f"weak-{operation}"), await ranks.user(f"equal-{operation}", "ADMINS")
        own = () if operation in ("AdminDeleteUser", "AdminDisableUser") else (ranks.subs["ada"],)
        for target in (weaker, equal, *own):
            with contextlib.suppress(ServiceError):  # the operation itself may have something against it
                await not_refused(ranks.do("ada", operation, **request_of(operation, target, "")))
        before = await ranks.state()
        with pytest.raises(DelegationRefused, match="on a member of OWNERS, which outranks their own groups"):
            await ranks.do("ada", operation, **request_of(operation, ranks.subs["owner"], ""))
        assert await ranks.state() == before


async def not_refused(asked) -> None:
    try:
        await asked
    except DelegationRefused as error:
        raise AssertionError from error


async def test_whoever_has_no_rule_may_nothing(ranks):
    """An editor and somebody without groups, as the caller of a function and as holder of credentials."""
    before = await ranks.state()
    for operation in sorted(DELEGABLE):
        request = request_of(operation, ranks.subs["nob"], "EDITORS")
        full = {"UserPoolId": ranks.pool, **request}
        expected = DelegationRefused if ("cognito-idp", operation) in served() else NotImplementedException
        for name in ("edi", "nob"):
            with pytest.raises(expected) as caught:
                await ranks.do(name, operation, **request)
            assert expected is NotImplementedException or "no rule of the pool's delegation" in str(caught.value)
            with pytest.raises(expected):
                await ranks.ask(operation, full, principal=ranks.identity(name))
    assert await ranks.state() == before


async def test_what_nobody_can_delegate_is_refused_to_the_strongest(ranks):
    """Pool settings, clients, imports and new sessions of roles: no rule can name them."""
    for operation, request in (
        ("UpdateUserPool", {}),
        ("CreateUserPoolClient", {"ClientName": "x"}),
        ("CreateUserImportJob", {"JobName": "x", "CloudWatchLogsRoleArn": "arn:aws:iam::000000000000:role/x"}),
        ("AdminInitiateAuth", {"ClientId": "x", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}),
        ("DeleteUserPool", {}),
    ):
        with pytest.raises(DelegationRefused, match="no rule"):
            await ranks.do("owner", operation, **request)
    role = {"RoleArn": "arn:aws:iam::000000000000:role/other", "RoleSessionName": "out"}
    with pytest.raises(DelegationRefused, match="no rule"):
        await ranks.ask("AssumeRole", role, principal=ranks.identity("owner"))


async def test_whoever_asks_who_he_is_gets_an_answer(ranks):
    answer = await ranks.ask("GetCallerIdentity", {}, principal=ranks.identity("nob"))
    assert answer["Arn"].endswith("assumed-role/member/s")


async def test_memberships(ranks):
    """A group up to the own rank may be given and taken, within `assigns`."""
    await ranks.do("ada", "AdminAddUserToGroup", Username=ranks.subs["nob"], GroupName="ADMINS")
    assert await ranks.groups_of("nob") == ["ADMINS"]
    await ranks.do("sue", "AdminAddUserToGroup", Username=ranks.subs["edi"], GroupName="CUSTOMERS")
    assert await ranks.groups_of("edi") == ["CUSTOMERS", "EDITORS"]
    for name, group, told in (
        ("ada", "OWNERS", "put users into OWNERS, which outranks their own groups"),
        ("sue", "EDITORS", "put users into another group than CUSTOMERS"),
        ("sue", "ADMINS", "put users into ADMINS, which outranks"),
    ):
        with pytest.raises(DelegationRefused, match=told):
            await ranks.do(name, "AdminAddUserToGroup", Username=ranks.subs[name], GroupName=group)
        assert group not in await ranks.groups_of(name)


async def test_the_circle(ranks):
    """Only members of CUSTOMERS, told alike for others and for names that nobody has."""
    assert (await ranks.do("sue", "AdminGetUser", Username=ranks.subs["cus"]))["Username"] == ranks.subs["cus"]
    for username in (ranks.subs["edi"], "ghost@example.com"):
        with pytest.raises(DelegationRefused, match="not a member of CUSTOMERS"):
            await ranks.do("sue", "AdminGetUser", Username=username)


async def test_names_are_resolved_as_the_operation_resolves_them(ranks):
    """By address, in any case, and by sub: the same user, the same refusal."""
    for username in ("OWNER@example.com", "owner@example.com", ranks.subs["owner"]):
        with pytest.raises(DelegationRefused, match="OWNERS"):
            await ranks.do("ada", "AdminDisableUser", Username=username)


async def test_unknown_users_and_groups_are_told_as_ever(ranks):
    with pytest.raises(UserNotFoundException):
        await ranks.do("ada", "AdminGetUser", Username="ghost@example.com")
    with pytest.raises(GroupNotFound):
        await ranks.do("ada", "AdminAddUserToGroup", Username=ranks.subs["nob"], GroupName="GHOSTS")


@pytest.mark.parametrize("operation", ["AdminRemoveUserFromGroup", "AdminDisableUser", "AdminDeleteUser"])
async def test_the_last_enabled_member_stays(ranks, operation):
    """A disabled colleague does not count; root may do what it wants."""
    await ranks.do("ada", "AdminDisableUser", Username=ranks.subs["ann"])
    more = {"GroupName": "ADMINS"} if operation == "AdminRemoveUserFromGroup" else {}
    before = await ranks.state()
    for name in ("ada", "owner"):
        with pytest.raises(DelegationRefused, match="the last enabled member of ADMINS, which is protected"):
            await ranks.do(name, operation, Username=ranks.subs["ada"], **more)
    assert await ranks.state() == before
    await ranks.as_root(operation, Username=ranks.subs["ada"], **more)
    assert await ranks.state() != before


async def test_a_protected_group_is_not_deleted(ranks):
    with pytest.raises(DelegationRefused, match="delete ADMINS, which is protected"):
        await ranks.do("owner", "DeleteGroup", GroupName="ADMINS")
    await ranks.do("owner", "DeleteGroup", GroupName="EDITORS")
    assert "EDITORS" not in await ranks.world.groups()


@pytest.mark.parametrize("operation", ["AdminRemoveUserFromGroup", "AdminDisableUser", "AdminDeleteUser"])
async def test_two_who_remove_each_other_leave_one(ranks, operation):
    """At the same time, on both databases."""
    more = {"GroupName": "ADMINS"} if operation == "AdminRemoveUserFromGroup" else {}
    results = await asyncio.gather(
        ranks.do("ada", operation, Username=ranks.subs["ann"], **more),
        ranks.do("ann", operation, Username=ranks.subs["ada"], **more),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, DelegationRefused)]
    assert len(refused) == 1, results
    members = (await ranks.as_root("ListUsersInGroup", GroupName="ADMINS"))["Users"]
    assert [member["Enabled"] for member in members].count(True) == 1


async def test_many_who_leave_at_once_leave_one(ranks):
    """Everybody takes himself out: one stays."""
    names = ["ada", "ann", *(f"more{nth}" for nth in range(4))]
    for name in names[2:]:
        await ranks.user(name, "ADMINS")
    results = await asyncio.gather(
        *(ranks.do(name, "AdminRemoveUserFromGroup", Username=ranks.subs[name], GroupName="ADMINS") for name in names),
        return_exceptions=True,
    )
    assert sum(isinstance(result, DelegationRefused) for result in results) == 1, results
    assert len((await ranks.as_root("ListUsersInGroup", GroupName="ADMINS"))["Users"]) == 1


# --- attempts to become stronger ---


async def test_groups_that_persons_make_and_change(ranks):
    """No precedence above the own, no role, no group above the own, no name of the definitions."""
    await ranks.do("ada", "CreateGroup", GroupName="interns", Precedence=1)
    before = await ranks.state()
    role = "arn:aws:iam::000000000000:role/strong"
    for operation, request, told in (
        ("CreateGroup", {"GroupName": "mine", "Precedence": 0}, "precedence 0, which outranks"),
        ("CreateGroup", {"GroupName": "mine", "RoleArn": role}, "give a group an IAM role"),
        ("UpdateGroup", {"GroupName": "interns", "Precedence": 0}, "precedence 0, which outranks"),
        ("UpdateGroup", {"GroupName": "interns", "RoleArn": role}, "give a group an IAM role"),
        ("UpdateGroup", {"GroupName": "OWNERS", "Precedence": 9}, "change OWNERS, which outranks"),
        ("DeleteGroup", {"GroupName": "OWNERS"}, "delete OWNERS, which outranks"),
    ):
        with pytest.raises(DelegationRefused, match=told):
            await ranks.do("ada", operation, **request)
    assert await ranks.state() == before


async def test_a_deleted_groups_name_cannot_be_taken(ranks):
    """Rules name groups: whoever could make a group of that name anew would have its rules."""
    await ranks.as_root("DeleteGroup", GroupName="OWNERS")
    with pytest.raises(DelegationRefused, match="create OWNERS: the name belongs to the definitions"):
        await ranks.do("ada", "CreateGroup", GroupName="OWNERS", Precedence=5)
    assert "OWNERS" not in await ranks.world.groups()


async def test_a_group_is_not_deleted_from_under_a_stronger_user(ranks):
    await ranks.as_root("AdminAddUserToGroup", Username=ranks.subs["owner"], GroupName="EDITORS")
    with pytest.raises(DelegationRefused, match="one of its members is stronger"):
        await ranks.do("ada", "DeleteGroup", GroupName="EDITORS")
    assert await ranks.groups_of("owner") == ["EDITORS", "OWNERS"]


async def test_a_new_user_has_no_groups_and_takes_nobodys_address(ranks):
    attributes = [{"Name": "email", "Value": "new@example.com"}]
    made = await ranks.do(
        "ada", "AdminCreateUser", Username="new@example.com", UserAttributes=attributes, MessageAction="SUPPRESS"
    )
    ranks.subs["new"] = made["User"]["Username"]
    assert await ranks.groups_of("new") == []
    with pytest.raises(DelegationRefused, match="take a sign-in name from one user for another"):
        await ranks.do("ada", "AdminCreateUser", Username="cus@example.com", ForceAliasCreation=True)
    with pytest.raises(DelegationRefused, match="on a member of OWNERS"):
        await ranks.do("ada", "AdminCreateUser", Username="owner@example.com", MessageAction="RESEND")


async def test_membership_counts_at_the_moment_of_the_call(ranks):
    """Taken out, disabled or deleted since the token was made: out. Put in since: in."""
    await ranks.as_root("AdminRemoveUserFromGroup", Username=ranks.subs["ann"], GroupName="ADMINS")
    with pytest.raises(DelegationRefused, match="Users without a group"):
        await ranks.do("ann", "AdminGetUser", Username=ranks.subs["nob"])
    await ranks.as_root("AdminAddUserToGroup", Username=ranks.subs["nob"], GroupName="ADMINS")
    await ranks.do("nob", "AdminGetUser", Username=ranks.subs["ann"])
    await ranks.as_root("AdminDisableUser", Username=ranks.subs["nob"])
    with pytest.raises(DelegationRefused, match="disabled or no longer exists"):
        await ranks.do("nob", "AdminGetUser", Username=ranks.subs["ann"])
    await ranks.as_root("AdminDeleteUser", Username=ranks.subs["ada"])
    with pytest.raises(DelegationRefused, match="disabled or no longer exists"):
        await ranks.do("ada", "AdminGetUser", Username=ranks.subs["ann"])


async def test_whoever_is_made_anew_is_another(ranks):
    """The same address, another sub: what an old caller carries is not his."""
    old = ranks.subs["ada"]
    await ranks.as_root("AdminDeleteUser", Username=old)
    await ranks.user("ada", "ADMINS")
    person = ranks.person("ada", sub=old)
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["nob"]}
    with pytest.raises(DelegationRefused, match="no longer exists"):
        await ranks.ask("AdminGetUser", request, principal=ranks.role(), person=person)


async def test_another_pool(ranks):
    """A function that is handed the id of a pool of somebody else, or of nobody."""
    other = (await ranks.world.invoke("CreateUserPool", {"PoolName": "other"}))["UserPool"]["Id"]
    for pool_id in (other, "us-east-1_Nobody000"):
        with pytest.raises(DelegationRefused, match="may not act in another user pool"):
            await ranks.do("owner", "CreateGroup", UserPoolId=pool_id, GroupName="mine")
    assert (await ranks.world.invoke("ListGroups", {"UserPoolId": other}))["Groups"] == []


# --- who is asked, and who is not ---


async def test_nobody_behind_the_call(ranks):
    """Root, and a function that nobody called, act on what they have themselves."""
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["nob"], "GroupName": "OWNERS"}
    await ranks.ask("AdminAddUserToGroup", request, principal=ranks.role())
    assert await ranks.groups_of("nob") == ["OWNERS"]


async def test_a_pool_without_delegation_asks_nobody(ranks):
    """As at AWS, the function's grant is what counts; but a person himself has no grant."""
    assert await ranks.apply(None) == [
        "remove delegation amplifyAuth: functions act on their own grants, whoever calls them"
    ]
    await ranks.do("nob", "AdminAddUserToGroup", Username=ranks.subs["nob"], GroupName="OWNERS")
    assert await ranks.groups_of("nob") == ["OWNERS"]
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["cus"]}
    with pytest.raises(DelegationRefused, match="delegates nothing to its users"):
        await ranks.ask("AdminGetUser", request, principal=ranks.person("nob", via="console"))


async def test_the_same_answer_as_a_person_himself(ranks):
    """The console acts as the person; a function and identity-pool credentials act for him."""
    ways = (
        (ranks.person("ada", via="console"), None),
        (ranks.identity("ada"), None),
        (ranks.role(), ranks.person("ada")),
    )
    for principal, person in ways:
        request = {"UserPoolId": ranks.pool, "Username": ranks.subs["cus"]}
        await ranks.ask("AdminDisableUser", request, principal=principal, person=person)
        request["Username"] = ranks.subs["owner"]
        with pytest.raises(DelegationRefused) as caught:
            await ranks.ask("AdminDisableUser", request, principal=principal, person=person)
        assert (caught.value.code, caught.value.status) == ("NotAuthorizedException", 400)


async def test_the_roles_policy_still_counts(ranks):
    """Delegation takes away; it gives nothing that the function was not granted."""
    role = ranks.role()
    without = type(role)(role.role_arn, role.role_name, "s", "000000000000", "us-east-1", type(role.policies)())
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["cus"]}
    with pytest.raises(AccessDeniedException):
        await ranks.ask("AdminGetUser", request, principal=without, person=ranks.person("ada"))


async def test_own_authority(ranks):
    """A function that acts for itself is not asked who called it, for what the grant names only."""
    own = grant("addUserToGroup")
    wanted = manifest(
        *GROUPS,
        auth={"delegation": RULES},
        grants=(msgspec.structs.replace(own, own_authority=True),),
    )
    await ranks.world.apply(wanted)
    role = ranks.role(ranks.world.applied.function_roles["promote"])
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["nob"], "GroupName": "OWNERS"}
    await ranks.ask("AdminAddUserToGroup", request, principal=role, person=ranks.person("nob"))
    assert await ranks.groups_of("nob") == ["OWNERS"]
    with pytest.raises(DelegationRefused):
        await ranks.ask("AdminRemoveUserFromGroup", request, principal=role, person=ranks.person("edi"))
    with pytest.raises(DelegationRefused):
        await ranks.ask("AdminAddUserToGroup", request, principal=ranks.role(ROLE), person=ranks.person("edi"))


# --- what the console asks ---


async def test_permitted(ranks):
    """The operations of all rules of the person's groups; none for whoever is gone, or in a pool without rules."""
    async with ranks.services.database.read() as tx:
        assert await delegation.permitted(tx, ranks.person("ada")) == DELEGABLE
        assert await delegation.permitted(tx, ranks.person("sue")) == {"AdminGetUser", "AdminDisableUser"} | MEMBERSHIP
        assert await delegation.permitted(tx, ranks.person("nob")) == frozenset()
        assert await delegation.permitted(tx, ranks.person("ada", sub="gone")) == frozenset()
    await ranks.apply(None)
    async with ranks.services.database.read() as tx:
        assert await delegation.permitted(tx, ranks.person("ada")) == frozenset()


async def test_explain(ranks):
    """The rule that allows or the reason that refuses, with what it was found from; nothing is done."""
    asked = service_model.operation("cognito-idp", "AdminAddUserToGroup")
    request = {"UserPoolId": ranks.pool, "Username": ranks.subs["nob"], "GroupName": "ADMINS"}
    struct = service_model.from_params(asked, request)
    before = await ranks.state()
    ctx = ranks.call_of("ada", ranks.person("ada", via="console"))
    async with ranks.services.database.read() as tx:
        told = await delegation.explain(ctx, tx, ranks.person("ada"), asked.name, struct)
        refused = await delegation.explain(ctx, tx, ranks.person("sue"), asked.name, struct)
    assert told.allowed
    assert told.rule == 'allow.group("ADMINS").to(["manageUsers"])'
    assert told.facts == (
        f"{ranks.subs['ada']} is a member of ADMINS (precedence 1).",
        f"{ranks.subs['nob']} is in no group.",
        "The group ADMINS has precedence 1.",
    )
    assert (refused.allowed, refused.rule) == (
        False,
        "Members of SUPPORT may not put users into ADMINS, which outranks their own groups.",
    )
    assert await ranks.state() == before


async def test_explain_without_rules(ranks):
    await ranks.apply(None)
    asked = service_model.operation("cognito-idp", "AdminGetUser")
    struct = service_model.from_params(asked, {"UserPoolId": ranks.pool, "Username": "x"})
    async with ranks.services.database.read() as tx:
        for principal, allowed in ((ranks.role(), True), (ranks.person("ada", via="console"), False)):
            told = await delegation.explain(
                ranks.call_of("ada", principal), tx, ranks.person("ada"), asked.name, struct
            )
            assert (told.allowed, told.rule) == (allowed, "")
            assert "delegates nothing" in told.facts[0]


# --- how rules reach the store ---


async def test_rules_are_applied_and_changes_told(ranks):
    changed = Delegation(delegates=(delegate("ADMINS"), delegate("SUPPORT", "AdminGetUser")), protected=("SUPPORT",))
    assert await ranks.apply() == []
    assert await ranks.apply(changed) == [
        "change delegation amplifyAuth: rules of OWNERS, rules of SUPPORT, protected are SUPPORT"
    ]
    with pytest.raises(DelegationRefused, match="no rule"):
        await ranks.do("owner", "AdminGetUser", Username=ranks.subs["nob"])
    assert (await ranks.apply(None))[0].startswith("remove delegation amplifyAuth")
    assert await ranks.apply() == ["create delegation amplifyAuth: to OWNERS, ADMINS, SUPPORT"]


async def test_a_replaced_pool_keeps_its_rules(ranks):
    """A new pool has the rules of the old one."""
    await ranks.world.apply(
        manifest(*GROUPS, auth={"delegation": RULES, "login": ("phone_number",)}), allow_destructive=True
    )
    async with ranks.services.database.read() as tx:
        found = await delegation.rules_of(tx, ranks.pool)
    assert found is not None
    assert (found.delegation, found.groups) == (RULES, GROUPS)
