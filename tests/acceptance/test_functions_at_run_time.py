"""A18 to A20, F10 and attacks 17 and 18: a handler does what its grants say, whatever its code says."""

import json
import time

import pytest
from acceptance.world import succeeded

CALL = """mutation ($operation: String!, $request: AWSJSON!, $delay: Float) {
  FIELD(operation: $operation, request: $request, delay: $delay)
}
"""


def meddle(world, admin, operation, field="meddle", **request):
    """Let the field's function call the operation."""
    variables = {"operation": operation, "request": json.dumps(request), "delay": 0}
    return world.post(CALL.replace("FIELD", field), admin.token, **variables)


def failed(answer, field="meddle"):
    """E9: HTTP 200, null, and the handler's own words."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["data"] == {field: None}
    assert [error["errorType"] for error in body["errors"]] == ["Lambda:Unhandled"]
    assert [error["path"] for error in body["errors"]] == [[field]]
    return body["errors"][0]["message"]


def denied_by_the_service(message, world, role, operation, pool):
    """AWS's sentence with principal, action and resource."""
    arn = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"
    role_name = world.applied.function_roles[role].rpartition("/")[2]
    assert message == (
        f"An error occurred (AccessDeniedException) when calling the {operation} operation: "
        f"User: arn:aws:sts::000000000000:assumed-role/{role_name}/{role} is not authorized to perform: "
        f"cognito-idp:{operation} on resource: {arn} "
        f"because no identity-based policy allows the cognito-idp:{operation} action"
    )
    return True


@pytest.fixture
def admin(world):
    return world.person("ADMINS")


def test_a18_a_function_without_grant(world, admin):
    """The guard lets the admin in; the function's own call is refused, and the user is in no group."""
    user, pool = world.person(), world.running.pool
    request = {"UserPoolId": pool, "Username": user.sub, "GroupName": "ADMINS"}
    answer = meddle(world, admin, "AdminAddUserToGroup", "meddleWithoutGrant", **request)
    message = failed(answer, "meddleWithoutGrant")
    assert denied_by_the_service(message, world, "bare", "AdminAddUserToGroup", pool)
    assert world.groups_of(user) == []


def test_a16_two_grants(world, admin):
    """Both are effective."""
    user, pool = world.person(), world.running.pool
    request = {"UserPoolId": pool, "Username": user.sub, "GroupName": "EDITORS"}
    succeeded(meddle(world, admin, "AdminAddUserToGroup", **request), "meddle")
    assert world.groups_of(user) == ["EDITORS"]
    listed = succeeded(
        meddle(world, admin, "ListUsersInGroup", UserPoolId=pool, GroupName="EDITORS", Limit=60), "meddle"
    )
    assert listed["Users"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("AdminDeleteUser", {}),
        ("AdminDisableUser", {}),
        ("AdminGetUser", {}),
        ("AdminRemoveUserFromGroup", {"GroupName": "EDITORS"}),
        ("AdminSetUserPassword", {"Password": "Stolen-Horse-9", "Permanent": True}),
        ("AdminUserGlobalSignOut", {}),
        ("AdminUpdateUserAttributes", {"UserAttributes": [{"Name": "email", "Value": "mine@example.com"}]}),
    ],
)
def test_a19_another_operation(world, admin, operation, more):
    """Attack 17: a function with addUserToGroup may do that and nothing else; the user is as he was."""
    user, pool = world.person("EDITORS"), world.running.pool
    before = world.admin("AdminGetUser", Username=user.sub)
    message = failed(meddle(world, admin, operation, UserPoolId=pool, Username=user.sub, **more))
    assert denied_by_the_service(message, world, "meddle", operation, pool)
    assert world.admin("AdminGetUser", Username=user.sub) == before
    assert world.groups_of(user) == ["EDITORS"]


def test_attack_18_another_pool(world, admin):
    """A pool's id in the arguments gives no right to it; one that does not exist is refused in the same words."""
    other = world.running.signed("CreateUserPool", PoolName="victim").json()["UserPool"]["Id"]
    name = {"UserPoolId": other, "Username": "victim"}
    world.admin("CreateGroup", UserPoolId=other, GroupName="ADMINS")
    world.admin("AdminCreateUser", **name, MessageAction="SUPPRESS")
    for pool in (other, "us-east-1_Nowhere01", "eu-west-1_Nowhere01"):
        request = {"UserPoolId": pool, "Username": "victim", "GroupName": "ADMINS"}
        message = failed(meddle(world, admin, "AdminAddUserToGroup", **request))
        assert message.startswith("An error occurred (AccessDeniedException)")
        assert f"userpool/{pool} because no identity-based policy allows" in message
    assert world.admin("AdminListGroupsForUser", **name)["Groups"] == []


def test_operations_without_a_pool(world, admin):
    """Neither may a function make pools of its own."""
    before = world.admin("ListUserPools", MaxResults=60)["UserPools"]
    for operation, request in [("CreateUserPool", {"PoolName": "mine"}), ("ListUserPools", {"MaxResults": 1})]:
        assert "AccessDeniedException" in failed(meddle(world, admin, operation, **request))
    assert world.admin("ListUserPools", MaxResults=60)["UserPools"] == before


def test_a20_the_pool_id_at_import(world, admin):
    """The printed handler reads the variable when its module is imported, and reaches the right pool with it."""
    user = world.person()
    succeeded(world.add(admin.token, user))
    assert world.groups_of(user) == ["ADMINS"]


def test_q9_an_error_of_the_user_pool(world, admin):
    """Uncaught in the handler, it is the field's error with the service's own words."""
    body = world.add(admin.token, admin, group="NOBODYS").json()
    assert body["data"] == {"addUserToGroup": None}
    assert body["errors"][0]["errorType"] == "Lambda:Unhandled"
    assert body["errors"][0]["message"] == (
        "An error occurred (ResourceNotFoundException) when calling the AdminAddUserToGroup operation: Group not found."
    )
    assert world.groups_of(admin) == ["ADMINS"]


def test_q9_an_unknown_user(world, admin):
    """UserNotFoundException of the user pool."""
    variables = {"userId": "nobody@example.com", "groupName": "ADMINS"}
    body = world.post(
        "mutation ($userId: String!, $groupName: String!) { addUserToGroup(userId: $userId, groupName: $groupName) }",
        admin.token,
        **variables,
    ).json()
    message = (
        "An error occurred (UserNotFoundException) when calling the AdminAddUserToGroup operation: User does not exist."
    )
    assert (body["data"], body["errors"][0]["message"]) == ({"addUserToGroup": None}, message)


def test_f10_a_handler_that_sleeps_past_its_limit(world):
    """The field fails with HTTP 200 while the server goes on, and the next call gets a worker again."""
    caller = world.person()
    for _ in range(2):
        answer = world.post("query { slow }", caller.token)
        assert answer.status_code == 200
        assert answer.json()["data"] == {"slow": None}
        assert "Task timed out after 1.00 seconds" in answer.json()["errors"][0]["message"]
    assert succeeded(world.post("query { echo }", caller.token), "echo")


def test_q14_an_asynchronous_handler(world, admin):
    """The caller is answered at once; the user is in the group only later."""
    user, pool = world.person(), world.running.pool
    request = {"UserPoolId": pool, "Username": user.sub, "GroupName": "ADMINS"}
    variables = {"operation": "AdminAddUserToGroup", "request": json.dumps(request), "delay": 1.0}
    query = CALL.replace("FIELD(", "meddleLater(").replace("delay)\n}", "delay) { success }\n}")
    began = time.monotonic()
    answer = world.post(query, admin.token, **variables)
    assert answer.json() == {"data": {"meddleLater": {"success": True}}}
    assert time.monotonic() - began < 0.9
    assert world.groups_of(user) == []
    while world.groups_of(user) == [] and time.monotonic() - began < 20:
        time.sleep(0.1)
    assert world.groups_of(user) == ["ADMINS"]
