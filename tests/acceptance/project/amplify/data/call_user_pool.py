"""Does to the user pools whatever the caller asks for: what it may do is its grants' matter alone."""

import time

import boto3

client = boto3.client("cognito-idp")


def handler(event, _context):
    arguments = event["arguments"]
    time.sleep(arguments.get("delay") or 0)
    return client._make_api_call(arguments["operation"], arguments["request"])
