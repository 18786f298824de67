"""Accounts of the emulator, and a stack in one: a small template with a pool, two groups and a role."""

import copy
from typing import Any

import boto3
from botocore.config import Config
from emulator import ministack

from poolhouse.deploy.push import changes, environments, run
from poolhouse.deploy.push.session import Account

POOL_ARN = {"Fn::GetAtt": ["UserPool", "Arn"]}
TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "UserPool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": "people"}},
        "Admins": {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "UserPool"}, "GroupName": "ADMINS", "Precedence": 0},
        },
        "Editors": {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "UserPool"}, "GroupName": "EDITORS", "Precedence": 1},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "own",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Effect": "Allow", "Action": ["cognito-idp:AdminGetUser"], "Resource": POOL_ARN}
                            ],
                        },
                    }
                ],
            },
        },
    },
    "Outputs": {"UserPoolId": {"Value": {"Ref": "UserPool"}}},
}
TAGS = {environments.APP_TAG: "shop", environments.ENVIRONMENT_TAG: "dev"}


_SESSION = boto3.Session(region_name=ministack.REGION)


def connect(url: str, number: str) -> Account:
    key = {"aws_access_key_id": number, "aws_secret_access_key": "test"}
    patient = Config(retries={"mode": "standard", "total_max_attempts": 4})
    clients = [
        _SESSION.client(service, endpoint_url=url, config=patient, **key)
        for service in ("cloudformation", "s3", "ssm", "cognito-idp")
    ]
    return Account(number, ministack.REGION, f"arn:aws:iam::{number}:root", *clients)


class World:
    """A stack named `shop-dev` in an account, with what was pushed last."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.name = "shop-dev"
        self.before: dict[str, Any] | None = None
        self.told: list[str] = []

    def propose(self, template: dict[str, Any]):
        return changes.propose(
            self.account, self.name, template, before=self.before, parameters=None, tags=TAGS, bucket="nowhere"
        )

    def push(self, template: dict[str, Any]):
        stack = run.execute(self.account, self.propose(template), self.tell)
        self.before = copy.deepcopy(template)
        return stack

    def tell(self, event) -> None:
        self.told.append(f"{event.status} {event.logical_id}")
