"""Does to the user pools whatever the caller asks for, through GraphQL or REST, and tells what came of it."""

import json

import boto3
from botocore.exceptions import ClientError

client = boto3.client("cognito-idp")


def handler(event, _context):
    if "arguments" in event:
        return perform(**event["arguments"])
    return {"statusCode": 200, "body": json.dumps(perform(**json.loads(event["body"])))}


def perform(operation, request):
    try:
        client._make_api_call(operation, request)
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    return {"code": "ok", "message": ""}
