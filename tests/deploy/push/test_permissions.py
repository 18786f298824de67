"""Policies of two templates, compared and said in words."""

from typing import Any

from poolhouse.deploy.push.permissions import differing

ARN = {"Fn::GetAtt": ["UserPool", "Arn"]}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def attached(document: dict[str, Any], kind: str = "AWS::IAM::Policy") -> dict[str, Any]:
    resource = {"Type": kind, "Properties": {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}}
    return {"Resources": {"Attached": resource}}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{'+' if one.change == 'added' else '-'} {one}" for one in differing(before, after)]


def test_actions_of_one_resource_stand_together():
    """And only those that differ."""
    before = attached(policy({"Effect": "Allow", "Action": ["a:Keep", "a:Old"], "Resource": ARN}))
    after = attached(policy({"Effect": "Allow", "Action": ["a:Keep", "a:New", "a:Also"], "Resource": ARN}))
    assert told(before, after) == [
        "+ Role may a:Also, a:New on UserPool.Arn",
        "- Role may no longer a:Old on UserPool.Arn",
    ]


def test_another_writing_is_no_change():
    """One statement or two, a list or one text."""
    one = attached(policy({"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"}))
    two = policy(*({"Effect": "Allow", "Action": name, "Resource": ["*"]} for name in ("a:C", "a:B")))
    assert told(one, attached(two, "AWS::IAM::ManagedPolicy")) == []


def test_prohibitions_and_conditions_are_said():
    """A Deny that goes is a permission that may come."""
    denied = {"Effect": "Deny", "Action": "a:B", "Resource": "*", "Condition": {"Bool": {"x": "true"}}}
    assert told({}, attached(policy(denied))) == ['+ Role may never a:B on * if {"Bool":{"x":"true"}}']
    assert told(attached(policy(denied)), {}) == ['- Role no longer may never a:B on * if {"Bool":{"x":"true"}}']


def test_functions_of_cloudformation_are_read():
    """As the thing that they stand for."""
    field = {"Fn::Sub": ["arn:${Api}/types/${T}", {"Api": {"Fn::GetAtt": ["Graphql", "Arn"]}, "T": "Mutation"}]}
    joined = {"Fn::Join": ["/", ["arn", {"Ref": "Pool"}, "*"]]}
    document = policy({"Effect": "Allow", "Action": "a:B", "Resource": [field, joined]})
    assert [one.resource for one in differing({}, attached(document))] == [
        "arn/${Pool}/*",
        "arn:${Graphql.Arn}/types/Mutation",
    ]


def test_who_may_take_a_role_and_who_may_call_a_function():
    """Trust and resource policies are permissions as well; attached policies are named."""
    role = {
        "AssumeRolePolicyDocument": policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["lambda.amazonaws.com"]}}
        ),
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/Basic"],
    }
    permission = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "F"},
        "Principal": "cognito-idp.amazonaws.com",
        "SourceArn": ARN,
    }
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Call": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        }
    }
    assert told({}, template) == [
        "+ Role holds Basic",
        "+ cognito-idp.amazonaws.com may lambda:InvokeFunction on F if it comes from UserPool.Arn",
        "+ lambda.amazonaws.com may sts:AssumeRole on Role",
    ]
    assert told(template, {})[0] == "- Role no longer holds Basic"


def test_everything_but_is_said():
    """NotAction and NotResource are wider than they look."""
    document = policy({"Effect": "Allow", "NotAction": "a:B", "NotResource": "arn:x"})
    assert told({}, attached(document)) == ["+ Role may everything but a:B on all but arn:x"]
