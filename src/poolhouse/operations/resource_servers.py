"""Resource servers and their custom scopes.

CreateResourceServer, DescribeResourceServer, UpdateResourceServer, DeleteResourceServer, ListResourceServers.
"""

from typing import Any, Final

import msgspec

from poolhouse.errors import InvalidParameterException, LimitExceededException
from poolhouse.service_model.structs.cognito_idp import (
    CreateResourceServerRequest,
    DeleteResourceServerRequest,
    DescribeResourceServerRequest,
    ListResourceServersRequest,
    UpdateResourceServerRequest,
)
from poolhouse.store import pools, resource_servers
from poolhouse.store.resource_servers import ResourceServer, Scope

from . import paging
from .context import Call
from .gate import Answer, operation

_MOST: Final = 25
_LARGEST_PAGE: Final = 50


@operation("CreateResourceServer", "write")
async def create_resource_server(ctx: Call, req: CreateResourceServerRequest) -> Answer:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    server = _asked(req)
    if await resource_servers.count(ctx.tx, pool.id) >= _MOST:
        raise LimitExceededException(f"A user pool can have at most {_MOST} resource servers.")
    if not await resource_servers.add(ctx.tx, server):
        raise InvalidParameterException(f"{req.Identifier} already exists in user pool {pool.id}.")
    return {"ResourceServer": _described(server)}


@operation("DescribeResourceServer", "read")
async def describe_resource_server(ctx: Call, req: DescribeResourceServerRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"ResourceServer": _described(await resource_servers.get(ctx.tx, pool.id, req.Identifier))}


@operation("UpdateResourceServer", "write")
async def update_resource_server(ctx: Call, req: UpdateResourceServerRequest) -> Answer:
    """Scopes that the request leaves out are gone."""
    await pools.get(ctx.tx, req.UserPoolId)
    server = _asked(req)
    await resource_servers.change(ctx.tx, server)
    return {"ResourceServer": _described(server)}


@operation("DeleteResourceServer", "write")
async def delete_resource_server(ctx: Call, req: DeleteResourceServerRequest) -> None:
    """Clients keep naming its scopes."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    await resource_servers.remove(ctx.tx, pool.id, req.Identifier)


@operation("ListResourceServers", "read")
async def list_resource_servers(ctx: Call, req: ListResourceServersRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    size, scope = req.MaxResults or _LARGEST_PAGE, (pool.id,)
    after, _ = paging.opened(ctx, "ListResourceServers", scope, req.NextToken)
    found = await resource_servers.list_(ctx.tx, pool.id, after, size + 1)
    answer: Answer = {"ResourceServers": [_described(server) for server in found[:size]]}
    if len(found) > size:
        answer["NextToken"] = paging.sealed(ctx, "ListResourceServers", scope, found[size - 1].identifier)
    return answer


def _asked(req: CreateResourceServerRequest | UpdateResourceServerRequest) -> ResourceServer:
    """Raises InvalidParameterException for a scope that is named twice."""
    scopes = tuple(Scope(scope.ScopeName, scope.ScopeDescription) for scope in req.Scopes or ())
    if len({scope.ScopeName for scope in scopes}) < len(scopes):
        raise InvalidParameterException("Scopes: every ScopeName may occur once.")
    return ResourceServer(req.UserPoolId, req.Identifier, req.Name, scopes)


def _described(server: ResourceServer) -> dict[str, Any]:
    scopes = [msgspec.to_builtins(scope) for scope in server.scopes]
    members = {"UserPoolId": server.pool_id, "Identifier": server.identifier, "Name": server.name}
    return members | ({"Scopes": scopes} if scopes else {})
