"""Change sets become plans, and leave nothing behind."""

import pytest

from poolhouse.deploy.push import bucket, changes, plans, stacks
from poolhouse.errors import AwsError, PushFailed

ROLE = "Role"


def summary(plan) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(change.action, change.logical_id, change.properties) for change in plan.changes]


def test_a_new_stack_is_creation_only(world, template):
    """What is planned without asking AWS is what the change set says."""
    made = world.propose(template)
    assert summary(made) == summary(plans.of_new(world.name, template))
    assert {change.action for change in made.changes} == {"create"}


def test_what_differs_is_named(world, template):
    """Created, changed with its properties, replaced, deleted; in this order."""
    world.push(template)
    template["Resources"]["UserPool"]["Properties"]["MfaConfiguration"] = "OPTIONAL"
    template["Resources"]["Admins"]["Properties"]["GroupName"] = "CHIEFS"
    del template["Resources"]["Editors"]
    template["Resources"]["Log"] = {"Type": "AWS::Logs::LogGroup"}
    plan = world.propose(template)
    assert summary(plan)[0] == ("create", "Log", ())
    assert ("change", "UserPool", ("MfaConfiguration",)) in summary(plan)
    assert ("replace", "Admins", ("GroupName",)) in summary(plan)
    assert summary(plan)[-1] == ("delete", "Editors", ())


def test_no_change_leaves_no_change_set(world, template):
    """The plan says so by having none."""
    world.push(template)
    assert world.propose(template) == plans.Plan(world.name, ())
    listed = world.account.cloudformation.list_change_sets(StackName=world.name)["Summaries"]
    assert [one for one in listed if one["ExecutionStatus"] == "AVAILABLE"] == []


def test_an_output_alone_is_a_change(world, template, faults):
    """It touches no resource, and clients wait for it. To the emulator it is none; the proxy answers as AWS does."""
    world.push(template)
    faults.after = lambda action, text: (
        text.replace("<Status>FAILED</Status>", "<Status>CREATE_COMPLETE</Status>")
        if action == "DescribeChangeSet"
        else text
    )
    assert world.propose(template).change_set == ""
    template["Outputs"]["Again"] = {"Value": {"Ref": "UserPool"}}
    plan = world.propose(template)
    assert (plan.changes, plan.change_set != "") == ((), True)


def test_a_declined_first_push_leaves_no_shell(world, template):
    """The stack that a change set of creation makes goes with it."""
    plan = world.propose(template)
    changes.discard(world.account, world.name, plan.change_set)
    assert stacks.find(world.account, world.name) is None


def test_permissions_come_and_go_in_words(world, template):
    """By role, action and resource; the plan of a change set has them too."""
    world.push(template)
    statement = template["Resources"][ROLE]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    statement["Action"] = ["cognito-idp:AdminDeleteUser", "cognito-idp:AdminEnableUser"]
    assert [str(one) for one in world.propose(template).permissions] == [
        "Role may cognito-idp:AdminDeleteUser, cognito-idp:AdminEnableUser on UserPool.Arn",
        "Role may no longer cognito-idp:AdminGetUser on UserPool.Arn",
    ]


def test_a_template_that_is_refused(world, template, faults):
    """CloudFormation's own words, and no shell is left."""
    template["Resources"]["Odd"] = {"Type": "AWS::Nothing::Known"}
    with pytest.raises(AwsError, match=r"CreateChangeSet was refused .*AWS::Nothing::Known"):
        world.propose(template)
    assert stacks.find(world.account, world.name) is None


def test_a_failed_change_set_says_why(world, template, faults):
    """Any reason but that there is nothing to do."""
    world.push(template)
    template["Resources"]["Log"] = {"Type": "AWS::Logs::LogGroup"}
    faults.after = lambda action, text: (
        text.replace("<Status>CREATE_COMPLETE</Status>", "<Status>FAILED</Status>").replace(
            "<StatusReason></StatusReason>", "<StatusReason>Transform failed</StatusReason>"
        )
        if action == "DescribeChangeSet"
        else text
    )
    with pytest.raises(PushFailed, match="does not take the template: Transform failed"):
        world.propose(template)


def test_a_large_template_goes_through_the_bucket(world, big):
    """CloudFormation reads it there; the request holds 51,200 bytes at most."""
    bucket.ensure(world.account, "nowhere")
    plan = world.propose(big)
    assert len(plan.changes) == len(big["Resources"])
    keys = [one["Key"] for one in world.account.s3.list_objects_v2(Bucket="nowhere")["Contents"]]
    assert [key.partition("/")[0] for key in keys] == ["templates"]
