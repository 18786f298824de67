"""Groups and memberships.

CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup; AdminAddUserToGroup, AdminRemoveUserFromGroup,
AdminListGroupsForUser, ListUsersInGroup. A membership belongs to the user, whatever name the request used.
"""

from typing import Any

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    AdminAddUserToGroupRequest,
    AdminListGroupsForUserRequest,
    AdminRemoveUserFromGroupRequest,
    CreateGroupRequest,
    DeleteGroupRequest,
    GetGroupRequest,
    ListGroupsRequest,
    ListUsersInGroupRequest,
    UpdateGroupRequest,
)
from poolhouse.store import groups, memberships, pools, users
from poolhouse.store.groups import Group
from poolhouse.store.memberships import Member

from . import paging
from ._described import page_of, present
from .context import Call, seconds
from .gate import Answer, operation
from .passing import require_pass


@operation("CreateGroup", "write")
async def create_group(ctx: Call, req: CreateGroupRequest) -> Answer:
    _require_pass(ctx, req.RoleArn)
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    group = await groups.add(
        ctx.tx,
        pool.id,
        req.GroupName,
        description=_text(req.Description),
        role_arn=req.RoleArn,
        precedence=req.Precedence,
        now=ctx.now,
    )
    return {"Group": _described(group)}


@operation("GetGroup", "read")
async def get_group(ctx: Call, req: GetGroupRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"Group": _described(await groups.get(ctx.tx, pool.id, req.GroupName))}


@operation("ListGroups", "read")
async def list_groups(ctx: Call, req: ListGroupsRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    size, scope = paging.size(req.Limit), (pool.id,)
    after, _ = paging.opened(ctx, "ListGroups", scope, req.NextToken)
    found = await groups.list_(ctx.tx, pool.id, after, size + 1)
    return _page(ctx, "ListGroups", scope, found, size)


@operation("UpdateGroup", "write")
async def update_group(ctx: Call, req: UpdateGroupRequest) -> Answer:
    """Changes what the request holds and nothing else."""
    _require_pass(ctx, req.RoleArn)
    pool = await pools.get(ctx.tx, req.UserPoolId)
    group = await groups.change(
        ctx.tx,
        pool.id,
        req.GroupName,
        description=_text(req.Description),
        role_arn=req.RoleArn,
        precedence=req.Precedence,
        now=ctx.now,
    )
    return {"Group": _described(group)}


def _require_pass(ctx: Call, role_arn: str | None) -> None:
    """The members of a group get its role from the identity pool. Raises NotAuthorizedException."""
    if role_arn is not None:
        require_pass(ctx, role_arn)


@operation("DeleteGroup", "write")
async def delete_group(ctx: Call, req: DeleteGroupRequest) -> None:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    await groups.remove(ctx.tx, pool.id, req.GroupName)


@operation("AdminAddUserToGroup", "write")
async def admin_add_user_to_group(ctx: Call, req: AdminAddUserToGroupRequest) -> None:
    found = await _membership(ctx, req)
    await groups.add_member(ctx.tx, found.group_id, found.user_id, ctx.now)


@operation("AdminRemoveUserFromGroup", "write")
async def admin_remove_user_from_group(ctx: Call, req: AdminRemoveUserFromGroupRequest) -> None:
    found = await _membership(ctx, req)
    await groups.remove_member(ctx.tx, found.group_id, found.user_id)


async def _membership(ctx: Call, req: AdminAddUserToGroupRequest | AdminRemoveUserFromGroupRequest) -> Member:
    found = await memberships.find(ctx.tx, req.UserPoolId, req.GroupName, req.Username)
    ctx.subject, ctx.pool_id = found.sub, req.UserPoolId
    return found


@operation("AdminListGroupsForUser", "read")
async def admin_list_groups_for_user(ctx: Call, req: AdminListGroupsForUserRequest) -> Answer:
    pool, user = await users.get_with_pool(ctx.tx, req.UserPoolId, req.Username)
    ctx.about(user)
    size, scope = paging.size(req.Limit), (pool.id, user.sub)
    after, _ = paging.opened(ctx, "AdminListGroupsForUser", scope, req.NextToken)
    found = await groups.page_of_user(ctx.tx, user.id, after, size + 1)
    return _page(ctx, "AdminListGroupsForUser", scope, found, size)


@operation("ListUsersInGroup", "read")
async def list_users_in_group(ctx: Call, req: ListUsersInGroupRequest) -> Answer:
    pool, group = await groups.get_with_pool(ctx.tx, req.UserPoolId, req.GroupName, keep=False)
    size, scope = paging.size(req.Limit), (pool.id, str(group.id))
    _, after = paging.opened(ctx, "ListUsersInGroup", scope, req.NextToken)
    found = await groups.member_rows(ctx.tx, group.id, after, size + 1)
    answer: Answer = {"Users": page_of(found[:size])}
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, "ListUsersInGroup", scope, "", found[size - 1][0])
    return answer


def _text(description: str | None) -> str | None:
    if description is not None and "\0" in description:
        raise InvalidParameterException("Description must not contain a null character.")
    return description


def _page(ctx: Call, operation_name: str, scope: tuple[str, ...], found: list[Group], size: int) -> Answer:
    """`found` holds one more than `size` when there is another page."""
    answer: Answer = {"Groups": [_described(group) for group in found[:size]]}
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, operation_name, scope, found[size - 1].name)
    return answer


def _described(group: Group) -> dict[str, Any]:
    return present(
        {
            "GroupName": group.name,
            "UserPoolId": group.pool_id,
            "Description": group.description,
            "RoleArn": group.role_arn,
            "Precedence": group.precedence,
            "LastModifiedDate": seconds(group.modified),
            "CreationDate": seconds(group.created),
        }
    )
