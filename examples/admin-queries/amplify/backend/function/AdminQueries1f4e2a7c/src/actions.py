"""The eleven routes of Admin Queries. Remove, change or add what your application needs.

A call of the user pool that is not here yet needs its grant in the definition of this API. `poolhouse check` tells
which grants are no longer used.
"""

from typing import Any

from guard import Caller, check_assignable, check_not_stronger, check_self
from pool import POOL, cognito, continuation, page, without_metadata
from protection import keep_last_member
from routes import get, post
from settings import SETTINGS
from wire import Refused, Request

Answer = dict[str, Any]


@post("/addUserToGroup")
def add_user_to_group(request: Request, caller: Caller) -> Answer:
    username, groupname = request.required("username", "groupname")
    check_assignable(caller, groupname)
    check_not_stronger(caller, username)
    cognito.admin_add_user_to_group(UserPoolId=POOL, Username=username, GroupName=groupname)
    return {"message": f"Success adding {username} to {groupname}"}


@post("/removeUserFromGroup")
def remove_user_from_group(request: Request, caller: Caller) -> Answer:
    username, groupname = request.required("username", "groupname")
    check_assignable(caller, groupname)
    check_not_stronger(caller, username)
    membership = {"UserPoolId": POOL, "Username": username, "GroupName": groupname}
    keep_last_member(
        username,
        act=lambda: cognito.admin_remove_user_from_group(**membership),
        undo=lambda: cognito.admin_add_user_to_group(**membership),
        groups=[groupname],
    )
    return {"message": f"Removed {username} from {groupname}"}


@post("/confirmUserSignUp")
def confirm_user_sign_up(request: Request, caller: Caller) -> Answer:
    (username,) = request.required("username")
    check_not_stronger(caller, username)
    cognito.admin_confirm_sign_up(UserPoolId=POOL, Username=username)
    return {"message": f"Confirmed {username} registration"}


@post("/disableUser")
def disable_user(request: Request, caller: Caller) -> Answer:
    (username,) = request.required("username")
    check_not_stronger(caller, username)
    keep_last_member(
        username,
        act=lambda: cognito.admin_disable_user(UserPoolId=POOL, Username=username),
        undo=lambda: cognito.admin_enable_user(UserPoolId=POOL, Username=username),
    )
    return {"message": f"Disabled {username}"}


@post("/enableUser")
def enable_user(request: Request, caller: Caller) -> Answer:
    (username,) = request.required("username")
    check_not_stronger(caller, username)
    cognito.admin_enable_user(UserPoolId=POOL, Username=username)
    return {"message": f"Enabled {username}"}


@get("/getUser")
def get_user(request: Request, _caller: Caller) -> Answer:
    (username,) = request.required("username")
    return without_metadata(cognito.admin_get_user(UserPoolId=POOL, Username=username))


@get("/listUsers")
def list_users(request: Request, _caller: Caller) -> Answer:
    wanted = request.optional("filter")
    if wanted and not SETTINGS.filters_users:
        raise Refused(400, "filter is not switched on")
    bound = ("listUsers", wanted or "")
    options = {"Filter": wanted} if wanted else {}
    options |= continuation("PaginationToken", request.token, *bound)
    answer = cognito.list_users(UserPoolId=POOL, Limit=request.limit, **options)
    return page("Users", answer["Users"], answer.get("PaginationToken"), *bound)


@get("/listGroups")
def list_groups(request: Request, _caller: Caller) -> Answer:
    token = continuation("NextToken", request.token, "listGroups")
    answer = cognito.list_groups(UserPoolId=POOL, Limit=request.limit, **token)
    hidden = {"UserPoolId", "RoleArn"} if SETTINGS.hides_group_details else set()
    groups = [{name: value for name, value in group.items() if name not in hidden} for group in answer["Groups"]]
    return page("Groups", groups, answer.get("NextToken"), "listGroups")


@get("/listGroupsForUser")
def list_groups_for_user(request: Request, _caller: Caller) -> Answer:
    (username,) = request.required("username")
    bound = ("listGroupsForUser", username)
    token = continuation("NextToken", request.token, *bound)
    answer = cognito.admin_list_groups_for_user(UserPoolId=POOL, Username=username, Limit=request.limit, **token)
    shown = {"GroupName", "Description"}
    groups = [{name: value for name, value in group.items() if name in shown} for group in answer["Groups"]]
    return page("Groups", groups, answer.get("NextToken"), *bound)


@get("/listUsersInGroup")
def list_users_in_group(request: Request, _caller: Caller) -> Answer:
    (groupname,) = request.required("groupname")
    bound = ("listUsersInGroup", groupname)
    token = continuation("NextToken", request.token, *bound)
    answer = cognito.list_users_in_group(UserPoolId=POOL, GroupName=groupname, Limit=request.limit, **token)
    return page("Users", answer["Users"], answer.get("NextToken"), *bound)


@post("/signUserOut")
def sign_user_out(request: Request, _caller: Caller) -> Answer:
    """Every signed-in user may sign himself out everywhere, and nobody else."""
    username = request.parameters.get("username")
    if not username or not isinstance(username, str):
        raise Refused(400, "username is required")
    check_self(request, username)
    cognito.admin_user_global_sign_out(UserPoolId=POOL, Username=username)
    return {"message": f"Signed out {username} from all devices"}
