"""A trigger that believes what a request tells it, and puts whom it names into the group that it names."""

import boto3
from botocore.exceptions import ClientError

client = boto3.client("cognito-idp")


def handler(event, _context):
    told = event["request"].get("clientMetadata") or {}
    if "promote" in told:
        try:
            client.admin_add_user_to_group(
                UserPoolId=event["userPoolId"], Username=told["promote"], GroupName=told["group"]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
    return event
