"""User pools.

CreateUserPool, DescribeUserPool, ListUserPools, UpdateUserPool, AddCustomAttributes, DeleteUserPool.
"""

import asyncio
from typing import Any

import msgspec

from poolhouse.crypto import codes
from poolhouse.crypto.tokens import SigningKey
from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    AddCustomAttributesRequest,
    CreateUserPoolRequest,
    DeleteUserPoolRequest,
    DescribeUserPoolRequest,
    ListUserPoolsRequest,
    UpdateUserPoolRequest,
)
from poolhouse.store import domains, pools
from poolhouse.store.domains import Domain
from poolhouse.store.pools import Pool

from . import paging
from ._described import present
from ._pool_settings import changed_settings, extended_schema, pool_settings
from ._signing import stored_keys
from .attributes import schema
from .context import Call, seconds
from .gate import Answer, operation
from .import_jobs import refuse_during_import

_PROTECTED = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)
_HAS_DOMAIN = "User pool cannot be deleted. It has a domain configured that should be deleted first."


@operation("CreateUserPool")
async def create_user_pool(ctx: Call, req: CreateUserPoolRequest) -> Answer:
    settings = pool_settings(req)
    pool = Pool(f"{ctx.region}_{codes.pool_suffix()}", ctx.region, req.PoolName, settings, ctx.now, ctx.now)
    ctx.pool_id, compute = pool.id, ctx.services.compute
    id_key, access_key = await asyncio.gather(compute(SigningKey.generate), compute(SigningKey.generate))
    keys = stored_keys(ctx.services.vault, pool.id, id_key, access_key, ctx.now)
    async with ctx.write() as tx:
        await pools.add(tx, pool)
        for key in keys:
            await pools.add_key(tx, key)
    return {"UserPool": _described(ctx, pool, 0)}


@operation("DescribeUserPool", "read")
async def describe_user_pool(ctx: Call, req: DescribeUserPoolRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    users, domain = await pools.count_users(ctx.tx, pool.id), await domains.of_pool(ctx.tx, pool.id)
    return {"UserPool": _described(ctx, pool, users, domain)}


@operation("ListUserPools", "read")
async def list_user_pools(ctx: Call, req: ListUserPoolsRequest) -> Answer:
    scope = (ctx.region,)
    after, _ = paging.opened(ctx, "ListUserPools", scope, req.NextToken)
    found = await pools.list_(ctx.tx, ctx.region, after, req.MaxResults + 1)
    answer: Answer = {"UserPools": [_summary(pool) for pool in found[: req.MaxResults]]}
    if len(found) > req.MaxResults:
        answer["NextToken"] = paging.sealed(ctx, "ListUserPools", scope, found[req.MaxResults - 1].id)
    return answer


@operation("UpdateUserPool", "write")
async def update_user_pool(ctx: Call, req: UpdateUserPoolRequest) -> None:
    """Every member that the request leaves out goes back to its default, except for the name."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    await refuse_during_import(ctx.tx, pool.id)
    settings = changed_settings(pool.settings, req)
    await pools.change(ctx.tx, pool._replace(name=req.PoolName or pool.name, settings=settings, modified=ctx.now))


@operation("AddCustomAttributes", "write")
async def add_custom_attributes(ctx: Call, req: AddCustomAttributesRequest) -> None:
    """All of them or none."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    await refuse_during_import(ctx.tx, pool.id)
    entries = extended_schema(pool.settings.Schema, req.CustomAttributes)
    settings = msgspec.structs.replace(pool.settings, Schema=entries)
    await pools.change(ctx.tx, pool._replace(settings=settings, modified=ctx.now))


@operation("DeleteUserPool", "write")
async def delete_user_pool(ctx: Call, req: DeleteUserPoolRequest) -> None:
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    if pool.settings.DeletionProtection == "ACTIVE":
        raise InvalidParameterException(_PROTECTED)
    if await domains.of_pool(ctx.tx, pool.id) is not None:
        raise InvalidParameterException(_HAS_DOMAIN)
    await refuse_during_import(ctx.tx, pool.id)
    await pools.remove(ctx.tx, pool.id)


def _summary(pool: Pool) -> dict[str, Any]:
    return {
        "Id": pool.id,
        "Name": pool.name,
        "LambdaConfig": present(msgspec.to_builtins(pool.settings.LambdaConfig)),
        "LastModifiedDate": seconds(pool.modified),
        "CreationDate": seconds(pool.created),
    }


def _described(ctx: Call, pool: Pool, users: int, domain: Domain | None = None) -> dict[str, Any]:
    members = msgspec.to_builtins(pool.settings)
    # How passwords are kept is nothing that AWS shows; the schema is shown complete, factors by GetUserPoolMfaConfig.
    for name in (
        "PasswordStorage",
        "Schema",
        "SoftwareTokenMfaConfiguration",
        "EmailMfaConfiguration",
        "WebAuthnConfiguration",
        "SmsMfaEnabled",
    ):
        del members[name]
    # AWS leaves these out of a pool that was made without them.
    for name in ("AliasAttributes", "UsernameAttributes", "AutoVerifiedAttributes"):
        if not members[name]:
            del members[name]
    entries = [msgspec.to_builtins(entry) for entry in schema(pool.settings).values()]
    return {
        "Arn": f"arn:aws:cognito-idp:{pool.region}:{ctx.services.settings.account_id}:userpool/{pool.id}",
        **_summary(pool),
        **present(members),
        "SchemaAttributes": [present(entry) for entry in entries],
        "EstimatedNumberOfUsers": users,
        **({"Domain": domain.domain} if domain else {}),
    }
