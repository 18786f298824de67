"""What the function's credentials open: eleven operations on this pool, and nothing else."""

import json
from typing import Any

import botocore.session
from admin_queries.stage import FUNCTION, Stage
from botocore.credentials import Credentials

from poolhouse import service_model
from poolhouse.operations.families import served

OPEN = {
    "ListUsersInGroup",
    "AdminUserGlobalSignOut",
    "AdminEnableUser",
    "AdminDisableUser",
    "AdminRemoveUserFromGroup",
    "AdminAddUserToGroup",
    "AdminListGroupsForUser",
    "AdminGetUser",
    "AdminConfirmSignUp",
    "ListUsers",
    "ListGroups",
}
ARN = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_other"
WORDS = {"JobId": "import-a", "ResourceArn": ARN, "CloudWatchLogsRoleArn": ARN, "DeviceKey": "us-east-1_0-0-0-0-0"} | {
    "SessionId": "tkn" + "0" * 25
}


def smallest(shape: Any, pool: str, name: str = "") -> Any:
    """A value that a shape of AWS's model takes."""
    if name in WORDS or name == "UserPoolId":
        return WORDS.get(name, pool)
    if shape.type_name == "structure":
        return {member: smallest(shape.members[member], pool, member) for member in shape.required_members}
    if shape.type_name == "string":
        return (shape.enum or ["aaaaaaaa"])[0]
    if shape.type_name == "list":
        return [smallest(shape.member, pool)]
    values: dict[str, Any] = {"map": {}, "boolean": False, "integer": 1, "long": 1, "blob": ""}
    return values.get(shape.type_name, 1)


def test_eleven_operations_and_no_other(stage: Stage) -> None:
    """Every served operation that asks for permission is refused, but the function's own; another pool's are too."""
    applied = stage.running.server.applied
    assert applied is not None
    given = stage.running.server._credentials(applied.function_roles[FUNCTION], FUNCTION)
    key = Credentials(given.access_key_id, given.secret_access_key, given.session_token)
    session, allowed, asked = botocore.session.get_session(), set(), 0
    for service, name in sorted(served()):
        operation = service_model.operation(service, name)
        if operation is None or operation.auth != "iam" or service != "cognito-idp":
            continue
        shape = session.get_service_model(service).operation_model(name).input_shape
        body = json.dumps(smallest(shape, stage.pool)).encode()
        answer = stage.running.post(None, body, stage.running.signature(name, body, key))
        code = answer.json().get("__type", "") if answer.status_code != 200 else ""
        assert answer.status_code < 500, (name, answer.text)
        asked += 1
        if code != "AccessDeniedException":
            allowed.add(f"{name}: {code}")
    assert asked > 60
    assert {text.partition(":")[0] for text in allowed} == OPEN, allowed
