from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from amplify_env.add_user_to_group import env

if TYPE_CHECKING:
    from amplify_types.schema import AddUserToGroupEvent, AddUserToGroupResult

client = boto3.client("cognito-idp")


def handler(event: AddUserToGroupEvent, _context: object) -> AddUserToGroupResult:
    arguments = event["arguments"]
    return client.admin_add_user_to_group(
        UserPoolId=env.AMPLIFY_AUTH_USERPOOL_ID,
        Username=arguments["userId"],
        GroupName=arguments["groupName"],
    )
