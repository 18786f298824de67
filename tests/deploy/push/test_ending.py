"""The end of a stack, and whether its users go with it."""

import pytest
from emulator.faults import Refusal

from poolhouse.deploy.push import ending, guard, run, stacks
from poolhouse.errors import AwsError, PushRefused


def destroy(world, *, delete_users: bool) -> None:
    stack = stacks.find(world.account, world.name)
    ending.destroy(world.account, stack, "nowhere", world.tell, delete_users=delete_users)


def populated(world, template) -> str:
    pool = world.push(template).outputs["UserPoolId"]
    world.account.cognito.admin_create_user(UserPoolId=pool, Username="ada")
    world.account.cognito.admin_add_user_to_group(UserPoolId=pool, Username="ada", GroupName="EDITORS")
    return pool


def test_users_and_groups_stay(world, template):
    """Although the template would delete them: the stack is told first."""
    pool = populated(world, template)
    destroy(world, delete_users=False)
    assert stacks.find(world.account, world.name) is None
    assert guard.members(world.account, pool, "EDITORS") == ["ada"]
    assert {"DELETE_SKIPPED UserPool", "DELETE_SKIPPED Editors", "DELETE_COMPLETE Role"} <= set(world.told)


def test_users_go_when_it_is_said(world, template):
    """Although the template would keep them and the pool is protected."""
    for name in ("UserPool", "Admins", "Editors"):
        template["Resources"][name]["DeletionPolicy"] = "Retain"
    template["Resources"]["UserPool"]["Properties"]["DeletionProtection"] = "ACTIVE"
    pool = populated(world, template)
    destroy(world, delete_users=True)
    assert stacks.find(world.account, world.name) is None
    assert guard.estimated_users(world.account, pool) is None


def test_protection_goes_last(world, template, faults):
    """A stack that cannot be told what must stay keeps its protection, and everything in it."""
    pool = populated(world, template)
    run.protect(world.account, stacks.find(world.account, world.name), on=True)
    denied = Refusal(403, "AccessDenied", "")
    faults.before = lambda action, _count: denied if action == "ExecuteChangeSet" else None
    with pytest.raises(AwsError, match="may not cloudformation:ExecuteChangeSet"):
        destroy(world, delete_users=False)
    assert stacks.find(world.account, world.name).is_protected
    assert guard.members(world.account, pool, "EDITORS") == ["ada"]
    faults.before = lambda _action, _count: None
    destroy(world, delete_users=False)
    assert stacks.find(world.account, world.name) is None


def test_a_stack_that_cannot_be_told_keeps_everything(world, template, faults):
    """Neither here nor there: its users would go with it. The state is the proxy's, the pool is real."""
    pool = populated(world, template)
    faults.after = lambda action, text: (
        text.replace("CREATE_COMPLETE<", "UPDATE_ROLLBACK_FAILED<") if action == "DescribeStacks" else text
    )
    with pytest.raises(PushRefused, match="cannot be told that the users stay"):
        destroy(world, delete_users=False)
    assert "DeleteStack" not in faults.asked
    assert guard.members(world.account, pool, "EDITORS") == ["ada"]


def test_a_half_deleted_stack_lets_go_of_its_users(world, template, faults):
    """A stack that could not be deleted takes no template any more, but a list of what stays."""
    pool = populated(world, template)
    faults.after = lambda action, text: (
        text.replace("CREATE_COMPLETE<", "DELETE_FAILED<") if action == "DescribeStacks" else text
    )
    faults.before = lambda action, _count: (
        Refusal(400, "ValidationError", "RetainResources") if action == "DeleteStack" else None
    )
    with pytest.raises(AwsError, match="DeleteStack was refused"):
        destroy(world, delete_users=False)
    assert "RetainResources.member.3=" in faults.bodies["DeleteStack"]
    assert guard.members(world.account, pool, "EDITORS") == ["ada"]


def test_the_template_says_the_fate(template):
    """Pool and groups only, each with the mark without which CloudFormation takes no new policy alone."""
    after = ending.settled(template, delete_users=False)
    assert {name for name, one in after["Resources"].items() if "DeletionPolicy" in one} == {
        "UserPool",
        "Admins",
        "Editors",
    }
    assert after["Resources"]["UserPool"]["Metadata"] == {"PoolhouseEnding": "Retain"}
    assert ending.settled(after, delete_users=False) == after
    assert ending.settled(template, delete_users=True) == template
