"""Delegation over a pool at AWS: the groups of everybody concerned are asked of AWS, at the moment of the call."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from acceptance.world import claims_of

from poolhouse import service_model
from poolhouse.access.principals import Person as Caller
from poolhouse.access.principals import Root
from poolhouse.errors import DelegationRefused
from poolhouse.operations.gate import call


@pytest.fixture
def admin(far):
    return far.person("ADMINS")


@pytest.fixture
def support(far):
    return far.person("SUPPORT")


def put(front, who, user, group):
    return front.perform("administer", who, "AdminAddUserToGroup", Username=user.sub, GroupName=group)


def test_within_the_rules(delegating, far, support):
    """The rule that allowed it is on record, and about whom it was by his sub."""
    user = far.person()
    assert put(delegating, support, user, "CUSTOMERS").code == "ok"
    assert far.groups_of(user) == ["CUSTOMERS"]
    assert delegating.perform("administer", support, "AdminGetUser", Username=user.email).code == "ok"
    event = delegating.events(operation="AdminGetUser", subject=user.sub)[0]
    assert event.body["rule"] == 'allow.group("SUPPORT").to(["getUser"], members_of=["CUSTOMERS"])'
    assert event.body["groups"] == ["SUPPORT"]


@pytest.mark.parametrize(
    ("group", "operation", "request_", "told"),
    [
        ("", "AdminAddUserToGroup", {"GroupName": "EDITORS"}, "put users into another group than CUSTOMERS"),
        ("", "AdminAddUserToGroup", {"GroupName": "ADMINS"}, "put users into ADMINS, which outranks"),
        ("", "AdminGetUser", {}, "on a user who is not a member of CUSTOMERS"),
        ("ADMINS", "AdminGetUser", {}, "on a member of ADMINS, which outranks their own groups"),
        ("CUSTOMERS", "AdminDeleteUser", {}, "perform AdminDeleteUser: no rule"),
        ("CUSTOMERS", "AdminSetUserPassword", {"Password": "Other-Horse-9"}, "perform AdminSetUserPassword: no rule"),
    ],
)
def test_beyond_the_rules(delegating, far, support, group, operation, request_, told):
    """Refused, and nothing was done at AWS."""
    user = far.person(*[group] if group else [])
    before = far.admin("AdminGetUser", Username=user.sub), far.groups_of(user)
    refused = delegating.perform("administer", support, operation, Username=user.sub, **request_)
    assert refused.code == "NotAuthorizedException"
    assert told in refused.message
    assert (far.admin("AdminGetUser", Username=user.sub), far.groups_of(user)) == before
    assert delegating.events(operation=operation, subject=user.sub)[0].result == "NotAuthorizedException"


def test_groups_of_the_moment(delegating, far, admin, support):
    """What a token says counts for nothing, and neither does what was remembered."""
    user = far.person()
    assert put(delegating, admin, user, "EDITORS").code == "ok"
    far.admin("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    refused = put(delegating, admin, user, "CUSTOMERS")
    assert refused.code == "NotAuthorizedException"
    far.admin("AdminAddUserToGroup", Username=user.sub, GroupName="ADMINS")
    assert "which outranks" in put(delegating, support, user, "CUSTOMERS").message
    assert sorted(far.groups_of(user)) == ["ADMINS", "EDITORS"]


def test_grants_and_rules_both_decide(delegating, far, admin):
    """A narrowed grant stays narrow, whoever calls."""
    user = far.person()
    asked = {"Username": user.sub, "GroupName": "CUSTOMERS"}
    assert delegating.perform("narrowed", admin, "AdminAddUserToGroup", **asked).code == "AccessDeniedException"
    assert far.groups_of(user) == []


def test_groups_above_ones_own(delegating, far):
    """A group cannot be made or deleted by somebody whom it outranks, or who has a stronger member."""
    chief = far.person("ADMINS")
    far.admin("CreateGroup", GroupName="ABOVE", Precedence=0)
    far.admin("CreateGroup", GroupName="MIXED", Precedence=9)
    try:
        made = delegating.perform("administer", chief, "CreateGroup", GroupName="NEW", Precedence=5)
        assert made.code == "ok"
        assert delegating.perform("administer", chief, "DeleteGroup", GroupName="NEW").code == "ok"
        refused = delegating.perform("administer", chief, "DeleteGroup", GroupName="ADMINS")
        assert "which is protected" in refused.message
    finally:
        for name in ("ABOVE", "MIXED"):
            far.admin("DeleteGroup", GroupName=name)
    names = {group["GroupName"] for group in far.admin("ListGroups")["Groups"]}
    assert "NEW" not in names
    assert "ADMINS" in names


def person_of(front, who):
    settings = front.running.settings
    token = claims_of(who.session.access_token)
    return Caller(
        front.pool, who.sub, token["username"], "jti", "192.0.2.1", "console", settings.account_id, settings.region
    )


def ask(front, principal, operation, **request):
    known = service_model.operation("cognito-idp", operation)
    struct = service_model.from_params(known, {"UserPoolId": front.pool, **request})
    return front.wait(call(front.running.server.services, principal, known, struct, request_id="1", way="console"))


def test_the_last_member_of_a_protected_group(delegating, far):
    """Two who would take each other out at the same moment: one of them stays."""
    members = far.admin("ListUsersInGroup", GroupName="ADMINS")["Users"]
    for user in members:
        far.admin("AdminRemoveUserFromGroup", Username=user["Username"], GroupName="ADMINS")
    first, second = far.person("ADMINS"), far.person("ADMINS")

    def take(who, other):
        try:
            ask(delegating, who, "AdminRemoveUserFromGroup", Username=other.sub, GroupName="ADMINS")
        except DelegationRefused as error:
            return error.message
        return "ok"

    callers = person_of(delegating, first), person_of(delegating, second)
    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(take, callers, (second, first)))
    assert sorted(told)[1] == "ok"
    assert len(far.admin("ListUsersInGroup", GroupName="ADMINS")["Users"]) == 1
    alone, caller = (first, callers[0]) if far.groups_of(first) else (second, callers[1])
    for operation in ("AdminDisableUser", "AdminDeleteUser"):
        with pytest.raises(DelegationRefused, match="the last enabled member of ADMINS"):
            ask(delegating, caller, operation, Username=alone.sub)
    assert far.admin("AdminGetUser", Username=alone.sub)["Enabled"]


def test_somebody_who_is_gone(delegating, far, admin):
    """Disabled, deleted, or another one of the same name."""
    caller = person_of(delegating, admin)
    user = far.person()
    stranger = Caller(caller.pool_id, user.sub, caller.username, "", "", "console", caller.account_id, caller.region)
    with pytest.raises(DelegationRefused, match="disabled or no longer exists"):
        ask(delegating, stranger, "AdminDisableUser", Username=user.sub)
    far.admin("AdminDisableUser", Username=admin.sub)
    with pytest.raises(DelegationRefused, match="disabled or no longer exists"):
        ask(delegating, caller, "AdminDisableUser", Username=user.sub)
    assert far.admin("AdminGetUser", Username=user.sub)["Enabled"]


def test_another_pool(delegating, far, admin):
    """One of the server's own, which the person has no business in."""
    caller = person_of(delegating, admin)
    root = Root(caller.account_id, caller.region)
    known = service_model.operation("cognito-idp", "CreateUserPool")
    made = delegating.wait(
        call(
            delegating.running.server.services,
            root,
            known,
            service_model.from_params(known, {"PoolName": "own"}),
            request_id="1",
        )
    )
    with pytest.raises(DelegationRefused, match="may not act in another user pool"):
        ask(delegating, caller, "ListUsers", UserPoolId=made["UserPool"]["Id"])


def test_a_user_of_another_pool(delegating, far):
    """Of this server's own, who is nobody at AWS."""
    user = far.person()
    settings = delegating.running.settings
    stranger = Caller("us-east-1_Own000000", user.sub, "ann", "", "", "console", settings.account_id, settings.region)
    with pytest.raises(DelegationRefused):
        ask(delegating, stranger, "AdminDisableUser", Username=user.sub)
    assert far.admin("AdminGetUser", Username=user.sub)["Enabled"]


def test_a_pool_that_delegates_nothing(front, far, admin):
    """Then a person is nobody by himself, and functions act by their grants."""
    user = far.person()
    with pytest.raises(DelegationRefused, match="delegates nothing"):
        ask(front, person_of(front, admin), "AdminDisableUser", Username=user.sub)
    assert far.admin("AdminGetUser", Username=user.sub)["Enabled"]
