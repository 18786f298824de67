import json
import os
import time

import boto3


def handler(event, context):
    """Answers with its event, or as `do` in the query asks."""
    query = event["queryStringParameters"] or {}
    if query.get("do") == "crash":
        raise ValueError("no")
    if query.get("do") == "sleep":
        time.sleep(5)
    if query.get("do") == "nothing":
        return None
    if query.get("do") == "large":
        return {"body": "x" * 7_000_000}
    if query.get("do") == "getUser":
        pool = os.environ["AMPLIFY_AUTH_USERPOOL_ID"]
        user = boto3.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=query["username"])
        return {"body": json.dumps(user["UserStatus"])}
    return {"statusCode": 200, "body": json.dumps(event)}
