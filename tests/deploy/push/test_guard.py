"""Nothing that costs users happens unless it is named. Every refusal reads the state back."""

import pytest

from poolhouse.deploy.push import changes, guard, stacks
from poolhouse.errors import PushRefused


def dangers(world, template):
    """The plan's dangers; the change set is thrown away."""
    plan = world.propose(template)
    found = guard.dangers(world.account, plan, stacks.resources(world.account, world.name), world.before)
    changes.discard(world.account, world.name, plan.change_set)
    return found


def join(world, pool: str, group: str, *names: str) -> None:
    for name in names:
        world.account.cognito.admin_create_user(UserPoolId=pool, Username=name)
        world.account.cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)


def test_a_removed_group_with_members_is_refused(world, template):
    """It names the group, how many are in it, and the flag; afterwards they still are."""
    pool = world.push(template).outputs["UserPoolId"]
    join(world, pool, "EDITORS", "ada", "bob")
    del template["Resources"]["Editors"]
    found = dangers(world, template)
    with pytest.raises(PushRefused, match="would delete the group EDITORS, which has 2 members") as caught:
        guard.refuse(found, ())
    assert "--allow-replace Editors" in caught.value.resolution
    assert sorted(guard.members(world.account, pool, "EDITORS")) == ["ada", "bob"]
    assert "Editors" in stacks.resources(world.account, world.name)


def test_a_removed_group_without_members_is_not(world, template):
    """Nobody loses anything."""
    world.push(template)
    del template["Resources"]["Editors"]
    assert dangers(world, template) == []


def test_a_replaced_group_with_members_is_refused(world, template):
    """A new name is a new group, and the old one's members are not in it."""
    pool = world.push(template).outputs["UserPoolId"]
    join(world, pool, "ADMINS", "ada")
    template["Resources"]["Admins"]["Properties"]["GroupName"] = "CHIEFS"
    assert "would replace the group ADMINS, which has 1 member (ada)" in dangers(world, template)[0].sentence


def test_the_end_of_a_pool_is_refused(world, template):
    """Also where Cognito counts nobody: it counts a few times a day."""
    pool = world.push(template).outputs["UserPoolId"]
    template["Resources"] = {"Role": template["Resources"]["Role"] | {"Properties": _without_pool(template)}}
    template["Outputs"] = {}
    found = dangers(world, template)
    with pytest.raises(PushRefused, match=f"would delete the user pool UserPool: {pool}"):
        guard.refuse(found, ["Admins"])
    assert world.account.cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Id"] == pool


def _without_pool(template) -> dict:
    return {key: value for key, value in template["Resources"]["Role"]["Properties"].items() if key != "Policies"}


def test_a_pool_that_may_be_replaced_is_refused(world, template, faults):
    """CloudFormation decides some replacements only while it does them. The emulator is always sure, hence the proxy."""
    pool = world.push(template).outputs["UserPoolId"]
    template["Resources"]["UserPool"]["Properties"]["MfaConfiguration"] = "OPTIONAL"
    faults.after = lambda _action, text: text.replace(
        "<Replacement>False</Replacement>", "<Replacement>Conditional</Replacement>"
    )
    found = dangers(world, template)
    assert f"This may replace the user pool UserPool (because of MfaConfiguration): {pool}" in found[0].sentence


def test_what_is_named_may_happen(world, template):
    """One flag for each resource; others stay refused."""
    pool = world.push(template).outputs["UserPoolId"]
    join(world, pool, "EDITORS", "ada")
    join(world, pool, "ADMINS", "eve")
    del template["Resources"]["Editors"], template["Resources"]["Admins"]
    found = dangers(world, template)
    guard.refuse(found, ["Editors", "Admins"])
    with pytest.raises(PushRefused, match="ADMINS"):
        guard.refuse(found, ["Editors"])


def test_a_group_that_was_deleted_by_hand_has_no_members(world, template):
    """Its removal takes nothing from anybody."""
    pool = world.push(template).outputs["UserPoolId"]
    world.account.cognito.delete_group(UserPoolId=pool, GroupName="EDITORS")
    del template["Resources"]["Editors"]
    assert dangers(world, template) == []
