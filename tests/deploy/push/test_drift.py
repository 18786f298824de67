"""What was changed by hand is found by CloudFormation, and told by property."""

import json

import boto3
from emulator.faults import Refusal

from poolhouse.deploy.push import drift, stacks

LOG = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/by-hand", "RetentionInDays": 7}}


def test_hand_made_changes_are_told(world, template):
    """A role that took another's trust; what CloudFormation cannot compare is named too."""
    world.push(template)
    stack = stacks.find(world.account, world.name)
    assert drift.detect(world.account, stack).drifts == ()
    role = stacks.resources(world.account, world.name)["Role"].physical_id
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(world, "iam").update_assume_role_policy(RoleName=role, PolicyDocument=document)
    report = drift.detect(world.account, stack)
    assert [(one.logical_id, one.status) for one in report.drifts] == [("Role", "MODIFIED")]
    assert all(each.expected != each.actual for each in report.drifts[0].differences)
    assert report.checked >= 1


def test_what_is_gone_is_told(world, template):
    """Deleted by hand."""
    template["Resources"]["Log"] = LOG
    world.push(template)
    client(world, "logs").delete_log_group(logGroupName="/by-hand")
    report = drift.detect(world.account, stacks.find(world.account, world.name))
    assert [(one.logical_id, one.status) for one in report.drifts] == [("Log", "DELETED")]


def test_a_slow_detection_is_waited_for(world, template, faults):
    """It is asked again until it is done."""
    world.push(template)
    faults.after = lambda action, text: (
        text.replace("DETECTION_COMPLETE", "DETECTION_IN_PROGRESS")
        if action == "DescribeStackDriftDetectionStatus" and faults.asked.count(action) < 3
        else text
    )
    faults.before = lambda action, count: (
        Refusal(400, "Throttling", "Rate exceeded") if action == "DetectStackDrift" and count == 1 else None
    )
    assert drift.detect(world.account, stacks.find(world.account, world.name)).drifts == ()
    assert faults.asked.count("DescribeStackDriftDetectionStatus") == 3


def client(world, service: str):
    """Another client of the same account."""
    key = {"aws_access_key_id": world.account.id, "aws_secret_access_key": "test"}
    url = world.account.cloudformation.meta.endpoint_url
    return boto3.client(service, world.account.region, endpoint_url=url, **key)
