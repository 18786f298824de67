"""Who may put whom into which group, and what it changes."""

import pytest

from poolhouse.client import OperationError, RequestRefused, generate_client


def add(session, user, group="ADMINS"):
    return session.client.mutations.add_user_to_group(userId=user.sub, groupName=group)


def test_an_admin_adds_a_member(user, sign_in, pool):
    admin, member = user(groups=["ADMINS"]), user()
    add(sign_in(admin), member)
    assert pool.groups_of(member) == ["ADMINS"]


def test_a_member_does_not(user, sign_in, pool):
    member = user()
    with pytest.raises(OperationError, match="Permission denied"):
        add(sign_in(member), member)
    assert pool.groups_of(member) == []


def test_a_guest_does_not(user, outputs, pool):
    member = user()
    with pytest.raises(OperationError, match="Permission denied"):
        generate_client(outputs).mutations.add_user_to_group(userId=member.sub, groupName="ADMINS")
    assert pool.groups_of(member) == []


def test_adding_twice_changes_nothing(user, sign_in, pool):
    admin, member = sign_in(user(groups=["ADMINS"])), user()
    add(admin, member)
    add(admin, member)
    assert pool.members("ADMINS").count(member.sub) == 1


def test_a_group_that_is_not_there(user, sign_in, pool):
    admin, member = user(groups=["ADMINS"]), user()
    with pytest.raises(OperationError, match="Group not found"):
        add(sign_in(admin), member, "OWNERS")
    assert pool.groups_of(member) == []


def test_a_user_who_is_not_there(user, sign_in):
    admin = sign_in(user(groups=["ADMINS"]))
    with pytest.raises(OperationError, match="User does not exist"):
        admin.client.mutations.add_user_to_group(userId="nobody", groupName="ADMINS")


def test_a_new_admin_may_act_after_a_new_sign_in(user, sign_in, pool):
    admin, second, third = user(groups=["ADMINS"]), user(), user()
    add(sign_in(admin), second)
    add(sign_in(second), third)
    assert pool.groups_of(third) == ["ADMINS"]


def test_a_former_admin_is_out_at_once(user, sign_in, pool, admin):
    former, member = user(groups=["ADMINS"]), user()
    session = sign_in(former)
    admin.admin_remove_user_from_group(UserPoolId=pool.id, Username=former.sub, GroupName="ADMINS")
    with pytest.raises(OperationError):
        add(session, member)
    assert pool.groups_of(member) == []


def test_the_groups_are_in_the_token(user, sign_in):
    assert sign_in(user(groups=["ADMINS"])).groups == ("ADMINS",)
    assert sign_in(user()).groups == ()


def test_a_disabled_admin_is_out(user, sign_in, pool, admin):
    former, member = user(groups=["ADMINS"]), user()
    session = sign_in(former)
    admin.admin_disable_user(UserPoolId=pool.id, Username=former.sub)
    with pytest.raises(RequestRefused, match="revoked"):
        add(session, member)
    assert pool.groups_of(member) == []


@pytest.mark.parametrize("number", range(4))
def test_every_test_begins_with_nobody(pool, user, number):
    assert pool.members("ADMINS") == []
    user(f"number-{number}", groups=["ADMINS"])
